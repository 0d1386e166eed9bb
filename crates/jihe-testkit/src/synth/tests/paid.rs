//! What funds pay by a benefit policy.

use super::super::CityOptions;
use super::{Pack, check_by, local_pack, national, options};

/// A benefit policy: stays by the settlement; visits of employees by the year, with a cap; visits of
/// others by bands that a person type has of its own; nothing of pharmacies.
pub(super) const BENEFIT: [(&str, &str); 4] = [
    (
        "benefit_kind",
        "insutype,med_type,kind,segments,begndate,enddate,basis\n\
         ,21,stay,settlement,2021-05-01,,x\n310,11,visit,year,2021-05-01,,x\n\
         390,1,other,settlement,2021-05-01,,x\n",
    ),
    (
        "benefit_deductible",
        "kind,lmtpric_hosp_lv,psn_type,per,amount,begndate,enddate,basis\n\
         stay,3,,settlement,800,2021-05-01,,x\nstay,2,,settlement,400,2021-05-01,,x\n\
         stay,,,settlement,100,2021-05-01,,x\nstay,3,16,settlement,500,2021-05-01,,x\n\
         visit,,,year,50,2021-05-01,,x\n",
    ),
    (
        "benefit_segment",
        "kind,lmtpric_hosp_lv,psn_type,seg_from,seg_to,ratio,begndate,enddate,basis\n\
         stay,3,,0,2000,0.85,2021-05-01,,x\nstay,3,,2000,,0.9,2021-05-01,,x\n\
         stay,,,0,,0.92,2021-05-01,,x\nvisit,,,0,300,0.555,2021-05-01,,x\n\
         visit,,,300,,0.7,2021-05-01,,x\nother,,,0,,0.4,2021-05-01,,x\n\
         other,,14,0,60.01,0.333,2021-05-01,,x\n",
    ),
    ("benefit_cap", "kind,psn_type,fund_max,begndate,enddate,basis\nvisit,,700,2021-05-01,,x\n"),
];

#[test]
fn what_funds_pay_by_a_policy_is_found_as_labelled() {
    for (nth, (first_month, n_months)) in
        [((2026, 1), 3), ((2026, 10), 1), ((2026, 12), 2)].into_iter().enumerate()
    {
        let end = if nth == 0 {
            "[params.\"settlement-mismatch\"]\ntolerance = { value = \"0.05\", cite = \"x\" }\n"
        } else {
            ""
        };
        let (dir, tables) = local_pack(&BENEFIT, end);
        let mut pack = Pack::read(&national()).unwrap();
        pack.tables.extend(tables);
        if nth == 0 {
            let name = ("settlement-mismatch".to_owned(), "tolerance".to_owned());
            pack.params.insert(name, 50_000);
        }
        let city_pack = Some(dir.path().join("city"));
        let seed = u64::try_from(nth).unwrap() + 71;
        let options =
            CityOptions { pack: city_pack, first_month, n_months, ..options(4_000, seed) };
        let summary = check_by(&options, &pack);
        let planted = summary.planted.iter().find(|(rule, _)| *rule == "settlement-mismatch");
        assert!(planted.is_some_and(|(_, n_planted)| 3 <= *n_planted));
    }
}
