//! A pack and the packs below it, each read whole.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use jihe_catalogue::TableSpec;
use jihe_terms::Day;
use rayon::prelude::*;

use crate::check::nearest::suggestion;
use crate::check::specs;
use crate::diagnostic::{Severity, UNREADABLE};
use crate::parse::folder::{Folder, MAX_TABLE, MAX_TOML};
use crate::parse::pack_file::{PackFile, pack_file, sources_file};
use crate::parse::rule_file::{RuleFile, rule_file};
use crate::parse::sink::{Context, Fault, Sink};
use crate::parse::source::{At, SourceFile, Spot};
use crate::parse::table_file::{TableFile, table_file};
use crate::plan::Family;

/// Packs below one another.
const MAX_LAYERS: usize = 8;
/// Rules of a pack with all that it builds on: findings number them in 16 bits.
pub(crate) const MAX_RULES: usize = 65_535;

/// One pack as written.
#[derive(Debug)]
pub(crate) struct Layer {
    pub(crate) file: Arc<SourceFile>,
    pub(crate) pack: PackFile,
    pub(crate) sources: BTreeMap<String, String>,
    /// When each article was last read.
    pub(crate) checked: Vec<(String, At<Day>)>,
    pub(crate) sources_file: Option<Arc<SourceFile>>,
    /// Rules that could be read.
    pub(crate) rules: Vec<RuleFile>,
    /// Ids of all rule files, also of those that could not be read.
    pub(crate) ids: BTreeSet<String>,
    pub(crate) tables: Vec<TableFile>,
    pub(crate) digests: Vec<(String, String)>,
}

/// Reads a pack and those below it, lowest first; each pack once.
///
/// Returns `None` if one of them cannot be read at all: what the others name may stand in it.
pub(crate) fn layers(dir: &Path, sink: &Sink) -> Option<Vec<Layer>> {
    let mut opened = Opened {
        sink,
        stack: Vec::new(),
        done: BTreeSet::new(),
        layers: Vec::new(),
        lacks_one: false,
    };
    opened.open(dir, None);
    same_ids(&opened.layers, sink);
    (!opened.lacks_one).then_some(opened.layers)
}

pub(crate) fn too_many_rules() -> Fault {
    Fault::new("too-large", format!("more than {MAX_RULES} rules"))
        .why("a pack must stay checkable")
        .todo("put lists into tables")
}

/// Reports packs with the id of a pack below them: files and digests are keyed by it.
fn same_ids(layers: &[Layer], sink: &Sink) {
    let mut known: BTreeMap<&str, &Layer> = BTreeMap::new();
    for layer in layers.iter().filter(|layer| !layer.pack.id.is_empty()) {
        let id = layer.pack.id.as_str();
        if let Some(below) = known.get(id) {
            let what = format!("another pack has this id: {id}, {}", below.file.shown);
            let fault = Fault::new("duplicate-pack", what)
                .why("results name files and rows by the id of their pack, and could not tell the two apart")
                .todo("give the upper pack an id of its own, like that of its city");
            Context { file: &layer.file, sink }.error(layer.pack.id_spot, fault);
        } else {
            known.insert(id, layer);
        }
    }
}

struct Opened<'a> {
    sink: &'a Sink,
    stack: Vec<PathBuf>,
    done: BTreeSet<PathBuf>,
    layers: Vec<Layer>,
    lacks_one: bool,
}

impl Opened<'_> {
    /// Opens one pack; `asked` is where another pack names it.
    fn open(&mut self, dir: &Path, asked: Option<(Context<'_>, Spot)>) {
        let folder = Folder { dir, sink: self.sink };
        let mut report = |fault: Fault| {
            self.lacks_one = true;
            match asked {
                Some((context, spot)) => context.error(spot, fault),
                None => folder.sink.whole_file(Severity::Error, &folder.shown(""), fault),
            }
        };
        let real = match std::fs::canonicalize(dir) {
            Ok(real) if real.is_dir() => real,
            _ => {
                let what = format!("pack folder is missing: {}", dir.display());
                return report(
                    Fault::new(UNREADABLE, what)
                        .why("a pack is a folder with pack.toml")
                        .todo("check the path; builds_on is relative to the pack"),
                );
            }
        };
        if self.stack.contains(&real) {
            return report(
                Fault::new("pack-cycle", "packs build on each other in a circle")
                    .why("a pack stands on lower ones")
                    .todo("remove one builds_on"),
            );
        }
        if MAX_LAYERS <= self.stack.len() {
            return report(
                Fault::new("too-deep", format!("more than {MAX_LAYERS} packs on each other"))
                    .why("nobody can follow more layers")
                    .todo("join packs"),
            );
        }
        if !self.done.insert(real.clone()) {
            return;
        }
        self.stack.push(real);
        match self.layer(folder) {
            Some(layer) => self.layers.push(layer),
            None => self.lacks_one = true,
        }
        self.stack.pop();
    }

    fn layer(&mut self, folder: Folder<'_>) -> Option<Layer> {
        let (file, digest) = folder.read("pack.toml", MAX_TOML)?;
        let file = Arc::new(file);
        let context = Context { file: &file, sink: self.sink };
        let pack = pack_file(context);
        self.lacks_one |= pack.is_none();
        let pack = pack.unwrap_or_default();
        for below in &pack.builds_on {
            let path = Path::new(&below.value);
            if path.is_relative() {
                self.open(&joined(folder.dir, path), Some((context, below.spot)));
            } else {
                let fault = Fault::new("bad-value", "builds_on is an absolute path")
                    .why("packs move together from machine to machine")
                    .todo("write a path relative to this pack: \"../national\"");
                context.error(below.spot, fault);
                self.lacks_one = true;
            }
        }
        let digests = vec![("pack.toml".to_owned(), digest)];
        let mut layer = Layer {
            file: Arc::clone(&file),
            pack,
            sources: BTreeMap::new(),
            checked: Vec::new(),
            sources_file: None,
            rules: Vec::new(),
            ids: BTreeSet::new(),
            tables: Vec::new(),
            digests,
        };
        layer.fill(folder);
        let id = layer.pack.id.clone();
        for (name, _) in &mut layer.digests {
            *name = format!("{id}/{name}");
        }
        Some(layer)
    }
}

/// `dir/path` with `x/..` taken out, so that messages are short; not where `x` is a link, as the system goes
/// up from where a link leads to.
fn joined(dir: &Path, path: &Path) -> PathBuf {
    // Without a mark at its end, which would be read as what the link leads to.
    let mut whole: PathBuf = dir.components().collect();
    for part in path.components() {
        let last_is_name = matches!(whole.components().next_back(), Some(Component::Normal(_)));
        match part {
            Component::ParentDir if last_is_name && !whole.is_symlink() => {
                whole.pop();
            }
            Component::CurDir => {}
            Component::ParentDir
            | Component::Normal(_)
            | Component::RootDir
            | Component::Prefix(_) => whole.push(part),
        }
    }
    if whole.as_os_str().is_empty() { PathBuf::from(".") } else { whole }
}

impl Layer {
    fn fill(&mut self, folder: Folder<'_>) {
        for entry in folder.names("") {
            let name = entry.name.as_str();
            let family = Family::ALL.into_iter().find(|family| family.word() == name);
            match (entry.is_folder, family) {
                (true, Some(family)) => self.family(folder, family),
                (true, None) if name == "tables" => self.tables(folder),
                // Prices and catalogue of the place, put there by an import: a month's reference.
                (true, None) if name == REFERENCE => reference(folder),
                (false, _) if name == "pack.toml" => {}
                (false, _) if name == "sources.toml" => {
                    if let Some((file, digest)) = folder.read(name, MAX_TOML) {
                        self.digests.push((name.to_owned(), digest));
                        let read = sources_file(Context { file: &file, sink: folder.sink });
                        (self.sources, self.checked) = read;
                        self.sources_file = Some(Arc::new(file));
                    }
                }
                _ => stray(folder, name, &known_entries()),
            }
        }
    }

    fn family(&mut self, folder: Folder<'_>, family: Family) {
        for entry in folder.names(family.word()) {
            let inner = format!("{}/{}", family.word(), entry.name);
            let stem = entry.name.strip_suffix(".toml").filter(|_| !entry.is_folder);
            let Some(id) = stem else {
                stray(folder, &inner, &["<rule-id>.toml"]);
                continue;
            };
            if MAX_RULES <= self.ids.len() {
                folder.sink.whole_file(Severity::Error, &folder.shown(&inner), too_many_rules());
                return;
            }
            let is_twice = !self.ids.insert(id.to_owned());
            let Some((file, digest)) = folder.read(&inner, MAX_TOML) else { continue };
            self.digests.push((inner, digest));
            let file = Arc::new(file);
            let context = Context { file: &file, sink: folder.sink };
            let good = id
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
            if !good || id.is_empty() {
                let fault = Fault::new("bad-name", "file name is no rule id")
                    .why("the file names the rule, and results carry the name")
                    .todo("use small letters, digits and -");
                context.error(Spot::default(), fault);
            }
            if is_twice {
                duplicate_rule(context, id);
                continue;
            }
            self.rules.extend(rule_file(context, &file, id, family));
        }
    }

    fn tables(&mut self, folder: Folder<'_>) {
        let known = specs::names();
        let mut found = Vec::new();
        for entry in folder.names("tables") {
            let inner = format!("tables/{}", entry.name);
            let stem = entry.name.strip_suffix(".csv").filter(|_| !entry.is_folder);
            let Some(name) = stem else {
                stray(folder, &inner, &["<table>.csv"]);
                continue;
            };
            let Some(spec) = specs::spec(name) else {
                let fault = Fault::new("unknown-table", format!("table is unknown: {name}"))
                    .why("no rule could name it")
                    .todo(suggestion(name, &known));
                folder.sink.whole_file(Severity::Error, &folder.shown(&inner), fault);
                continue;
            };
            found.push((inner, spec));
        }
        // Side by side, each with a sink of its own: faults come in the order of the names.
        let dir = folder.dir;
        let read = |(inner, spec): (String, TableSpec)| {
            let sink = Sink::default();
            let read = Folder { dir, sink: &sink }.read(&inner, MAX_TABLE);
            let table = read.map(|(file, digest)| {
                let file = Arc::new(file);
                let context = Context { file: &file, sink: &sink };
                (table_file(context, &file, spec), (inner, digest))
            });
            (table, sink)
        };
        let read: Vec<_> = found.into_par_iter().with_max_len(1).map(read).collect();
        for (table, sink) in read {
            folder.sink.append(sink);
            if let Some((table, digest)) = table {
                self.digests.push(digest);
                self.tables.push(table);
            }
        }
    }
}

fn known_entries() -> Vec<&'static str> {
    let families = Family::ALL.into_iter().map(Family::word);
    ["pack.toml", "sources.toml", "tables"].into_iter().chain(families).collect()
}

/// The folder of a pack for tables of the reference.
const REFERENCE: &str = "reference";

/// Says how the tables of the reference come to be read.
fn reference(folder: Folder<'_>) {
    let fault = Fault::new("reference-folder", "tables of the reference are not part of the pack")
        .why("a month is scored with one folder of reference tables, whatever the pack")
        .todo(
            "give this folder to score as --reference, or put its tables beside the others there",
        );
    folder.sink.whole_file(Severity::Note, &folder.shown(REFERENCE), fault);
}

fn stray(folder: Folder<'_>, inner: &str, known: &[&str]) {
    let name = inner.rsplit('/').next().unwrap_or(inner);
    let fault = Fault::new("unknown-file", "file or folder does not belong to a pack")
        .why("what nobody reads would be forgotten in silence")
        .todo(suggestion(name, known));
    folder.sink.whole_file(Severity::Error, &folder.shown(inner), fault);
}

/// Reports a rule whose id another file has.
pub(crate) fn duplicate_rule(context: Context<'_>, id: &str) {
    let fault = Fault::new("duplicate-rule", format!("rule is already there: {id}"))
        .why("an id names one rule, over all families and packs")
        .todo("give it another name; to change a lower pack's rule, move its parameters or status");
    context.error(Spot::default(), fault);
}
