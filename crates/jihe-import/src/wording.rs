//! Limits out of their wording: only what the words say outright.

/// Why a wording gives no limit.
pub(crate) type NoLimit = &'static str;

/// Stays, outpatient visits by emergency, and other outpatient visits, by `med_type`.
const INPATIENT: &[&str] = &["21", "22", "23", "24", "26", "28", "52"];
const EMERGENCY: &[&str] = &["13"];
const OUTPATIENT: &[&str] = &["11", "12", "13", "14", "15", "16", "18", "19", "51"];

const LEVELS: [(&str, &str); 3] = [("一级", "1"), ("二级", "2"), ("三级", "3")];

/// The lowest level of institutions: 1, 2 or 3.
///
/// # Errors
///
/// If no level is named, it binds the first prescription only, or levels are excluded, bounded from above or
/// counted up.
pub(crate) fn level(wording: &str) -> Result<&'static str, NoLimit> {
    let plain = plain(wording);
    if plain.contains("首次处方时需由") {
        return Err("the level binds the first prescription only");
    }
    if let ("1" | "2" | "3", Some(&(_, level))) =
        (plain.as_str(), LEVELS.iter().find(|(_, level)| *level == plain))
    {
        return Ok(level);
    }
    for (place, word) in LEVELS.iter().flat_map(|(word, _)| plain.match_indices(word)) {
        let (before, after) =
            (before_in_clause(&plain, place), after_in_clause(&plain, place, word));
        if is_excluded(before, after) || BELOW.iter().any(|word| before.ends_with(word)) {
            return Err("the wording excludes levels instead of naming the lowest");
        }
        let mut behind = plain.get(place.saturating_add(word.len())..).unwrap_or("");
        let between = ["定点", "医疗机构", "医疗卫生机构", "医院", "机构"];
        for words in between.iter().chain(&["(含)", "(不含)", "含", "及", "或", "其"]) {
            behind = behind.strip_prefix(words).unwrap_or(behind);
        }
        if behind.starts_with("以下") {
            return Err("the wording names a highest level");
        }
        let numeral = plain
            .get(..place)
            .unwrap_or("")
            .trim_end_matches(['、', '和', '或', '及', '与', '至', '到', '-', '/', '~', '—', '–']);
        if numeral.ends_with(['一', '二', '三']) {
            return Err("several levels in one word");
        }
    }
    // Where two levels are named for two kinds of hospitals, the lower one binds all of them.
    LEVELS
        .iter()
        .find(|(word, _)| plain.contains(word))
        .map(|&(_, level)| level)
        .ok_or("no level of institutions in the wording")
}

/// The kinds of visits, by `med_type`.
///
/// # Errors
///
/// If none is named, or the wording excludes instead of allowing.
pub(crate) fn visits(wording: &str) -> Result<Vec<&'static str>, NoLimit> {
    let plain = plain(wording);
    let plain = plain.replace("门、急诊", "门急诊").replace("门/急诊", "门急诊");
    let has = |words: &[&str]| words.iter().any(|word| plain.contains(word));
    let (stay, emergency, outpatient) = (has(&["住院"]), has(&["急诊"]), has(&["门诊", "门急诊"]));
    if ["住院", "门急诊", "急诊", "门诊"].iter().any(|word| excludes(&plain, word)) {
        return Err("the wording excludes visits instead of naming the allowed ones");
    }
    if stay && outpatient {
        return Err("both stays and outpatient visits are named: no limit is left");
    }
    let mut types = Vec::new();
    for (named, codes) in [(stay, INPATIENT), (emergency, EMERGENCY), (outpatient, OUTPATIENT)] {
        if named {
            types.extend_from_slice(codes);
        }
    }
    types.sort_unstable();
    types.dedup();
    if types.is_empty() { Err("no kind of visit in the wording") } else { Ok(types) }
}

/// Lowest age, first age above it, and unit.
///
/// # Errors
///
/// If the class asks for an age and the wording has none in numbers, excludes ages, or has two spans of them.
pub(crate) fn age(class: &str, wording: &str) -> Result<[String; 3], NoLimit> {
    let plain = plain(wording);
    let newborn =
        class.contains("新生儿") || plain.starts_with("限新生儿") || plain.contains("新生儿专用");
    let years =
        |from: u32, until: u32| Ok([from.to_string(), until.to_string(), "year".to_owned()]);
    if newborn {
        if excludes(&plain, "新生儿") {
            return Err("the wording excludes newborns instead of naming them");
        }
        // A newborn is at most 28 days old.
        return Ok(["0".to_owned(), "29".to_owned(), "day".to_owned()]);
    }
    let is_clear = ages_are_clear(&plain);
    let upper = upper_age(&plain);
    let is_for_children =
        ["儿童专用", "限儿童", "儿童年龄"].iter().any(|word| class.contains(word));
    if !is_for_children {
        if !is_clear || excludes(&plain, "儿童") {
            return Err("the wording excludes or compares ages instead of naming the allowed ones");
        }
        return match (span_of_ages(&plain), upper, lower_age(&plain)) {
            (Some((from, until)), ..) => years(from, until),
            (None, Some(until), Some(from)) if until <= from => {
                Err("several spans of ages in one wording")
            }
            (None, Some(until), from) => years(from.unwrap_or(0), until),
            (None, None, Some(from)) => Ok([from.to_string(), String::new(), "year".to_owned()]),
            (None, None, None) if plain.contains("儿童") => years(0, 18),
            (None, None, None) => Err("no age in numbers in the wording"),
        };
    }
    // Other ages in an indication belong to one of its uses, not to the item.
    match upper.filter(|_| is_clear) {
        Some(until @ (14 | 15)) => years(0, until),
        Some(_) | None => years(0, 18),
    }
}

/// What is counted in days and is no course.
const NO_COURSE: &[&str] = &[
    "起病",
    "发病",
    "发作",
    "病程",
    "病史",
    "年龄",
    "间隔",
    "术",
    "手术",
    "出生",
    "距",
    "妊娠",
    "怀孕",
    "孕",
    "孕周",
    "胎龄",
    "入院",
    "确诊",
    "诊断",
    "症状出现",
    "受伤",
    "日龄",
];

/// Days that a course may last.
///
/// # Errors
///
/// If the wording has no number of days, or several.
pub(crate) fn course_days(wording: &str) -> Result<u32, NoLimit> {
    let plain = plain(wording);
    let mut days: Vec<u32> = Vec::new();
    for mark in ["不超过", "最多支付", "最长支付"] {
        for (place, _) in plain.match_indices(mark) {
            let rest = plain.get(place.saturating_add(mark.len())..).unwrap_or("");
            let before = before_in_clause(&plain, place);
            // How long ago something began is no course.
            let before = before.trim_end_matches(['后', '时', '间', '已', '均', '者']);
            if NO_COURSE.iter().any(|word| before.ends_with(word)) {
                continue;
            }
            match number(rest) {
                Some((value, tail)) if tail.starts_with(['天', '日']) => days.push(value),
                Some((weeks, tail)) if tail.starts_with('周') && !tail.starts_with("周岁") => {
                    days.push(weeks.saturating_mul(7));
                }
                Some(_) | None => {}
            }
        }
    }
    days.sort_unstable();
    days.dedup();
    match days.as_slice() {
        [] | [0] => Err("the course is not stated in days"),
        [one] => Ok(*one),
        _ => Err("several courses in one wording"),
    }
}

/// Days of a period and uses in it.
pub(crate) fn period(wording: &str) -> Option<(u32, u32)> {
    let plain = plain(wording);
    if plain.contains("每周最多支付一次") {
        return Some((7, 1));
    }
    ["间隔时间不短于", "间隔不短于", "间隔时间不少于", "间隔不少于"].into_iter().find_map(|mark| {
        let (_, rest) = plain.split_once(mark)?;
        let (days, tail) = number(rest)?;
        (tail.starts_with('天') && days != 0).then_some((days, 1))
    })
}

/// The unit of a limit, without what else stands beside it.
pub(crate) fn unit(wording: &str) -> Option<&'static str> {
    match plain(wording).as_str() {
        "日" | "天" | "每日" | "每天" | "床日" => Some("day"),
        "小时" | "每小时" => Some("hour"),
        _ => None,
    }
}

/// Lowest age and first age above of `3-12岁`, `18至60周岁`; none if there is no such span, or several.
fn span_of_ages(plain: &str) -> Option<(u32, u32)> {
    let mut spans = Vec::new();
    for (place, _) in plain.match_indices('岁') {
        let before = plain.get(..place).unwrap_or("");
        let before = before.strip_suffix('周').unwrap_or(before);
        let Some(last) = number_at_end(before) else { continue };
        let rest = before.trim_end_matches(|letter: char| letter.is_ascii_digit());
        let to = ["-", "~", "至", "到", "—", "–"];
        let Some(first) = to.iter().find_map(|sign| rest.strip_suffix(sign)) else { continue };
        let first =
            ["周岁", "岁"].iter().find_map(|unit| first.strip_suffix(unit)).unwrap_or(first);
        if let Some(first) = number_at_end(first).filter(|&first| first <= last && last < 150) {
            spans.push((first, last.saturating_add(1)));
        }
    }
    spans.dedup();
    match spans.as_slice() {
        [one] => Some(*one),
        _ => None,
    }
}

/// The age from which on: `12岁以上`, `满18周岁`; none if there is none, or several.
fn lower_age(plain: &str) -> Option<u32> {
    let mut ages: Vec<u32> = Vec::new();
    for (place, _) in plain.match_indices('岁') {
        let (before, after) = plain.split_at(place);
        let before = before.strip_suffix('周').unwrap_or(before);
        let tail = after.strip_prefix('岁').unwrap_or("");
        let above =
            ["以上", "及以上", "(含)以上", "含以上"].iter().any(|word| tail.starts_with(word));
        let digits = before.trim_end_matches(|letter: char| letter.is_ascii_digit());
        let full = digits.ends_with('满') && !is_not_full(digits);
        let years = number_at_end(before).filter(|&years| years < 150);
        if let Some(years) = years.filter(|_| above || full) {
            let rest = tail.strip_prefix("以上").unwrap_or("");
            let is_without = says(rest, "不含", years);
            ages.push(if is_without { years.saturating_add(1) } else { years });
        }
    }
    ages.sort_unstable();
    ages.dedup();
    match ages.as_slice() {
        [one] => Some(*one),
        _ => None,
    }
}

/// First age above those for which the wording forbids an item; children are under 14 where it has
/// no number.
pub(crate) fn forbidden_below(wording: &str) -> u32 {
    upper_age(&plain(wording)).unwrap_or(14)
}

/// The first age above the one the wording ends at: `14岁以下` 14, `14岁及以下` 15.
fn upper_age(plain: &str) -> Option<u32> {
    let mut ages: Vec<u32> = Vec::new();
    for (place, _) in plain.match_indices('岁') {
        let (before, after) = plain.split_at(place);
        let years = number_at_end(before.strip_suffix('周').unwrap_or(before));
        let tail = after.strip_prefix('岁').unwrap_or("");
        let included = ["及以下", "(含)以下", "含以下"].iter().any(|word| tail.starts_with(word));
        let below = tail.strip_prefix("以下").unwrap_or("");
        let included = included || years.is_some_and(|years| says(below, "含", years));
        let number = before.strip_suffix('周').unwrap_or(before);
        let number = number.trim_end_matches(|letter: char| letter.is_ascii_digit());
        let excluded = tail.starts_with("以下") || is_not_full(number);
        match years {
            Some(years) if included => ages.push(years.saturating_add(1)),
            Some(years) if excluded => ages.push(years),
            Some(_) | None => {}
        }
    }
    ages.sort_unstable();
    ages.dedup();
    match ages.as_slice() {
        [one] if *one < 150 => Some(*one),
        _ => None,
    }
}

/// Words before an age that is not reached.
const NOT_FULL: [&str; 3] = ["不满", "未满", "不足"];

/// Whether an age that follows is not reached: `不满18周岁`.
fn is_not_full(before: &str) -> bool {
    NOT_FULL.iter().any(|word| before.ends_with(word))
}

/// Whether an age is said to be in or out, behind it: `(含14岁)`, `(含)`, `,含本数`.
fn says(rest: &str, word: &str, years: u32) -> bool {
    let rest = rest.strip_prefix(['(', ',']).unwrap_or(rest);
    let Some(rest) = rest.strip_prefix(word) else { return false };
    rest.is_empty()
        || rest.starts_with([')', '。', ','])
        || rest.starts_with("本数")
        || number(rest).is_some_and(|(own, tail)| own == years && tail.starts_with(['岁', '周']))
}

/// Whether what a wording says of ages is no more than from and until which: other words that compare or
/// exclude are not read.
fn ages_are_clear(plain: &str) -> bool {
    plain.match_indices('岁').all(|(place, word)| {
        let (before, after) = (before_in_clause(plain, place), after_in_clause(plain, place, word));
        let is_letter = |letter: char| letter.is_ascii_digit() || letter == '周';
        let number = before.trim_end_matches(is_letter);
        // `(含14岁)` and `(不含14岁)` speak of the age before them.
        if number == "含" || number == "不含" {
            return true;
        }
        let rest = NOT_FULL.iter().chain(&["满"]).find_map(|word| number.strip_suffix(word));
        let rest = rest.unwrap_or(number);
        let other =
            ["不", "未年", "禁", "勿", "小于", "大于", "低于", "高于", "少于", "多于", "超过"];
        let other = other.iter().chain(&["≥", "≤", "<", ">"]);
        let mut other = other.filter(|word| rest.contains(**word) || after.contains(**word));
        other.next().is_none() && !is_excluded(rest, after)
    })
}

/// Marks between clauses.
const MARKS: [char; 11] = ['。', '；', ';', '，', ',', '：', ':', '、', '(', ')', '.'];

/// What stands before a place, in its clause.
fn before_in_clause(plain: &str, place: usize) -> &str {
    let before = plain.get(..place).unwrap_or("");
    before.rsplit(MARKS).next().unwrap_or(before)
}

/// What stands behind a word at a place, in its clause.
fn after_in_clause<'a>(plain: &'a str, place: usize, word: &str) -> &'a str {
    let after = plain.get(place.saturating_add(word.len())..).unwrap_or("");
    after.split(MARKS).next().unwrap_or(after)
}

/// Words before what is under or over a bound.
const BELOW: [&str; 7] = ["低于", "高于", "超过", "最高", "小于", "大于", "至多"];

/// Whether a wording excludes what a word names, somewhere.
fn excludes(plain: &str, word: &str) -> bool {
    plain.match_indices(word).any(|(place, word)| {
        is_excluded(before_in_clause(plain, place), after_in_clause(plain, place, word))
    })
}

/// Whether what stands between is excluded: `非住院`, `除三级外`, `门诊不予支付`.
fn is_excluded(before: &str, after: &str) -> bool {
    const AHEAD: [&str; 8] = ["非", "不", "未", "除", "除了", "排除", "不含", "不包括"];
    const WITHIN: [&str; 21] = [
        "除外",
        "以外",
        "之外",
        "外的",
        "者外",
        "不得",
        "不可用",
        "不可使用",
        "不可支付",
        "不能使用",
        "不能支付",
        "不能报销",
        "不予",
        "不支付",
        "不报销",
        "不适用",
        "不纳入",
        "不含",
        "不包",
        "禁用",
        "禁止",
    ];
    let has = |text: &str| WITHIN.iter().any(|word| text.contains(word));
    AHEAD.iter().any(|word| before.ends_with(word))
        || has(before)
        || has(after)
        || after.starts_with('外')
}

/// Text without spaces, its full-width letters made plain.
fn plain(text: &str) -> String {
    crate::cell::narrow(text).chars().filter(|&letter| !crate::cell::is_blank(letter)).collect()
}

/// The days of a course as a column of its own has them: `14`, `14天`, or the wording of a course.
///
/// # Errors
///
/// As [`course_days`].
pub(crate) fn course_cell(text: &str) -> Result<u32, NoLimit> {
    let plain = plain(text);
    match number(&plain) {
        Some((days, "" | "天" | "日")) if days != 0 => Ok(days),
        Some(_) | None => course_days(text),
    }
}

/// A number as a column of limits has it: without its unit (`2次`, `14天`), or as a bound (`≤2`).
pub(crate) fn bare_number(text: &str) -> String {
    const UNITS: &[&str] = &[
        "次", "天", "日", "个", "小时", "床日", "项", "人次", "部位", "/日", "/天", "次/日",
        "次/天",
    ];
    let plain = plain(text);
    let bound = plain.trim_start_matches('≤');
    let number = bound.trim_end_matches(|c: char| !c.is_ascii_digit());
    let unit = bound.strip_prefix(number).unwrap_or("");
    if UNITS.contains(&unit) { number.to_owned() } else { bound.to_owned() }
}

/// A whole number at the beginning, and what follows.
fn number(text: &str) -> Option<(u32, &str)> {
    let tail = text.trim_start_matches(|letter: char| letter.is_ascii_digit());
    let digits = text.strip_suffix(tail)?;
    digits.parse().ok().map(|value| (value, tail))
}

fn number_at_end(text: &str) -> Option<u32> {
    let head = text.trim_end_matches(|letter: char| letter.is_ascii_digit());
    text.strip_prefix(head)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_level_holds_only_if_it_binds_every_prescription() {
        for (wording, expected) in [
            ("限二级及以上医疗机构癌症患者。", Some("2")),
            ("限三级医疗机构。", Some("3")),
            ("需三级综合医院眼科或二级及以上眼科专科医院医师处方", Some("2")),
            ("首次处方时需由二级及以上医疗机构专科医师开具处方。", None),
            ("限癌症患者。", None),
            ("限三级医疗机构，18岁以下除外", Some("3")),
            ("限二级及以下医疗机构", None),
            ("二级以下", None),
            ("限二级（含）以下", None),
            ("限二级医疗机构（含）及以下", None),
            ("限一、二级医疗机构", None),
            ("三级除外", None),
            ("限非三级医疗机构", None),
            ("限低于三级", None),
            ("限不高于二级", None),
            ("最高二级", None),
            ("限三级医院外的机构", None),
            ("限三级医疗机构，一级、二级医疗机构不得使用", None),
            ("限二/三级", None),
            ("限二～三级", None),
            ("限二级及以上医疗机构用于以下患者：重症", Some("2")),
            ("限三级医院用于18岁以下患者", Some("3")),
            ("限三级医疗机构使用、孕妇禁用", Some("3")),
            ("限二级及以上医疗机构肿瘤切除术后患者", Some("2")),
        ] {
            assert_eq!(level(wording).ok(), expected, "{wording}");
        }
    }

    #[test]
    fn visits_are_those_that_are_named() {
        let emergency = visits("限急诊或住院患者。").unwrap();
        assert_eq!(emergency, ["13", "21", "22", "23", "24", "26", "28", "52"]);
        assert_eq!(visits("补充足够营养的住院患者方予支付。").unwrap(), INPATIENT);
        assert!(visits("限门诊使用").unwrap().contains(&"11"));
        assert!(visits("门诊不予支付").is_err());
        assert!(visits("限门诊和住院").is_err());
        assert!(visits("限重症患者").is_err());
        assert_eq!(visits("限门急诊").unwrap(), OUTPATIENT);
        for wording in ["限住院及门急诊", "限非住院患者", "除住院外", "住院除外", "住院以外"]
        {
            assert!(visits(wording).is_err(), "{wording}");
        }
    }

    #[test]
    fn a_child_is_under_eighteen_unless_the_wording_says_fourteen() {
        for (class, wording, expected) in [
            ("药品儿童专用", "用于小儿急性咽炎", Some(["0", "18", "year"])),
            ("药品限儿童使用", "限14岁以下儿童", Some(["0", "14", "year"])),
            ("药品限儿童使用", "限１４周岁及以下儿童", Some(["0", "15", "year"])),
            ("药品儿童专用", "6岁以下一次半片", Some(["0", "18", "year"])),
            ("药品限新生儿使用", "", Some(["0", "29", "day"])),
            ("医疗服务项目限年龄", "限6岁以下", Some(["0", "6", "year"])),
            ("医疗服务项目限年龄", "限法定就业年龄段患者", None),
            ("Sheet1", "限法定就业年龄段患者", None),
            ("Sheet1", "", None),
            ("Sheet1 参保人年龄超出儿童年龄限制", "", Some(["0", "18", "year"])),
            ("医疗服务项目限年龄", "限12岁以上", Some(["12", "", "year"])),
            ("医疗服务项目限年龄", "限3-12岁患者", Some(["3", "13", "year"])),
            ("医疗服务项目限年龄", "限18周岁至60周岁", Some(["18", "61", "year"])),
            ("医疗服务项目限年龄", "限3岁以上14岁以下", Some(["3", "14", "year"])),
            ("医疗服务项目限年龄", "限未满18周岁", Some(["0", "18", "year"])),
            ("医疗服务项目限年龄", "限不满6岁", Some(["0", "6", "year"])),
            ("医疗服务项目限年龄", "限满18周岁", Some(["18", "", "year"])),
            ("医疗服务项目限年龄", "14岁以下（含14岁）", Some(["0", "15", "year"])),
            ("医疗服务项目限年龄", "18岁以下除外", None),
            ("医疗服务项目限年龄", "除18岁以下", None),
            ("医疗服务项目限年龄", "限3岁以下或60岁以上", None),
            ("医疗服务项目限年龄", "限不小于18周岁", None),
            ("医疗服务项目限年龄", "限年龄不低于18岁", None),
            ("医疗服务项目限年龄", "限不超过18岁、不小于3岁", None),
            ("医疗服务项目限年龄", "限大于3岁小于14岁", None),
            ("药品限儿童使用", "限不低于14岁", Some(["0", "18", "year"])),
            ("医疗服务项目限年龄", "限14岁以下（含新生儿）", Some(["0", "14", "year"])),
            ("医疗服务项目限年龄", "限14岁以下，含早产儿", Some(["0", "14", "year"])),
            ("医疗服务项目限年龄", "18岁以下（含儿童）", Some(["0", "18", "year"])),
            ("医疗服务项目限年龄", "限14岁以下（不含14岁）", Some(["0", "14", "year"])),
            ("医疗服务项目限年龄", "限18周岁以上（不含18周岁）", Some(["19", "", "year"])),
            ("医疗服务项目限年龄", "18岁以下不得使用", None),
            ("医疗服务项目限年龄", "18岁以下禁止使用", None),
            ("医疗服务项目限年龄", "不得用于18岁以下患者", None),
            ("医疗服务项目限年龄", "限未年满18周岁", None),
            ("医疗服务项目限年龄", "限18岁以下未成年人", Some(["0", "18", "year"])),
            ("医疗服务项目限年龄", "儿童除外", None),
            ("医疗服务项目限年龄", "限非儿童", None),
            ("医疗服务项目限年龄", "限新生儿以外", None),
        ] {
            let expected = expected.map(|parts| parts.map(str::to_owned));
            assert_eq!(age(class, wording).ok(), expected, "{class} {wording}");
        }
    }

    #[test]
    fn a_course_is_a_number_of_days() {
        for (wording, expected) in [
            ("限新发的急性缺血性脑卒中患者在发作72小时内开始使用，支付不超过20天。", Some(20)),
            ("总时间不超过90天，评定间隔时间不短于14天。", Some(90)),
            ("单次住院最多支付14天。", Some(14)),
            ("支付不超过一年，每周最多支付一次。", None),
            ("且支付不超过12个月", None),
            ("支付不超过4周。", Some(28)),
            ("支付不超过14天，总时间不超过90天", None),
            ("限起病不超过3天的患者", None),
            ("限起病不超过3天的患者，支付不超过14天", Some(14)),
            ("限年龄不超过2周岁", None),
            ("限轻、中度卒中患者在发作48小时内开始使用并持续不超过14天", Some(14)),
            ("限术后镇痛支付不超过3天", Some(3)),
            ("发病后使用支付不超过14天", Some(14)),
            ("限发病后不超过3天", None),
            ("限妊娠不超过12周", None),
            ("胎龄不超过34周", None),
        ] {
            assert_eq!(course_days(wording).ok(), expected, "{wording}");
        }
    }

    #[test]
    fn a_period_is_an_interval_or_a_week() {
        assert_eq!(period("两次评定间隔时间不短于14天。（人社部发〔2016〕23号）"), Some((14, 1)));
        assert_eq!(period("每周最多支付一次。"), Some((7, 1)));
        assert_eq!(period("诊疗规范：反映近2-3个月的平均血糖水平。"), None);
    }
}
