//! Lawful ranges of fines: base = the credited loss of an institution under one article, under the
//! article on persons of a person.

use std::collections::BTreeMap;

use jihe_frame::{Hit, KeptLines, NetMonth};
use jihe_terms::Article;

use crate::by_code::ByCode;
use crate::ledger::{Credit, Fined, Penalty, Terms, terms_of};
use crate::narrow::Narrowed;

/// Multiples and other measures of an article of Order 735.
fn bounds(article: &Article) -> Option<(u32, u32, &'static str)> {
    match article.of_regulation()? {
        38 => Some((
            1,
            2,
            "责令改正，可以约谈；拒不改正或者造成严重后果的，暂停相关责任部门6个月以上1年以下涉及基金使用的医药服务",
        )),
        40 => Some((
            2,
            5,
            "暂停相关责任部门6个月以上1年以下涉及基金使用的医药服务，直至解除服务协议；有执业资格的依法吊销",
        )),
        41 => Some((2, 5, "暂停医疗费用联网结算3个月至12个月")),
        37 => Some((2, 5, "对直接负责的主管人员和其他直接责任人员依法给予处分")),
        _ => None,
    }
}

/// Credited losses by the institution or person of the line.
#[derive(Default)]
pub(crate) struct Losses {
    /// By rule, of which each institution has few.
    by_code: ByCode<Vec<(u16, i128)>>,
    /// By person and rule, of rules under the article on persons.
    by_person: BTreeMap<(u32, u16), i128>,
}

impl Losses {
    /// Adds the losses of a slice; credits name their findings by place.
    #[expect(
        clippy::arithmetic_side_effects,
        clippy::indexing_slicing,
        reason = "sums of 64-bit amounts in 128 bits; rows are of the lines that are kept"
    )]
    pub(crate) fn add<'h>(
        &mut self,
        lines: &KeptLines,
        credits: &Narrowed<Credit>,
        rules: &[Terms],
        hit_of: &dyn Fn(usize) -> Option<&'h Hit>,
    ) {
        for credit in credits.iter().filter(|credit| 0 < credit.loss) {
            // A finding over a person may span institutions: each stands for its own lines.
            let (part, row) = lines.place(credit.line);
            let hit = hit_of(usize::try_from(credit.hit).unwrap_or(usize::MAX));
            let rule = hit.expect("credits name findings").rule;
            if terms_of(rules, rule).article.is_of_persons() {
                *self.by_person.entry((part.person[row], rule)).or_default() +=
                    i128::from(credit.loss);
                continue;
            }
            let Some(by_rule) = self.by_code.of(part.institution[row]) else { continue };
            match by_rule.iter_mut().find(|loss| loss.0 == rule) {
                Some(loss) => loss.1 += i128::from(credit.loss),
                None => by_rule.push((rule, credit.loss.into())),
            }
        }
    }

    /// The penalties: each fen of credited loss stands under its rule's article only.
    #[expect(
        clippy::arithmetic_side_effects,
        reason = "at most five times a sum of 64-bit amounts, in 128 bits"
    )]
    pub(crate) fn ranges(self, rules: &[Terms], month: &NetMonth) -> Vec<Penalty> {
        // Institutions come first, then persons.
        let mut bases: BTreeMap<(bool, &str, &Article), (Fined, i128)> = BTreeMap::new();
        for (institution, by_rule) in self.by_code.into_iter() {
            for (rule, loss) in by_rule {
                let key = (false, month.codes.text(institution), &terms_of(rules, rule).article);
                bases.entry(key).or_insert((Fined::Institution(institution), 0)).1 += loss;
            }
        }
        for ((person, rule), loss) in self.by_person {
            let id = month.persons.ids.text(usize::try_from(person).unwrap_or(usize::MAX));
            let key = (true, id, &terms_of(rules, rule).article);
            bases.entry(key).or_insert((Fined::Person(person), 0)).1 += loss;
        }
        let ranges = bases.into_iter().filter_map(|((_, _, article), (subject, base))| {
            let (mult_low, mult_high, measures) = bounds(article)?;
            Some(Penalty {
                subject,
                article: article.clone(),
                base,
                fine_low: base * i128::from(mult_low),
                fine_high: base * i128::from(mult_high),
                mult_low,
                mult_high,
                measures,
            })
        });
        ranges.collect()
    }
}
