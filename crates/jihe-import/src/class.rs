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

impl Class {
    /// Recognises the class by its Chinese name anywhere in a text.
    pub(crate) fn of_text(text: &str) -> Option<Self> {
        let tight: String = text.chars().filter(|&letter| !crate::cell::is_blank(letter)).collect();
        WORDS.iter().find(|(word, _)| tight.contains(word)).map(|&(_, class)| class)
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
}
