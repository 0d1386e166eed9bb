//! The rules, one file each, and the list that runs them.

pub mod after_death;
pub mod age_outside;
pub mod amount_mismatch;
pub mod beds_over_capacity;
pub mod class_ab_share;
pub mod class_share;
pub mod contained_consumable;
pub mod contained_item;
pub mod contraindication;
pub mod contraindication_age;
pub mod cost_per;
pub mod daily_quantity;
pub mod department;
pub mod diagnosis_age;
pub mod diagnosis_sex;
pub mod early_refill;
pub mod empty_bed;
pub mod excluded_cause;
pub mod herb_not_payable;
pub mod hours_over_day;
pub mod indication;
pub mod institution_inactive;
pub mod institution_level;
pub mod internet_drug;
pub mod listing_anomaly;
pub mod low_standard;
pub mod month_quantity;
pub mod out_of_catalogue;
pub mod outside_stay;
pub mod over_supply;
pub mod overlap_stay;
pub mod period_frequency;
pub mod price_ceiling;
pub mod readmission_rate;
pub mod restricted_unapproved;
pub mod same_line_twice;
pub mod scheme;
pub mod self_pay_share;
pub mod service_after_settlement;
pub mod settlement_mismatch;
pub mod sex_mismatch;
pub mod sold_over_stock;
pub mod special_disease_scope;
pub mod split_stay;
pub mod stay_day_quantity;
pub mod stay_days;
pub mod stay_quantity;
pub mod trace_reused;
pub mod two_places;
pub mod unknown_item;
pub mod visit_during_stay;
pub mod visit_type;

use super::context::{Context, Verdicts};

/// Judges by the context's rule; `None` if the oracle does not know it.
pub fn judge(context: &Context<'_>) -> Option<Verdicts> {
    let judged = match context.rule.id.as_str() {
        "unknown-item" => unknown_item::judge(context),
        "out-of-catalogue" => out_of_catalogue::judge(context),
        "price-ceiling" => price_ceiling::judge(context),
        "amount-mismatch" => amount_mismatch::judge(context),
        "sex-mismatch" => sex_mismatch::judge(context),
        "age-outside" => age_outside::judge(context),
        "institution-level" => institution_level::judge(context),
        "visit-type" => visit_type::judge(context),
        "outside-stay" => outside_stay::judge(context),
        "after-death" => after_death::judge(context),
        "daily-quantity" => daily_quantity::judge(context),
        "hours-over-day" => hours_over_day::judge(context),
        "stay-days" => stay_days::judge(context),
        "month-quantity" => month_quantity::judge(context),
        "period-frequency" => period_frequency::judge(context),
        "same-line-twice" => same_line_twice::judge(context),
        "contained-item" => contained_item::judge(context),
        "over-supply" => over_supply::judge(context),
        "early-refill" => early_refill::judge(context),
        "split-stay" => split_stay::judge(context),
        "overlap-stay" => overlap_stay::judge(context),
        "visit-during-stay" => visit_during_stay::judge(context),
        "sold-over-stock" => sold_over_stock::judge(context),
        "trace-reused" => trace_reused::judge(context),
        "scheme" => scheme::judge(context),
        "special-disease-scope" => special_disease_scope::judge(context),
        "department" => department::judge(context),
        "indication" => indication::judge(context),
        "contraindication" => contraindication::judge(context),
        "restricted-unapproved" => restricted_unapproved::judge(context),
        "herb-not-payable" => herb_not_payable::judge(context),
        "internet-drug" => internet_drug::judge(context),
        "institution-inactive" => institution_inactive::judge(context),
        "excluded-cause" => excluded_cause::judge(context),
        "listing-anomaly" => listing_anomaly::judge(context),
        "diagnosis-sex" => diagnosis_sex::judge(context),
        "stay-quantity" => stay_quantity::judge(context),
        "stay-day-quantity" => stay_day_quantity::judge(context),
        "contained-consumable" => contained_consumable::judge(context),
        "contraindication-age" => contraindication_age::judge(context),
        "diagnosis-age" => diagnosis_age::judge(context),
        "service-after-settlement" => service_after_settlement::judge(context),
        "class-share" => class_share::judge(context),
        "self-pay-share" => self_pay_share::judge(context),
        "class-ab-share" => class_ab_share::judge(context),
        "cost-per-visit" => cost_per::judge(context, cost_per::Per::Visit),
        "cost-per-stay" => cost_per::judge(context, cost_per::Per::Stay),
        "cost-per-day" => cost_per::judge(context, cost_per::Per::Day),
        "readmission-rate" => readmission_rate::judge(context),
        "empty-bed" => empty_bed::judge(context),
        "low-standard" => low_standard::judge(context),
        "beds-over-capacity" => beds_over_capacity::judge(context),
        "two-places" => two_places::judge(context),
        "settlement-mismatch" => settlement_mismatch::judge(context),
        _ => return None,
    };
    Some(judged)
}
