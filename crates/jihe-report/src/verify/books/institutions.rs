//! Institutions, the run and its penalties against lines, findings and settlements.

use super::{Books, add, is_of_persons, plus, same};
use crate::error::ReportError;
use crate::layout::ResultTable;
use crate::read::{Cell, Folder};
use crate::value::yuan;
use crate::verify::Compared;

impl Books {
    /// Each institution against its lines, findings and settlements.
    pub(super) fn compare_institutions(
        &mut self,
        folder: &Folder,
        compared: &mut Compared,
    ) -> Result<(), ReportError> {
        folder.rows(
            ResultTable::Reversals,
            ["fixmedins_code", "fund"],
            |[institution, fund]| {
                add(self.institution_paid.entry(institution.text().to_owned()), [fund.number()]);
            },
        )?;
        // What was paid for a settlement of an earlier month stood in its results.
        let has_state = folder.manifest.inputs.iter().any(|one| one.file.starts_with("state/"));
        let mut run = [0_i128; 7];
        folder.rows(
            ResultTable::Institutions,
            [
                "fixmedins_code",
                "n_lines",
                "medfee_sumamt",
                "fund_pay_sumamt",
                "refused_amt",
                "refused_fund_amt",
                "loss_amt",
                "held_amt",
                "n_findings",
            ],
            |[institution, n_lines, medfee, paid, refused, fund, loss, held, n_findings]| {
                let key = institution.text();
                let sums = self.institutions.remove(key).unwrap_or_default();
                for (own, sum) in [refused, fund, loss].map(Cell::number).into_iter().zip(sums) {
                    same(compared, "institution = its lines", key, own, sum);
                }
                let [n_found] = self.institution_findings.remove(key).unwrap_or_default();
                compared.same("findings of an institution", key, n_findings.number(), n_found);
                let own = [n_lines, medfee, paid, refused, fund, loss, held].map(Cell::number);
                let [_, _, paid, .., held] = own;
                let [of_lines] = self.institution_held.remove(key).unwrap_or_default();
                same(compared, "held of an institution = its lines", key, held, of_lines);
                let [of_settlements] = self.institution_paid.remove(key).unwrap_or_default();
                if !has_state && !key.is_empty() {
                    same(compared, "paid for an institution", key, paid, of_settlements);
                }
                plus(&mut run, own);
            },
        )?;
        compared.same(
            "refusals belong to institutions",
            "institutions left over",
            self.institutions.len(),
            0,
        );
        self.compare_run(folder, run, compared);
        Ok(())
    }

    /// The manifest's totals against the sums of institutions, refusals and findings.
    fn compare_run(&self, folder: &Folder, run: [i128; 7], compared: &mut Compared) {
        let totals = &folder.manifest.totals;
        let [n_lines, medfee, paid, refused, fund, loss, held] = run;
        let number = |count: u64| i128::from(count);
        compared.same("run = institutions", "n_lines", number(totals.n_lines), n_lines);
        compared.same("run = findings", "n_findings", number(totals.n_findings), self.found[3]);
        let n_refused = number(totals.n_refused_lines);
        compared.same("run = refusals", "n_refused_lines", n_refused, self.refused[3]);
        for (name, total, sum) in [
            ("medfee_sumamt", &totals.medfee_sumamt, medfee),
            ("fund_pay_sumamt", &totals.fund_pay_sumamt, paid),
            ("refused_amt", &totals.refused_amt, refused),
            ("refused_fund_amt", &totals.refused_fund_amt, fund),
            ("loss_amt", &totals.loss_amt, loss),
            ("held_amt", &totals.held_amt, held),
            ("refused_amt of refusals", &totals.refused_amt, self.refused[0]),
            ("refused_fund_amt of refusals", &totals.refused_fund_amt, self.refused[1]),
            ("loss_amt of refusals", &totals.loss_amt, self.refused[2]),
            ("credited_amt of findings", &totals.refused_amt, self.found[0]),
            ("loss_amt of findings", &totals.loss_amt, self.found[1]),
            ("held_amt of findings", &totals.held_amt, self.found[2]),
        ] {
            compared.same("run = sum", name, total, &yuan(sum));
        }
    }

    /// Each range: base = losses of the institution under the article, fine = base × multiple.
    pub(super) fn compare_penalties(
        &self,
        folder: &Folder,
        compared: &mut Compared,
    ) -> Result<(), ReportError> {
        let mut run = [0_i128; 3];
        folder.rows(
            ResultTable::Penalties,
            ["subject", "article", "base_amt", "fine_low", "fine_high", "mult_low", "mult_high"],
            |[subject, article, base, low, high, mult_low, mult_high]| {
                let key = (subject.text().to_owned(), article.text().to_owned());
                let [loss] = self.articles.get(&key).copied().unwrap_or_default();
                // No message names a person.
                let who = if is_of_persons(&key.1) { "person" } else { key.0.as_str() };
                let words = format!("{who} {}", key.1);
                let [base, low, high, mult_low, mult_high] =
                    [base, low, high, mult_low, mult_high].map(Cell::number);
                same(compared, "base of a fine = losses", &words, base, loss);
                let times = |multiple: i128| base.saturating_mul(multiple).div_euclid(100);
                same(compared, "lowest fine = base × multiple", &words, low, times(mult_low));
                same(compared, "highest fine = base × multiple", &words, high, times(mult_high));
                plus(&mut run, [base, low, high]);
            },
        )?;
        let totals = &folder.manifest.totals;
        let [base, low, high] = run;
        compared.same("run = penalties", "base_amt", &totals.penalty_base_amt, &yuan(base));
        compared.same("run = penalties", "fine_low", &totals.fine_low, &yuan(low));
        compared.same("run = penalties", "fine_high", &totals.fine_high, &yuan(high));
        Ok(())
    }
}
