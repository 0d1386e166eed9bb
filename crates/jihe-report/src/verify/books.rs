//! The sums of a result folder, from its own tables.

mod benefits;
mod coverage;
mod cuts;
mod institutions;

use std::collections::{BTreeMap, BTreeSet};

use jihe_terms::Article;

use crate::error::ReportError;
use crate::layout::ResultTable;
use crate::read::{Cell, Folder};
use crate::value::yuan;
use crate::verify::Compared;

/// Amounts added up under one key; which ones, the map's name says.
type Sums<K, const N: usize> = BTreeMap<K, [i128; N]>;

/// A line by the hash of its key, settlement and encounter, since lines of several encounters may have
/// one key: a month has more lines than memory has room for their texts.
type LineKey = [u8; 16];

/// Sums of a folder.
#[derive(Default)]
pub(super) struct Books {
    /// Credited and lost, by line, from `finding_lines`.
    line_credits: Sums<LineKey, 2>,
    /// Held, by line and by institution of the line, from `finding_lines`.
    line_held: Sums<LineKey, 1>,
    institution_held: Sums<String, 1>,
    /// Gross, credited, lost and held, by finding, from `finding_lines`.
    finding_lines: Sums<String, 4>,
    /// Refused, fund part and loss, by settlement, from `refusals`.
    settlements: Sums<String, 3>,
    /// Refused, fund part, loss, by institution, from `refusals`.
    institutions: Sums<String, 3>,
    /// Refused, fund part, loss, number, from `refusals`.
    refused: [i128; 4],
    /// Number of findings, by institution, from `findings`.
    institution_findings: Sums<String, 1>,
    /// Paid by the fund, by institution, from `settlements` and `reversals`.
    institution_paid: Sums<String, 1>,
    /// Loss by institution or person of the line and article, from `finding_lines`.
    articles: Sums<(String, String), 1>,
    /// Number by rule, from `findings`.
    rules: Sums<String, 1>,
    /// Credited, lost, held, number, from `findings`.
    found: [i128; 4],
}

impl Books {
    /// Adds up lines and findings.
    pub(super) fn read(folder: &Folder) -> Result<Self, ReportError> {
        let mut books = Self::default();
        let mut articles: BTreeMap<LineKey, String> = BTreeMap::new();
        // Losses under the article on persons, by line.
        let mut of_persons: BTreeMap<LineKey, Vec<(String, i128)>> = BTreeMap::new();
        folder.rows(
            ResultTable::Findings,
            [
                "jr_id",
                "rule_id",
                "article",
                "fixmedins_code",
                "credited_amt",
                "loss_amt",
                "held_amt",
            ],
            |[finding, rule, article, institution, credited, loss, held]| {
                let [credited, loss, held] = [credited, loss, held].map(Cell::number);
                let institution = institution.text().to_owned();
                add(books.institution_findings.entry(institution), [1]);
                if loss != 0 {
                    articles.insert(line_key([finding.text()]), article.text().to_owned());
                }
                add(books.rules.entry(rule.text().to_owned()), [1]);
                plus(&mut books.found, [credited, loss, held, 1]);
            },
        )?;
        folder.rows(
            ResultTable::FindingLines,
            [
                "jr_id",
                "bkkp_sn",
                "setl_id",
                "mdtrt_id",
                "fixmedins_code",
                "vola_amt",
                "credited_amt",
                "loss_amt",
                "held_amt",
            ],
            |[finding, line, settlement, encounter, institution, money @ ..]| {
                let [gross, credited, loss, held] = money.map(Cell::number);
                let key = || line_key([line, settlement, encounter].map(Cell::text));
                if credited != 0 || loss != 0 {
                    add(books.line_credits.entry(key()), [credited, loss]);
                }
                if held != 0 {
                    add(books.line_held.entry(key()), [held]);
                    add(books.institution_held.entry(institution.text().to_owned()), [held]);
                }
                if loss != 0 {
                    // A finding over a person may span institutions: each stands for its own lines.
                    let article = articles.get(&line_key([finding.text()])).cloned();
                    let article = article.unwrap_or_default();
                    if is_of_persons(&article) {
                        of_persons.entry(key()).or_default().push((article, loss));
                    } else {
                        let key = (institution.text().to_owned(), article);
                        add(books.articles.entry(key), [loss]);
                    }
                }
                let entry = books.finding_lines.entry(finding.text().to_owned());
                add(entry, [gross, credited, loss, held]);
            },
        )?;
        books.read_refusals(folder, of_persons)?;
        Ok(books)
    }

    fn read_refusals(
        &mut self,
        folder: &Folder,
        mut of_persons: BTreeMap<LineKey, Vec<(String, i128)>>,
    ) -> Result<(), ReportError> {
        folder.rows(
            ResultTable::Refusals,
            [
                "setl_id",
                "fixmedins_code",
                "refused_amt",
                "refused_fund_amt",
                "loss_amt",
                "bkkp_sn",
                "mdtrt_id",
                "psn_no",
            ],
            |[settlement, institution, refused, fund, loss, line, encounter, person]| {
                let sums = [refused, fund, loss].map(Cell::number);
                let key = line_key([line, settlement, encounter].map(Cell::text));
                for (article, loss) in of_persons.remove(&key).into_iter().flatten() {
                    add(self.articles.entry((person.text().to_owned(), article)), [loss]);
                }
                if settlement != Cell::Missing {
                    add(self.settlements.entry(settlement.text().to_owned()), sums);
                }
                add(self.institutions.entry(institution.text().to_owned()), sums);
                let [refused, fund, loss] = sums;
                plus(&mut self.refused, [refused, fund, loss, 1]);
            },
        )
    }

    /// Compares line, finding, settlement, institution and run.
    pub(super) fn compare(
        mut self,
        folder: &Folder,
        compared: &mut Compared,
    ) -> Result<(), ReportError> {
        Self::compare_cuts(folder, compared)?;
        self.compare_refusals(folder, compared)?;
        self.compare_findings(folder, compared)?;
        self.compare_settlements(folder, compared)?;
        self.compare_institutions(folder, compared)?;
        self.compare_penalties(folder, compared)?;
        Self::compare_benefits(folder, compared)?;
        self.compare_coverage(folder, compared)?;
        compare_counts(folder, compared)
    }

    /// Each line: refused within billed, credits make it up, loss as the stage says.
    fn compare_refusals(
        &mut self,
        folder: &Folder,
        compared: &mut Compared,
    ) -> Result<(), ReportError> {
        let after = folder.manifest.stage == "after";
        // Should lines agree in all of this, what they come to is compared.
        let mut refused_of: Sums<LineKey, 3> = BTreeMap::new();
        folder.rows(
            ResultTable::Refusals,
            ["bkkp_sn", "setl_id", "mdtrt_id", "refused_amt", "loss_amt", "held_amt"],
            |[line, settlement, encounter, money @ ..]| {
                let key = line_key([line, settlement, encounter].map(Cell::text));
                add(refused_of.entry(key), money.map(Cell::number));
            },
        )?;
        folder.rows(
            ResultTable::Refusals,
            [
                "bkkp_sn",
                "setl_id",
                "mdtrt_id",
                "det_item_fee_sumamt",
                "refused_amt",
                "refused_fund_amt",
                "loss_amt",
            ],
            |[line, settlement, encounter, money @ ..]| {
                let [billed, refused, fund, loss] = money.map(Cell::number);
                let key = line.text();
                compared.holds("refused within the line", 0 < refused && refused <= billed, || {
                    format!("{key}: {} of {}", yuan(refused), yuan(billed))
                });
                let of_key = line_key([line, settlement, encounter].map(Cell::text));
                // Asked once for each key.
                if let Some([refused, loss, held]) = refused_of.remove(&of_key) {
                    let credits = self.line_credits.remove(&of_key);
                    let [credited, credited_loss] = credits.unwrap_or_default();
                    same(compared, "credits of a line = refused", key, credited, refused);
                    same(compared, "credited losses of a line = loss", key, credited_loss, loss);
                    let [of_line] = self.line_held.remove(&of_key).unwrap_or_default();
                    same(compared, "held of a refused line", key, held, of_line);
                }
                let expected = if after { fund } else { 0 };
                same(compared, "loss of a line by stage", key, loss, expected);
            },
        )?;
        compared.same(
            "lines with credits are refused",
            "lines left over",
            self.line_credits.len(),
            0,
        );
        Ok(())
    }

    fn compare_findings(
        &mut self,
        folder: &Folder,
        compared: &mut Compared,
    ) -> Result<(), ReportError> {
        folder.rows(
            ResultTable::Findings,
            ["jr_id", "vola_amt", "credited_amt", "loss_amt", "held_amt", "review_amt"],
            |[finding, gross, credited, loss, held, review]| {
                let key = finding.text();
                if review != Cell::Missing {
                    let (most, credited) = (review.number(), credited.number());
                    compared.holds("credited within the review", credited <= most, || {
                        format!("{key}: {} of {}", yuan(credited), yuan(most))
                    });
                }
                let sums = self.finding_lines.remove(key).unwrap_or_default();
                let own = [gross, credited, loss, held].map(Cell::number);
                for (own, sum) in own.into_iter().zip(sums) {
                    same(compared, "finding = its lines", key, own, sum);
                }
            },
        )?;
        compared.same(
            "lines belong to findings",
            "findings left over",
            self.finding_lines.len(),
            0,
        );
        Ok(())
    }

    fn compare_settlements(
        &mut self,
        folder: &Folder,
        compared: &mut Compared,
    ) -> Result<(), ReportError> {
        folder.rows(
            ResultTable::Settlements,
            [
                "setl_id",
                "fixmedins_code",
                "fund_pay_sumamt",
                "refused_amt",
                "refused_fund_amt",
                "loss_amt",
            ],
            |[settlement, institution, paid, refused, fund, loss]| {
                let key = settlement.text();
                add(self.institution_paid.entry(institution.text().to_owned()), [paid.number()]);
                let sums = self.settlements.remove(key).unwrap_or_default();
                let own = [refused, fund, loss].map(Cell::number);
                for (own, sum) in own.into_iter().zip(sums) {
                    same(compared, "settlement = its lines", key, own, sum);
                }
                let (fund, paid) = (fund.number(), paid.number().max(0));
                compared.holds("fund part within what the fund paid", fund <= paid, || {
                    format!("{key}: {} of {}", yuan(fund), yuan(paid))
                });
            },
        )?;
        // A line may name a settlement that is not in the month: the fund has paid nothing for it.
        for (key, [_, fund, _]) in &self.settlements {
            same(compared, "no fund part without a settlement", key, *fund, 0);
        }
        Ok(())
    }
}

/// Each table's rows, and the rows of every result file.
fn compare_counts(folder: &Folder, compared: &mut Compared) -> Result<(), ReportError> {
    let mut put_aside: BTreeMap<String, BTreeSet<(String, i128)>> = BTreeMap::new();
    folder.rows(ResultTable::Quarantine, ["table", "file", "row"], |[table, file, row]| {
        let rows = put_aside.entry(table.text().to_owned()).or_default();
        rows.insert((file.text().to_owned(), row.number()));
    })?;
    for (table, rows) in &folder.manifest.rows {
        let sum = rows.judged.saturating_add(rows.netted).saturating_add(rows.quarantined);
        compared.same("read = judged + netted + quarantined", table, rows.read, sum);
        let n_rows = put_aside.get(table).map_or(0, BTreeSet::len);
        let n_rows = u64::try_from(n_rows).unwrap_or(u64::MAX);
        compared.same("rows of the quarantine", table, rows.quarantined, n_rows);
    }
    for table in ResultTable::ALL {
        let name = folder.name_of(table);
        let named = folder.manifest.results.iter().find(|result| result.file == name);
        let mut n_rows = 0_u64;
        let first = table.columns().first().map_or("", |column| column.name);
        folder.rows(table, [first], |_| n_rows = n_rows.saturating_add(1))?;
        let named = named.map_or(0, |result| result.n_rows);
        compared.same("rows of a file", &name, named, n_rows);
    }
    Ok(())
}

/// Whether persons are fined under an article.
fn is_of_persons(article: &str) -> bool {
    Article::new(article).is_some_and(|article| article.is_of_persons())
}

/// The hash of what tells a line, or a finding, from all others.
fn line_key<const N: usize>(texts: [&str; N]) -> LineKey {
    let mut hasher = blake3::Hasher::new();
    for text in texts {
        hasher.update(text.as_bytes());
        hasher.update(&[0]);
    }
    let hash = hasher.finalize();
    let mut key = LineKey::default();
    for (byte, of_hash) in key.iter_mut().zip(hash.as_bytes()) {
        *byte = *of_hash;
    }
    key
}

fn add<K: Ord, const N: usize>(
    entry: std::collections::btree_map::Entry<'_, K, [i128; N]>,
    values: [i128; N],
) {
    plus(entry.or_insert([0; N]), values);
}

fn plus<const N: usize>(sums: &mut [i128; N], values: [i128; N]) {
    for (sum, value) in sums.iter_mut().zip(values) {
        *sum = sum.saturating_add(value);
    }
}

fn same(compared: &mut Compared, identity: &'static str, key: &str, left: i128, right: i128) {
    compared
        .holds(identity, left == right, || format!("{key}: {} and {}", yuan(left), yuan(right)));
}
