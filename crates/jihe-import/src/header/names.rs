//! Names of columns: what each means, whatever stands in parentheses.

/// What a column means.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) enum Role {
    /// Number of the knowledge point that a code belongs to (对应知识点序号).
    PointRef,
    /// Number of the row or knowledge point (序号).
    Number,
    /// Name of the item or drug.
    Name,
    /// One code, or several joined by `|`.
    Code,
    /// The containing item.
    CodeA,
    /// The contained item.
    CodeB,
    /// Day or stay (时间区间).
    Interval,
    /// 限定性别.
    Sex,
    /// 单日上限数量.
    DayMax,
    /// 频次上限.
    MaxCount,
    /// 周期（天）.
    Period,
    /// The wording of the limit (逻辑依据).
    Wording,
    /// What a use of the item that is not paid looks like (检出逻辑).
    Detect,
    /// Group of operations.
    Group,
    /// Discount of an operation.
    Discount,
    /// Rule class of the row.
    Class,
    /// Day of publication.
    Published,
    /// Document the row was copied from.
    Source,
    /// Row in that document.
    SourceRow,
    /// How many codes the knowledge point has.
    Announced,
    /// 财务分类.
    Finance,
    /// Highest price at institutions of level 1.
    Price1,
    /// Highest price at institutions of level 2.
    Price2,
    /// Highest price at institutions of level 3.
    Price3,
    /// 1 for an item, 0 for a heading.
    IsItem,
    /// National code beside the list's own.
    NationCode,
    /// 甲, 乙 or 丙.
    DrugClass,
    /// Number of a row in a list without codes.
    Id,
    /// Name of the knowledge point, by which others replace it.
    PointId,
    /// The points that this one replaces.
    Replaces,
    /// The point that replaces this one.
    ReplacedBy,
    /// First day on which the row no longer holds.
    Until,
    /// 限定级别.
    LimitLevel,
    /// 限定就医方式.
    LimitVisit,
    /// 支付疗程.
    LimitCourse,
    /// 限定年龄.
    LimitAge,
    /// Codes of diagnoses (诊断编码).
    Diagnoses,
}

/// Names that are exactly so.
const NAMES: &[(&str, Role)] = &[
    ("对应知识点序号", Role::PointRef),
    ("知识点序号", Role::PointRef),
    ("序号", Role::Number),
    ("编号", Role::Number),
    ("code_a", Role::CodeA),
    ("item_a", Role::CodeA),
    ("code_b", Role::CodeB),
    ("item_b", Role::CodeB),
    ("med_codes", Role::Code),
    ("code", Role::Code),
    ("编码", Role::Code),
    ("hilist_code", Role::Code),
    ("时间区间", Role::Interval),
    ("window", Role::Interval),
    ("限定性别", Role::Sex),
    ("性别", Role::Sex),
    ("单日上限数量", Role::DayMax),
    ("日上限数量", Role::DayMax),
    ("daily_max", Role::DayMax),
    ("频次上限", Role::MaxCount),
    ("周期", Role::Period),
    ("period_days", Role::Period),
    ("constraint", Role::Wording),
    ("检出逻辑", Role::Detect),
    ("detect_logic", Role::Detect),
    ("rule_class", Role::Class),
    ("规则名", Role::Class),
    ("规则名称", Role::Class),
    ("published_at", Role::Published),
    ("公布日期", Role::Published),
    ("发布日期", Role::Published),
    ("src_file", Role::Source),
    ("src_row", Role::SourceRow),
    ("med_code_count", Role::Announced),
    ("fin_class", Role::Finance),
    ("财务分类", Role::Finance),
    ("财务分类代码", Role::Finance),
    ("price_l1", Role::Price1),
    ("price_l2", Role::Price2),
    ("price_l3", Role::Price3),
    ("is_item", Role::IsItem),
    ("nat_code_guess", Role::NationCode),
    ("国家编码", Role::NationCode),
    ("国家代码", Role::NationCode),
    ("国家医保编码", Role::NationCode),
    ("国家医保代码", Role::NationCode),
    ("医保编码", Role::NationCode),
    ("医保代码", Role::NationCode),
    ("国家项目编码", Role::NationCode),
    ("国家项目代码", Role::NationCode),
    ("ins_class", Role::DrugClass),
    ("医保类别", Role::DrugClass),
    ("医保分类", Role::DrugClass),
    ("甲乙分类", Role::DrugClass),
    ("甲乙类", Role::DrugClass),
    ("id", Role::Id),
    ("kp_id", Role::PointId),
    ("知识点id", Role::PointId),
    ("知识点编号", Role::PointId),
    ("知识点编码", Role::PointId),
    ("supersedes", Role::Replaces),
    ("replaces", Role::Replaces),
    ("superseded_by", Role::ReplacedBy),
    ("replaced_by", Role::ReplacedBy),
    ("更新为", Role::ReplacedBy),
    ("enddate", Role::Until),
    ("失效日期", Role::Until),
    ("停用日期", Role::Until),
    ("废止日期", Role::Until),
    ("begndate", Role::Published),
    ("生效日期", Role::Published),
    ("启用日期", Role::Published),
    ("执行日期", Role::Published),
    ("公布时间", Role::Published),
    ("发布时间", Role::Published),
    ("限定级别", Role::LimitLevel),
    ("机构级别", Role::LimitLevel),
    ("医疗机构级别", Role::LimitLevel),
    ("限定医疗机构级别", Role::LimitLevel),
    ("医院级别", Role::LimitLevel),
    ("限定医院级别", Role::LimitLevel),
    ("医疗机构等级", Role::LimitLevel),
    ("就医方式", Role::LimitVisit),
    ("限定就医方式", Role::LimitVisit),
    ("支付疗程", Role::LimitCourse),
    ("限定疗程", Role::LimitCourse),
    ("限定支付疗程", Role::LimitCourse),
    ("疗程", Role::LimitCourse),
    ("疗程天数", Role::LimitCourse),
    ("支付天数", Role::LimitCourse),
    ("限定天数", Role::LimitCourse),
    ("course_days", Role::LimitCourse),
    ("diag_code", Role::Diagnoses),
    ("限定年龄", Role::LimitAge),
    ("年龄限制", Role::LimitAge),
    ("适用年龄", Role::LimitAge),
    ("适用性别", Role::Sex),
    ("gend", Role::Sex),
    ("单日上限", Role::DayMax),
    ("每日上限", Role::DayMax),
    ("单日限量", Role::DayMax),
    ("日限量", Role::DayMax),
    ("单日限定数量", Role::DayMax),
    ("单日最大数量", Role::DayMax),
    ("每日上限数量", Role::DayMax),
    ("限定次数", Role::MaxCount),
    ("次数上限", Role::MaxCount),
    ("max_count", Role::MaxCount),
    ("周期天数", Role::Period),
    ("限定周期", Role::Period),
    ("间隔天数", Role::Period),
    ("group", Role::Group),
    ("name", Role::Name),
    ("item_name", Role::Name),
    ("generic_name", Role::Name),
    ("药品通用名", Role::Name),
    ("通用名", Role::Name),
];

/// Parts of names of columns that say nothing here, though a part below is in them too.
const SILENT: &[&str] = &["规则", "分类", "企业", "机构代码", "机构编码", "批次"];

/// Parts of names, looked for in this order.
const PARTS: &[(&str, Role)] = &[
    ("知识点序号", Role::PointRef),
    ("对应序号", Role::PointRef),
    ("被何", Role::ReplacedBy),
    ("取代为", Role::ReplacedBy),
    ("替代为", Role::ReplacedBy),
    ("取代", Role::Replaces),
    ("替代", Role::Replaces),
    ("诊断代码", Role::Diagnoses),
    ("诊断编码", Role::Diagnoses),
    ("疾病代码", Role::Diagnoses),
    ("疾病编码", Role::Diagnoses),
    ("适应症代码", Role::Diagnoses),
    ("适应症编码", Role::Diagnoses),
    ("代码数量", Role::Announced),
    ("编码数量", Role::Announced),
    ("a项目代码", Role::CodeA),
    ("a项目编码", Role::CodeA),
    ("b项目代码", Role::CodeB),
    ("b项目编码", Role::CodeB),
    ("项目a代码", Role::CodeA),
    ("项目a编码", Role::CodeA),
    ("项目b代码", Role::CodeB),
    ("项目b编码", Role::CodeB),
    ("逻辑依据", Role::Wording),
    ("限定支付范围", Role::Wording),
    ("手术组", Role::Group),
    ("手术分组", Role::Group),
    ("分组", Role::Group),
    ("折价比例", Role::Discount),
    ("折扣", Role::Discount),
    ("discount", Role::Discount),
    ("时间区间", Role::Interval),
    ("性别", Role::Sex),
    ("单日上限", Role::DayMax),
    ("频次上限", Role::MaxCount),
    ("周期", Role::Period),
    ("三级", Role::Price3),
    ("二级", Role::Price2),
    ("一级", Role::Price1),
    ("代码", Role::Code),
    ("编码", Role::Code),
];

/// The meaning of a name without blanks; none if it has none here.
pub(super) fn role_of(tight: &str) -> Option<Role> {
    let name = bare(tight).to_lowercase();
    // A long cell is a sentence of a title or note.
    if 30 < name.chars().count() {
        return None;
    }
    let exact = NAMES.iter().find(|(known, _)| *known == name);
    let is_silent = SILENT.iter().any(|word| name.contains(word));
    let part = || PARTS.iter().find(|(known, _)| !is_silent && name.contains(known));
    let found = exact.or_else(part).map(|&(_, role)| role);
    let of_pair = name.contains("项目a") || name.contains("项目b");
    found.or_else(|| (name.ends_with("名称") && !of_pair).then_some(Role::Name))
}

/// A name without what stands in parentheses.
fn bare(name: &str) -> String {
    let mut depth = 0_u32;
    let mut outside = String::new();
    for letter in name.chars() {
        match letter {
            '(' | '（' => depth = depth.saturating_add(1),
            ')' | '）' => depth = depth.saturating_sub(1),
            _ if depth == 0 => outside.push(letter),
            _ => {}
        }
    }
    outside
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cell::{is_blank, narrow};

    #[test]
    fn official_headers_are_known_whatever_their_spacing() {
        for (name, role) in [
            ("序号", Some(Role::Number)),
            ("对应知识点序号", Some(Role::PointRef)),
            ("知识点对应              药品代码数量", Some(Role::Announced)),
            ("项目代码，供参考\n（2022版国家医保局全国医疗服务项目）", Some(Role::Code)),
            ("医疗服务项目A代码供参考 （国家医保局全国医疗服务项目）", Some(Role::CodeA)),
            ("医疗服务项目B名称", None),
            ("中药饮片代码（供参考）", Some(Role::Code)),
            ("周期（天）", Some(Role::Period)),
            ("逻辑依据 （国家医保局全国医疗服务项目，项目A项目内涵）", Some(Role::Wording)),
            ("医疗服务项目Ａ代码", Some(Role::CodeA)),
            ("被取代知识点", Some(Role::Replaces)),
            ("是否为2024年医保目录内 药品", None),
            ("检出逻辑", Some(Role::Detect)),
            ("规则编码", None),
            ("一级分类", None),
            ("生产企业代码", None),
            ("三级医疗机构最高限价", Some(Role::Price3)),
            ("ICD-10诊断编码", Some(Role::Diagnoses)),
            ("频次上限（次）", Some(Role::MaxCount)),
            ("备注", None),
        ] {
            let tight: String = name.chars().filter(|&letter| !is_blank(letter)).collect();
            assert_eq!(role_of(&narrow(&tight)), role, "{name}");
        }
    }
}
