//! What a sheet or a row speaks about: the rule classes of the national library that have a table
//! here, and the lists.

/// A class of rows, each with its own mapping.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Class {
    /// 重复收费.
    Pairs,
    /// 区分性别, 限性别.
    Sex,
    /// 儿童专用, 限儿童, 限新生儿, 限年龄.
    Age,
    /// 儿童禁用.
    ChildForbidden,
    /// 限适应症: diagnoses that an item is paid for.
    Indication,
    /// 限医疗机构级别.
    Level,
    /// 限就医方式.
    Visit,
    /// 限定频次: so many a day.
    DayLimit,
    /// 周期超频次: so many in a number of days.
    Period,
    /// 限支付疗程.
    Course,
    /// 手术项目未按规定折价收费.
    OperationGroup,
    /// 中药饮片单复方均不予支付.
    HerbNever,
    /// 中药饮片单方使用不予支付.
    HerbAlone,
    /// 超互联网医院药品支付范围.
    Internet,
    /// 限二线使用.
    SecondLine,
    /// 限工伤保险.
    WorkInjury,
    /// 限生育保险.
    Maternity,
    /// A price list of services.
    Prices,
    /// A drug list.
    Drugs,
    /// A list of materials billed apart.
    Materials,
    /// A class that no table here takes.
    Other,
}

/// Words of a class, the first that occurs counts. Classes about diagnoses and procedures, and
/// those that turn another class's word round, stand above it.
const WORDS: &[(&str, Class)] = &[
    ("限适应症", Class::Indication),
    ("限定适应症", Class::Indication),
    ("限支付适应症", Class::Indication),
    ("限定支付适应症", Class::Indication),
    ("超适应症", Class::Indication),
    ("适应症", Class::Other),
    ("二线", Class::SecondLine),
    ("儿童禁用", Class::ChildForbidden),
    ("禁用", Class::Other),
    ("诊断", Class::Other),
    ("手术操作", Class::Other),
    ("科室", Class::Other),
    ("报销总额", Class::Other),
    ("分解收费", Class::Other),
    ("开药", Class::Other),
    ("禁忌", Class::Other),
    ("相互作用", Class::Other),
    ("重复收费", Class::Pairs),
    ("区分性别", Class::Sex),
    ("限性别", Class::Sex),
    ("与性别不符", Class::Sex),
    ("儿童专用", Class::Age),
    ("限儿童", Class::Age),
    ("限新生儿", Class::Age),
    ("限年龄", Class::Age),
    ("医疗机构级别", Class::Level),
    ("就医方式", Class::Visit),
    ("限定频次", Class::DayLimit),
    ("周期超频次", Class::Period),
    ("限支付疗程", Class::Course),
    ("限疗程", Class::Course),
    ("折价", Class::OperationGroup),
    ("单复方均不予支付", Class::HerbNever),
    ("单方使用不予支付", Class::HerbAlone),
    ("互联网", Class::Internet),
    ("工伤保险", Class::WorkInjury),
    ("限工伤", Class::WorkInjury),
    ("生育保险", Class::Maternity),
    ("限生育", Class::Maternity),
];

/// Words of what official sheets say of a use that is not paid, where they do not name the class.
const DETECTED: &[(&str, Class)] = &[
    ("一线药品使用无效", Class::SecondLine),
    ("儿童年龄", Class::Age),
    ("就业年龄", Class::Age),
    ("日期总计超过", Class::Course),
    ("单独使用时统筹基金不予支付", Class::HerbAlone),
    ("不得纳入基金支付范围的中药饮片", Class::HerbNever),
];

impl Class {
    /// Recognises the class by its Chinese name anywhere in a text.
    pub(crate) fn of_text(text: &str) -> Option<Self> {
        Self::named_in(WORDS, text)
    }

    /// Recognises the class by what a sheet says of a use that is not paid (检出逻辑).
    pub(crate) fn of_detected(text: &str) -> Option<Self> {
        Self::named_in(DETECTED, text).or_else(|| Self::of_text(text))
    }

    fn named_in(words: &[(&str, Self)], text: &str) -> Option<Self> {
        let tight: String = text.chars().filter(|&letter| !crate::cell::is_blank(letter)).collect();
        words.iter().find(|(word, _)| tight.contains(word)).map(|&(_, class)| class)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_class_is_known_by_its_official_name() {
        for (text, class) in [
            ("“医疗服务项目重复收费”规则对应知识点明细", Some(Class::Pairs)),
            ("医疗服务项目周期超频次", Some(Class::Period)),
            ("中药饮片单方使用不予支付", Some(Class::HerbAlone)),
            ("第十一批 “中药饮片 单复方均不予支付”", Some(Class::HerbNever)),
            ("药品儿童专用", Some(Class::Age)),
            ("药品儿童禁用", Some(Class::ChildForbidden)),
            ("诊断与患者性别不符", Some(Class::Other)),
            ("药品限适应症", Some(Class::Indication)),
            ("药品限二线使用", Some(Class::SecondLine)),
            ("Sheet1", None),
        ] {
            assert_eq!(Class::of_text(text), class, "{text}");
        }
    }

    #[test]
    fn a_class_is_known_by_what_it_finds() {
        for (text, class) in [
            ("参保人险种非工伤保险", Some(Class::WorkInjury)),
            ("参保人险种非生育保险", Some(Class::Maternity)),
            ("参保人年龄超出儿童年龄限制", Some(Class::Age)),
            ("参保人年龄超出法定就业年龄限制", Some(Class::Age)),
            ("使用药品的日期总计超过限制天数", Some(Class::Course)),
            ("使用药品的就医方式不符合限定就医方式", Some(Class::Visit)),
            ("使用药品的医疗机构级别低于限定级别", Some(Class::Level)),
            ("使用药品的疾病诊断不符合限定支付适应症", Some(Class::Indication)),
            ("使用了该药品，但没有一线药品使用无效或不能耐受的证据。", Some(Class::SecondLine)),
            ("互联网诊疗时开具麻醉药品精神药品", Some(Class::Internet)),
            ("不得纳入基金支付范围的中药饮片", Some(Class::HerbNever)),
            (
                "单独使用时统筹基金不予支付，且全部由这些饮片组成的处方统筹基金也不予支付。",
                Some(Class::HerbAlone),
            ),
            ("使用项目的数量总计超过上限数量", None),
        ] {
            assert_eq!(Class::of_detected(text), class, "{text}");
        }
    }
}
