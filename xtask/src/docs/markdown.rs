//! Pieces of Markdown.

/// A table; no text for no rows.
pub(super) fn table(header: &[&str], rows: &[Vec<String>]) -> String {
    if rows.is_empty() {
        return String::new();
    }
    let mut text = row(header.iter().map(|cell| (*cell).to_owned()));
    text.push_str(&row(header.iter().map(|_| "---".to_owned())));
    for cells in rows {
        text.push_str(&row(cells.iter().map(|cell| cell.replace('|', "\\|"))));
    }
    text
}

fn row(cells: impl Iterator<Item = String>) -> String {
    let mut text = "|".to_owned();
    for cell in cells {
        if !cell.trim().is_empty() {
            text.push(' ');
            text.push_str(cell.trim());
        }
        text.push_str(" |");
    }
    text.push('\n');
    text
}

/// Text as code; nothing for nothing.
pub(super) fn code(text: &str) -> String {
    if text.is_empty() { String::new() } else { format!("`{text}`") }
}

/// Both languages beside each other; one text for both stands alone.
pub(super) fn both(zh: &str, en: &str) -> String {
    if zh == en { zh.to_owned() } else { format!("{zh} · {en}") }
}

/// Both languages as two paragraphs.
pub(super) fn paragraphs(zh: &str, en: &str) -> String {
    if zh == en { format!("{en}\n") } else { format!("{zh}\n\n{en}\n") }
}
