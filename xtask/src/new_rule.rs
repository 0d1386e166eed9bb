//! A new rule of an existing family: one rule file and one golden folder, to be filled in.
//!
//! Nothing else names a rule: its path is its registration. Texts are left empty on purpose, so that
//! `jihe check` and the tests list what is still to be written, each at its place.

use jihe_rules::plan::Family;

use crate::project::{names, write};
use crate::{Failure, Project, RuleName};

/// The files of a golden folder, with rows to be changed.
const GOLDEN: [(&str, &str); 5] = [
    (
        "month/lines.csv",
        "bkkp_sn,setl_id,mdtrt_id,psn_no,fixmedins_code,fee_ocur_time,hilist_code,cnt,pric,det_item_fee_sumamt,inscp_scp_amt,tag,why\n\
         L01,S01,M01,P1,H1,2026-03-02 08:00:00,ITEM,1,10.00,10.00,10.00,near-miss,\n\
         L02,S01,M01,P1,H1,2026-03-02 16:00:00,ITEM,1,10.00,10.00,10.00,hit,\n",
    ),
    (
        "month/settlements.csv",
        "setl_id,mdtrt_id,psn_no,fixmedins_code,setl_time,medfee_sumamt,inscp_scp_amt,fund_pay_sumamt,med_type\n\
         S01,M01,P1,H1,2026-03-02 18:00:00,20.00,20.00,14.00,11\n",
    ),
    (
        "month/encounters.csv",
        "mdtrt_id,psn_no,fixmedins_code,med_type,begntime,endtime\n\
         M01,P1,H1,11,2026-03-02 07:30:00,2026-03-02 18:00:00\n",
    ),
    (
        "reference/catalogue.csv",
        "hilist_code,hilist_name,list_type,chrgitm_lv,begndate,enddate\nITEM,项目,201,01,2020-01-01,\n",
    ),
    (
        "reference/institutions.csv",
        "fixmedins_code,fixmedins_type,lmtpric_hosp_lv,begndate,enddate\nH1,1,3,2020-01-01,\n",
    ),
];

/// The rule file of a family, texts empty.
fn template(family: &str) -> String {
    match family {
        "line" => include_str!("../templates/line.toml").to_owned(),
        "limit" => include_str!("../templates/limit.toml").to_owned(),
        _ => include_str!("../templates/family.toml").replace("[FAMILY]", &format!("[{family}]")),
    }
}

/// Writes the rule file and the golden folder; gives their paths from the root on.
///
/// # Errors
///
/// If the family is unknown, the id is not allowed or taken, or a file cannot be written.
pub fn new_rule(
    project: &Project,
    pack: &str,
    family: &str,
    id: &str,
) -> Result<Vec<String>, Failure> {
    if !Family::ALL.into_iter().any(|known| known.word() == family) {
        let words = Family::ALL.map(Family::word).join(", ");
        return Err(Failure::new(format!("family is none of {words}: {family}")));
    }
    let good = id.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-'));
    if id.is_empty() || !good {
        return Err(Failure::new(format!("a rule id has small letters, digits and -: {id}")));
    }
    if !project.packs()?.contains(pack) {
        return Err(Failure::new(format!("no such pack: rules/{pack}")));
    }
    let taken = project.rules()?.into_iter().find(|rule| rule.id == id);
    if let Some(taken) = taken {
        return Err(Failure::new(format!("rule is already there: {}", Project::rule_file(&taken))));
    }
    let rule = RuleName { pack: pack.to_owned(), family: family.to_owned(), id: id.to_owned() };
    let golden = project.golden(&rule);
    if golden.is_dir() && !names(&golden)?.is_empty() {
        return Err(Failure::new(format!("golden folder is already there: {}", golden.display())));
    }
    let file = Project::rule_file(&rule);
    write(&project.path(&file), &template(family))?;
    let mut written = vec![file];
    for (inner, text) in GOLDEN {
        write(&golden.join(inner), text)?;
        written.push(format!("fixtures/rules/{rule}/{inner}"));
    }
    Ok(written)
}
