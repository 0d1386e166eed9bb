//! A generated month on disk, and the engine's answer in the oracle's words.

use std::collections::BTreeMap;
use std::fs;
use std::iter::repeat;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jihe_engine::{Engine, Judged};
use jihe_frame::{Evidence, FindingId, N_VALUES, NetMonth, Review, Value};
use jihe_intake::{Encoding, IntakeOptions, MonthSource};
use jihe_rules::plan::Shape;
use jihe_settle::{Fined, Stage};
use jihe_terms::Grade;
use jihe_testkit::generate::write::write_csv;
use jihe_testkit::oracle::context::Cut;
use jihe_testkit::oracle::outcome::{Credit, HouseHit};
use jihe_testkit::oracle::pack::Tables;
use jihe_testkit::oracle::reference::Reference;
use jihe_testkit::oracle::side::Month;

/// The project's own rules.
pub fn national() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../rules/national")
}

/// Copies the national rules beside other tables.
pub fn pack_with_tables(dir: &Path) {
    let from = national();
    for entry in fs::read_dir(&from).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_owned();
        if path.is_file() {
            fs::copy(&path, dir.join(&name)).unwrap();
        } else if name != "tables" {
            fs::create_dir_all(dir.join(&name)).unwrap();
            for rule in fs::read_dir(&path).unwrap() {
                let rule = rule.unwrap().path();
                fs::copy(&rule, dir.join(&name).join(rule.file_name().unwrap())).unwrap();
            }
        }
    }
}

/// Writes a month, its reference and a pack of the national rules with its tables.
pub fn write(dir: &Path, month: &Month, reference: &Reference, tables: &Tables) {
    write_csv(month, reference, tables, dir).unwrap();
    let pack = dir.join("pack");
    fs::create_dir_all(&pack).unwrap();
    pack_with_tables(&pack);
    fs::rename(dir.join("tables"), pack.join("tables")).unwrap();
}

/// The engine's answer.
pub struct Answer {
    pub engine: Arc<Engine>,
    pub month: NetMonth,
    pub judged: Judged,
}

/// Scores the month that `write` left in `dir`.
pub fn score(dir: &Path, stage: Stage) -> Answer {
    score_with(&dir.join("pack"), &dir.join("reference"), &dir.join("month"), stage)
}

/// Scores a month.
pub fn score_with(pack: &Path, reference: &Path, month: &Path, stage: Stage) -> Answer {
    score_cut((None, 1 << 15), [pack, reference, month], stage)
}

/// Scores a month with so much memory for its lines, cut to parts of so many lines.
pub fn score_cut(cut: (Option<u64>, u64), folders: [&Path; 3], stage: Stage) -> Answer {
    score_reviewed(cut, folders, stage, &BTreeMap::new())
}

/// Scores a month whose findings were reviewed.
pub fn score_reviewed(
    (memory, part_lines): (Option<u64>, u64),
    [pack, reference, month]: [&Path; 3],
    stage: Stage,
    reviews: &BTreeMap<FindingId, Review>,
) -> Answer {
    let plan = jihe_rules::load(pack).unwrap_or_else(|errors| panic!("{errors}"));
    let reference = jihe_intake::read_reference(reference, Encoding::Utf8).unwrap();
    let engine = Engine::compile(plan, Arc::new(reference));
    let options = IntakeOptions {
        institutions: engine.known_institutions(),
        traces: engine.reference().trace_codes.as_ref(),
        memory,
        part_lines,
        ..IntakeOptions::new(engine.codes(), engine.wanted())
    };
    let source = MonthSource::Folder(month.to_path_buf());
    let month = jihe_intake::read_month(&source, &options).unwrap();
    let judged = engine.judge(&month, stage, &|id| reviews.get(&id), None).unwrap();
    Answer { engine: Arc::new(engine), month, judged }
}

/// A cut in the oracle's words.
fn cut_of(cut: jihe_frame::Cut) -> Cut {
    match cut {
        jihe_frame::Cut::Units(units) => Cut::Units(units),
        jihe_frame::Cut::Price(price) => Cut::Price(price),
        jihe_frame::Cut::Amount(amount) => Cut::Amount(amount),
        jihe_frame::Cut::Whole => Cut::Whole,
    }
}

impl Answer {
    fn key(&self, line: u32) -> String {
        let (part, row) = self.judged.lines.place(line);
        part.key.text(row)
    }

    fn rule_of(&self, hit: usize) -> &str {
        &self.engine.plan().rules[usize::from(self.judged.hits.hits[hit].rule)].id
    }

    fn cuts_nothing(&self, rule: u16) -> bool {
        self.engine.plan().rules[usize::from(rule)].shape.cuts_nothing()
    }

    /// By finding: its rule and its lines in canonical order, each with its cut, in the oracle's words.
    pub fn findings(&self) -> Vec<(String, Vec<(String, Cut)>)> {
        let hits = self.judged.hits.hits.iter().enumerate();
        hits.map(|(idx, hit)| {
            let mut lines = self.judged.hits.lines_of(hit).to_vec();
            lines.sort_by_key(|line| line.line);
            let cuts = lines.iter().filter_map(|line| match line.part() {
                Evidence::Cut(cut) => Some((self.key(line.line), cut_of(cut))),
                Evidence::Shown => None,
            });
            (self.rule_of(idx).to_owned(), cuts.collect())
        })
        .collect()
    }

    /// By rule: each cut line with its cut, sorted; a line that is only pointed at cuts nothing.
    pub fn cuts(&self) -> BTreeMap<String, Vec<(String, Cut)>> {
        let mut cuts: BTreeMap<String, Vec<(String, Cut)>> = BTreeMap::new();
        for (idx, hit) in self.judged.hits.hits.iter().enumerate() {
            let of_rule = cuts.entry(self.rule_of(idx).to_owned()).or_default();
            let lines = self.judged.hits.lines_of(hit);
            if self.cuts_nothing(hit.rule) {
                of_rule.extend(lines.iter().map(|line| (self.key(line.line), Cut::Nothing)));
            }
            for line in lines {
                if let Evidence::Cut(cut) = line.part() {
                    of_rule.push((self.key(line.line), cut_of(cut)));
                }
            }
        }
        for cuts in cuts.values_mut() {
            cuts.sort();
        }
        cuts.retain(|_, cuts| !cuts.is_empty());
        cuts
    }

    /// By rule and line: `sev_deg` of the findings on it, 0 for an indicator. Sorted.
    pub fn grades(&self) -> Vec<(String, String, u8)> {
        let mut grades = Vec::new();
        for (idx, hit) in self.judged.hits.hits.iter().enumerate() {
            let all = self.cuts_nothing(hit.rule);
            for line in self.judged.hits.lines_of(hit) {
                if all || matches!(line.part(), Evidence::Cut(_)) {
                    let grade = match hit.grade {
                        Grade::Definite => 1,
                        Grade::Likely => 2,
                        Grade::Possible => 3,
                        Grade::Indicator => 0,
                    };
                    grades.push((self.rule_of(idx).to_owned(), self.key(line.line), grade));
                }
            }
        }
        grades.sort();
        grades
    }

    /// Findings of institutions as a whole, sorted.
    pub fn houses(&self) -> Vec<HouseHit> {
        let text = |code: u32| self.month.codes.text(code).to_owned();
        let said = |value: Value| match value {
            Value::Number(number, _) | Value::Int(number) => number.to_string(),
            Value::Code(code) => text(code),
            Value::Day(day) => day.to_string(),
            Value::Moment(_)
            | Value::Encounter(_)
            | Value::Settlement(_)
            | Value::Line(_)
            | Value::Missing => "none".to_owned(),
        };
        let mut houses = Vec::new();
        for (idx, hit) in self.judged.hits.hits.iter().enumerate() {
            let rule = &self.engine.plan().rules[usize::from(hit.rule)];
            let values = self.judged.hits.values_of(hit).chain(repeat(Value::Missing));
            let mut words: Vec<String> = values.take(N_VALUES).map(said).collect();
            if matches!(rule.shape, Shape::Beds { .. }) {
                words.truncate(5);
            } else if matches!(rule.shape, Shape::Conditions(_)) {
                words.truncate(5);
                words.drain(1..3);
            } else if matches!(rule.shape, Shape::Ratio(_)) {
                let class = words.remove(4);
                words.insert(0, if class == "none" { String::new() } else { class });
            } else {
                continue;
            }
            houses.push(HouseHit {
                rule_id: self.rule_of(idx).to_owned(),
                fixmedins_code: text(hit.institution),
                said: words.join(" "),
            });
        }
        houses.sort();
        houses
    }

    /// By line and rule: what all findings of the rule come to there.
    pub fn credits(&self) -> BTreeMap<(String, String), Credit> {
        let mut credits: BTreeMap<(String, String), Credit> = BTreeMap::new();
        for credit in self.judged.ledger.credits.iter() {
            let rule = self.rule_of(credit.hit as usize).to_owned();
            let sum = credits.entry((self.key(credit.line), rule)).or_default();
            sum.credited += credit.credited;
            sum.loss += credit.loss;
            sum.held += credit.held;
        }
        credits
    }

    /// By refused line: amount, in-policy part, fund part, loss, quantity, main rule.
    pub fn refusals(&self) -> Vec<(String, [i64; 5], String)> {
        let refused = self.judged.ledger.lines.iter().filter(|line| 0 < line.refused);
        refused
            .map(|line| {
                let money = [
                    line.refused,
                    line.refused_scp,
                    line.refused_fund,
                    line.loss,
                    line.refused_cnt,
                ];
                (self.key(line.line), money, self.rule_of(line.main_hit as usize).to_owned())
            })
            .collect()
    }

    /// By settlement that stands: refused amount, fund part, loss.
    pub fn settlements(&self) -> BTreeMap<String, [i128; 3]> {
        let settlements = &self.month.settlements;
        let money = self.judged.ledger.settlements.iter().enumerate();
        money
            .filter(|(idx, _)| settlements.listed[*idx])
            .map(|(idx, money)| {
                (
                    settlements.ids.text(idx).to_owned(),
                    [money.refused, money.refused_fund, money.loss],
                )
            })
            .collect()
    }

    /// By settlement that the benefit policy speaks of: in-policy amount, deductible, the fund's part.
    pub fn benefits(&self) -> BTreeMap<String, [i64; 3]> {
        let all = self.judged.benefits.settlements.iter();
        all.map(|one| {
            let id = self.month.settlements.ids.text(one.settlement as usize);
            (id.to_owned(), [one.in_policy, one.deductible, one.fund])
        })
        .collect()
    }

    /// By line of a settlement that was paid otherwise: in-policy amount, the fund's part.
    pub fn benefit_lines(&self) -> BTreeMap<String, [i64; 2]> {
        let all = self.judged.benefits.lines.iter();
        all.map(|one| (self.key(one.line), [one.in_policy, one.fund])).collect()
    }

    /// By institution: lines, amount, fund payment, refused, fund part, loss, held, findings.
    pub fn institutions(&self) -> BTreeMap<String, [i128; 8]> {
        let all = self.judged.ledger.institutions.iter();
        all.map(|money| {
            let code = self.month.codes.text(money.institution).to_owned();
            let figures = [
                i128::from(money.n_lines),
                money.medfee,
                money.fund_pay,
                money.refused,
                money.refused_fund,
                money.loss,
                money.held,
                i128::from(money.n_findings),
            ];
            (code, figures)
        })
        .collect()
    }

    /// By institution and article number: base, lowest and highest fine.
    pub fn penalties(&self) -> BTreeMap<(String, String), [i128; 3]> {
        let mut sums: BTreeMap<(String, String), [i128; 3]> = BTreeMap::new();
        for penalty in &self.judged.ledger.penalties {
            let code = match penalty.subject {
                Fined::Institution(code) => self.month.codes.text(code),
                Fined::Person(person) => self.month.persons.ids.text(person as usize),
            };
            let code = code.to_owned();
            let number = penalty.article.of_regulation().unwrap().to_string();
            let sum = sums.entry((code, number)).or_default();
            sum[0] += penalty.base;
            sum[1] += penalty.fine_low;
            sum[2] += penalty.fine_high;
        }
        sums
    }

    /// By table: rows read, judged, netted, quarantined.
    pub fn counts(&self) -> BTreeMap<String, [u64; 4]> {
        let counts = self.month.counts.iter();
        counts
            .map(|(table, one)| {
                (table.file().to_owned(), [one.read, one.judged, one.netted, one.quarantined])
            })
            .collect()
    }

    /// By rule: subjects that could not be judged.
    pub fn not_evaluable(&self) -> BTreeMap<String, u64> {
        let coverage = self.judged.coverage.iter();
        coverage
            .map(|one| {
                (self.engine.plan().rules[usize::from(one.rule)].id.clone(), one.n_not_evaluable)
            })
            .collect()
    }
}
