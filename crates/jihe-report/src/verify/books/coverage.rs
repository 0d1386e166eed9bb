//! What each rule looked at against its findings and its exempt subjects.

use std::collections::{BTreeMap, BTreeSet};

use super::{Books, LineKey, add, line_key};
use crate::error::ReportError;
use crate::layout::ResultTable;
use crate::read::{Cell, Folder};
use crate::value::yuan;
use crate::verify::Compared;

impl Books {
    /// Each rule's counts, and their sums in the manifest.
    pub(super) fn compare_coverage(
        &mut self,
        folder: &Folder,
        compared: &mut Compared,
    ) -> Result<(), ReportError> {
        let mut exempt = compare_exempt(folder, compared)?;
        let (mut n_rules, mut n_hits, mut not_evaluable) = (0_u64, 0_i128, BTreeSet::new());
        folder.rows(
            ResultTable::Coverage,
            ["rule_id", "n_hit", "n_exempt", "n_not_evaluable", "amt_not_evaluable"],
            |[rule, n_hit, n_exempt, n_unknown, amount]| {
                let key = rule.text();
                let [found] = self.rules.remove(key).unwrap_or_default();
                compared.same("findings of a rule", key, n_hit.number(), found);
                let [n_out] = exempt.remove(key).unwrap_or_default();
                compared.same("exempt subjects of a rule", key, n_exempt.number(), n_out);
                let is_known = n_unknown.number() == 0;
                compared.holds(
                    "no money without a subject that is not evaluable",
                    !is_known || amount.number() == 0,
                    || format!("{key}: {}", yuan(amount.number())),
                );
                if !is_known {
                    not_evaluable.insert(key.to_owned());
                }
                n_rules = n_rules.saturating_add(1);
                n_hits = n_hits.saturating_add(n_hit.number());
            },
        )?;
        compared.same("findings belong to rules", "rules left over", self.rules.len(), 0);
        compared.same("exempt subjects belong to rules", "rules left over", exempt.len(), 0);
        let totals = &folder.manifest.coverage;
        compared.same("run = coverage", "n_rules", totals.n_rules, n_rules);
        compared.same("run = coverage", "n_hit", i128::from(totals.n_hit), n_hits);
        let not_evaluable = not_evaluable.into_iter().collect::<Vec<_>>().join(" ");
        let named = totals.not_evaluable.join(" ");
        compared.same("run = coverage", "not_evaluable", named, not_evaluable);
        Ok(())
    }
}

/// By rule the number of exempt subjects; no line that a rule exempts is cut by it.
fn compare_exempt(
    folder: &Folder,
    compared: &mut Compared,
) -> Result<BTreeMap<String, [i128; 1]>, ReportError> {
    let mut by_rule: BTreeMap<String, [i128; 1]> = BTreeMap::new();
    let mut lines: BTreeSet<LineKey> = BTreeSet::new();
    folder.rows(
        ResultTable::Exempt,
        ["rule_id", "bkkp_sn", "mdtrt_id"],
        |[rule, line, encounter]| {
            add(by_rule.entry(rule.text().to_owned()), [1]);
            if line != Cell::Missing {
                lines.insert(line_key([rule, line, encounter].map(Cell::text)));
            }
        },
    )?;
    if lines.is_empty() {
        return Ok(by_rule);
    }
    let mut rules: BTreeMap<LineKey, String> = BTreeMap::new();
    folder.rows(ResultTable::Findings, ["jr_id", "rule_id"], |[finding, rule]| {
        if by_rule.contains_key(rule.text()) {
            rules.insert(line_key([finding.text()]), rule.text().to_owned());
        }
    })?;
    folder.rows(
        ResultTable::FindingLines,
        ["jr_id", "bkkp_sn", "mdtrt_id", "vola_item_type"],
        |[finding, line, encounter, kind]| {
            let Some(rule) = rules.get(&line_key([finding.text()])) else { return };
            if kind.text() == "1" {
                let key = line_key([rule.as_str(), line.text(), encounter.text()]);
                compared.holds("no exempt line is cut", !lines.contains(&key), || {
                    format!("{} by {rule}", line.text())
                });
            }
        },
    )?;
    Ok(by_rule)
}
