//! The known name that was perhaps meant.

/// Says which known name is near, or lists all.
pub(crate) fn suggestion(name: &str, known: &[&str]) -> String {
    match nearest(name, known) {
        Some(near) => format!("did you mean {near}?"),
        None if known.is_empty() => "remove it".to_owned(),
        None => format!("use one of: {}", known.join(", ")),
    }
}

/// The nearest known name, if it is near enough.
pub(crate) fn nearest<'a>(name: &str, known: &[&'a str]) -> Option<&'a str> {
    if 80 < name.len() {
        return None;
    }
    let most = name.chars().count().div_ceil(3).max(1);
    let ranked = known.iter().map(|&other| (distance(name, other), other));
    ranked.min().filter(|&(steps, _)| steps <= most).map(|(_, other)| other)
}

/// Letters to add, drop or change.
fn distance(left: &str, right: &str) -> usize {
    let right: Vec<char> = right.chars().collect();
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (n_left, letter) in left.chars().enumerate() {
        let mut diagonal = n_left;
        let mut before = n_left.saturating_add(1);
        if let Some(first) = row.first_mut() {
            *first = before;
        }
        for (cell, other) in row.iter_mut().skip(1).zip(&right) {
            let change = diagonal.saturating_add(usize::from(letter != *other));
            diagonal = *cell;
            before = change.min(before.saturating_add(1)).min(cell.saturating_add(1));
            *cell = before;
        }
    }
    row.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_of_the_pen_finds_its_name() {
        let known = ["hilist_code", "gend", "cnt", "pric"];
        for (name, near) in
            [("gendr", Some("gend")), ("hilistcode", Some("hilist_code")), ("zzzzzz", None)]
        {
            assert_eq!(nearest(name, &known), near, "{name}");
        }
        assert_eq!(distance("kitten", "sitting"), 3);
    }
}
