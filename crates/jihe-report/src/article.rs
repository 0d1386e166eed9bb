//! Articles as they are cited in documents: 第三十八条第（三）项.

use jihe_rules::plan::Plan;
use jihe_terms::Article;

/// Cites an article in Chinese: the title that the pack's sources give it, else the title of its
/// source (or its key) with number and item.
pub(crate) fn cite(plan: &Plan, article: &Article) -> String {
    if let Some(title) = plan.sources.get(article.key()) {
        return undated(title).to_owned();
    }
    let (source, place) = article.key().split_once('/').unwrap_or((article.key(), ""));
    let title = plan.sources.get(source).map_or(source, |title| undated(title));
    format!("{title}{}", place_text(place))
}

/// The day on which the pack's author last read the source, as its title carries it.
pub(crate) fn checked_on(plan: &Plan, article: &Article) -> Option<String> {
    let title = plan.sources.get(article.key())?;
    let day = title.strip_prefix(undated(title))?;
    let day = day.trim_start().trim_start_matches('(').trim_end_matches(')');
    (!day.is_empty()).then(|| day.to_owned())
}

/// A title without its ` (yyyy-MM-dd)`.
fn undated(title: &str) -> &str {
    let bare = title.strip_suffix(')').and_then(|title| title.rsplit_once(" ("));
    match bare {
        Some((bare, day)) if jihe_terms::Day::parse(day).is_ok() => bare,
        Some(_) | None => title,
    }
}

/// `38.3` as 第三十八条第（三）项; a place that is no number stays as it is.
fn place_text(place: &str) -> String {
    let (number, item) = place.split_once('.').unwrap_or((place, ""));
    let Ok(number) = number.parse::<u32>() else {
        return if place.is_empty() { String::new() } else { format!("（{place}）") };
    };
    let item = match item.parse::<u32>() {
        Ok(item) => format!("第（{}）项", numeral(item)),
        Err(_) if item.is_empty() => String::new(),
        Err(_) => format!("（{item}）"),
    };
    format!("第{}条{item}", numeral(number))
}

/// Chinese numerals below one thousand; digits above.
fn numeral(number: u32) -> String {
    const DIGITS: [&str; 10] = ["零", "一", "二", "三", "四", "五", "六", "七", "八", "九"];
    let digit = |digit: u32| {
        usize::try_from(digit).ok().and_then(|at| DIGITS.get(at)).copied().unwrap_or("")
    };
    let (hundreds, tens, ones) =
        (number.div_euclid(100), number.div_euclid(10).rem_euclid(10), number.rem_euclid(10));
    if 9 < hundreds {
        return number.to_string();
    }
    let mut text = String::new();
    if 0 < hundreds {
        text.push_str(digit(hundreds));
        text.push('百');
    }
    match (tens, ones) {
        (0, 0) => {}
        (0, _) if 0 < hundreds => text.push('零'),
        (0, _) => {}
        (1, _) if hundreds == 0 => text.push('十'),
        _ => {
            text.push_str(digit(tens));
            text.push('十');
        }
    }
    if 0 < ones {
        text.push_str(digit(ones));
    }
    if text.is_empty() { "零".to_owned() } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_is_cited_without_the_day_it_was_read() {
        for (title, bare) in [
            ("条例 第三十八条第三项 (2026-11-01)", "条例 第三十八条第三项"),
            ("条例 (试行)", "条例 (试行)"),
            ("条例", "条例"),
        ] {
            assert_eq!(undated(title), bare);
        }
    }

    #[test]
    fn articles_are_cited_in_chinese_numerals() {
        for (place, cited) in [
            ("38.3", "第三十八条第（三）项"),
            ("40", "第四十条"),
            ("10", "第十条"),
            ("12.1", "第十二条第（一）项"),
            ("105", "第一百零五条"),
            ("110", "第一百一十条"),
            ("38.a", "第三十八条（a）"),
            ("T03", "（T03）"),
        ] {
            assert_eq!(place_text(place), cited);
        }
    }
}
