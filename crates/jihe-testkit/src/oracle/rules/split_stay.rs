//! split-stay: a stay soon after the person's previous stay at the same institution with the same
//! main diagnosis (semantics, section 7; rule table).

use crate::oracle::context::{Context, Verdicts, cell};
use crate::oracle::month::Encounter;
use crate::oracle::pack::Grade;
use crate::oracle::side::Diagnosis;
use crate::oracle::table::row_in_force;

/// Judges every stay against the one before it at the institution.
pub fn judge(context: &Context<'_>) -> Verdicts {
    let mut verdicts = Verdicts { not_evaluable: context.untold_stays(), ..Verdicts::default() };
    let likely_days = context.whole_param("likely_days", 7);
    let window_days = context.whole_param("window_days", 15);
    let stays = context.stays();
    for (nth, later) in stays.iter().enumerate() {
        if !context.rule.is_in_force(later.admission()) {
            continue;
        }
        let is_neighbour = |stay: &&&Encounter| {
            stay.psn_no == later.psn_no && stay.fixmedins_code == later.fixmedins_code
        };
        let Some(former) = stays[..nth].iter().rev().find(is_neighbour) else { continue };
        let Some(discharge) = former.discharge() else {
            verdicts.not_evaluable.push(later.mdtrt_id.clone());
            continue;
        };
        let gap = later.admission() - discharge;
        if gap < 0 || window_days < gap {
            continue;
        }
        let both = (main_diagnosis(context, former), main_diagnosis(context, later));
        let (Some(of_former), Some(of_later)) = both else {
            verdicts.not_evaluable.push(later.mdtrt_id.clone());
            continue;
        };
        if stem(&of_former) != stem(&of_later) {
            continue;
        }
        if is_exempt(context, former, later) {
            verdicts.exempt.push(later.mdtrt_id.clone());
            continue;
        }
        // Nobody can show that the former stay was no transfer, and the later no death.
        if context.lacks("encounters", "dscg_way") {
            verdicts.not_evaluable.push(later.mdtrt_id.clone());
            continue;
        }
        let grade = if gap <= likely_days { Grade::Likely } else { Grade::Possible };
        verdicts.hits.push(context.stay_hit(later, grade));
    }
    verdicts
}

/// The first three characters of a diagnosis.
fn stem(code: &str) -> String {
    code.chars().take(3).collect()
}

/// The main diagnosis of a stay: its own column, else the first row of `diagnoses` that is marked.
pub fn main_diagnosis(context: &Context<'_>, stay: &Encounter) -> Option<String> {
    if let Some(code) = &stay.dscg_maindiag_code {
        return Some(code.clone());
    }
    let is_main = |row: &&Diagnosis| {
        row.mdtrt_id == stay.mdtrt_id && row.maindiag_flag.as_deref() == Some("1")
    };
    let mut found: Vec<&Diagnosis> = context.net.diagnoses.iter().filter(is_main).collect();
    found.sort_by_key(|row| (row.diag_srt_no.clone(), row.diag_code.clone()));
    found.first().map(|row| row.diag_code.clone())
}

/// Whether a diagnosis of a stay is of a planned cycle.
pub fn is_planned(context: &Context<'_>, stay: &Encounter) -> bool {
    let of_stay = context.net.diagnoses.iter().filter(|row| row.mdtrt_id == stay.mdtrt_id);
    let mut all: Vec<String> = of_stay.map(|row| row.diag_code.clone()).collect();
    all.extend(stay.dscg_maindiag_code.clone());
    all.iter().any(|code| is_in_set(context, "planned_cycle", code, stay))
}

/// The exceptions by name, each only where it is shown.
fn is_exempt(context: &Context<'_>, former: &Encounter, later: &Encounter) -> bool {
    let main = main_diagnosis(context, later);
    let planned_cycle = is_planned(context, later);
    let transfer = former.dscg_way.as_deref() == Some("2");
    let emergency = later.ipt_type.as_deref() == Some("2")
        || later.otp_er_refl_flag.as_deref() == Some("1")
        || later.med_type == "24";
    let obstetric = later.med_type == "52"
        || main.is_some_and(|code| is_in_set(context, "obstetric", &code, later));
    let death = later.dscg_way.as_deref() == Some("5");
    planned_cycle || transfer || emergency || obstetric || death
}

/// Whether a set in force on the admission day lists the code or a code above it.
fn is_in_set(context: &Context<'_>, set: &str, code: &str, stay: &Encounter) -> bool {
    context.pack.table("diagnosis_set").iter().any(|row| {
        let listed = cell(row, "diag_code");
        cell(row, "set") == set
            && row_in_force(row, stay.admission())
            && !listed.is_empty()
            && code.starts_with(listed)
    })
}
