//! The only place that opens files: reads a pack's folders and texts, within limits.

use std::fs;
use std::path::Path;

use crate::diagnostic::{Severity, UNREADABLE};
use crate::parse::sink::{Fault, Sink};
use crate::parse::source::SourceFile;

/// Bytes of a TOML file.
pub(crate) const MAX_TOML: u64 = 1024 * 1024;
/// Bytes of a table.
pub(crate) const MAX_TABLE: u64 = 64 * 1024 * 1024;

/// A pack's folder.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Folder<'a> {
    pub(crate) dir: &'a Path,
    pub(crate) sink: &'a Sink,
}

/// A name in a folder.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) struct Name {
    pub(crate) name: String,
    pub(crate) is_folder: bool,
}

impl Folder<'_> {
    /// The name of a file inside in messages.
    pub(crate) fn shown(self, inner: &str) -> String {
        let mut shown = self.dir.display().to_string();
        if !inner.is_empty() {
            if !shown.ends_with('/') {
                shown.push('/');
            }
            shown.push_str(inner);
        }
        shown
    }

    fn unreadable(self, inner: &str, why: &std::io::Error) {
        let fault = Fault::new(UNREADABLE, format!("cannot be read: {why}"))
            .why("a pack is a folder with pack.toml")
            .todo("check the path and its permissions");
        self.sink.whole_file(Severity::Error, &self.shown(inner), fault);
    }

    /// Names in a folder, sorted; hidden files, Markdown and plain text are passed over.
    pub(crate) fn names(self, inner: &str) -> Vec<Name> {
        let listed = fs::read_dir(self.dir.join(inner)).and_then(|entries| {
            entries
                .map(|entry| {
                    let entry = entry?;
                    let is_folder = fs::metadata(entry.path())?.is_dir();
                    Ok(Name { name: entry.file_name().to_string_lossy().into_owned(), is_folder })
                })
                .collect::<Result<Vec<_>, std::io::Error>>()
        });
        match listed {
            Ok(mut names) => {
                names.retain(|it| !it.name.starts_with('.') && !is_prose(&it.name));
                names.sort();
                names
            }
            Err(why) => {
                self.unreadable(inner, &why);
                Vec::new()
            }
        }
    }

    /// A text file of at most `limit` bytes, without a byte order mark, and its BLAKE3.
    pub(crate) fn read(self, inner: &str, limit: u64) -> Option<(SourceFile, String)> {
        let path = self.dir.join(inner);
        let bytes = match fs::metadata(&path) {
            Ok(found) if found.is_file() && found.len() <= limit => fs::read(&path),
            Ok(found) if found.is_file() => {
                let fault = Fault::new("too-long", format!("file is too long: {}", found.len()))
                    .why(format!("files of this kind have at most {limit} bytes"))
                    .todo("split it, or move long lists to tables");
                self.sink.whole_file(Severity::Error, &self.shown(inner), fault);
                return None;
            }
            Ok(_) => Err(std::io::Error::other("not a file")),
            Err(why) => Err(why),
        };
        let bytes = match bytes {
            Ok(bytes) => bytes,
            Err(why) => {
                self.unreadable(inner, &why);
                return None;
            }
        };
        let digest = blake3::hash(&bytes).to_hex().to_string();
        match String::from_utf8(bytes) {
            Ok(text) => {
                let plain = text.trim_start_matches('\u{feff}');
                let text = if plain.len() < text.len() { plain.to_owned() } else { text };
                Some((SourceFile::new(self.shown(inner), inner.to_owned(), text), digest))
            }
            Err(why) => {
                let place = why.utf8_error().valid_up_to();
                let fault = Fault::new("not-utf8", format!("not UTF-8 from byte {place} on"))
                    .why("pack files are UTF-8")
                    .todo("save the file as UTF-8");
                self.sink.whole_file(Severity::Error, &self.shown(inner), fault);
                None
            }
        }
    }
}

fn is_prose(name: &str) -> bool {
    let extension = Path::new(name).extension();
    extension.is_some_and(|it| it.eq_ignore_ascii_case("md") || it.eq_ignore_ascii_case("txt"))
}
