//! Golden folders: the smallest tables of a rule, each row tagged, and what must come out.
//!
//! `fixtures/rules/<pack>/<family>/<rule-id>/` holds `month/`, `reference/` and perhaps `tables/` (rows
//! added to the pack's). A table of the month has two columns of its own: `tag` (`hit`, `near-miss`,
//! `exempt`, `not-in-force`, `not-evaluable`) and `why`, one clause. `findings.csv` and `refusals.csv`
//! are what must come out; [`bless`] writes them anew.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use jihe::{Engine, Format, Month, Options, Pack, Reference};

use crate::project::{names, write};
use crate::{Failure, Project, RuleName};

/// What a row may be there for.
pub const TAGS: [&str; 5] = ["hit", "near-miss", "exempt", "not-in-force", "not-evaluable"];

/// The columns of `findings.csv`, without `lines`.
pub const FINDING_COLUMNS: [&str; 13] = [
    "rule_id",
    "article",
    "sev_deg",
    "vola_bhvr_type",
    "psn_no",
    "mdtrt_id",
    "fixmedins_code",
    "vola_cont",
    "vola_cont_en",
    "vola_amt",
    "credited_amt",
    "loss_amt",
    "held_amt",
];

/// The columns of `refusals.csv`.
pub const REFUSAL_COLUMNS: [&str; 7] = [
    "bkkp_sn",
    "setl_id",
    "refused_cnt",
    "refused_amt",
    "refused_scp_amt",
    "refused_fund_amt",
    "rule_id",
];

/// Rows of a golden folder that a reader can still follow.
const MAX_ROWS: usize = 60;

/// A table of text: header and rows.
#[derive(Clone, Debug, Default)]
pub struct Sheet {
    /// Names of the columns.
    pub header: Vec<String>,
    /// Rows, each as long as the header.
    pub rows: Vec<Vec<String>>,
}

impl Sheet {
    /// Reads a CSV file.
    ///
    /// # Errors
    ///
    /// If it cannot be read or a row has another length.
    pub fn read(path: &Path) -> Result<Self, Failure> {
        let fault = |error: csv::Error| Failure::at(path, &error);
        let mut reader = csv::Reader::from_path(path).map_err(fault)?;
        let header = reader.headers().map_err(fault)?.iter().map(str::to_owned).collect();
        let mut rows = Vec::new();
        for record in reader.records() {
            rows.push(record.map_err(fault)?.iter().map(str::to_owned).collect());
        }
        Ok(Self { header, rows })
    }

    /// The place of a column.
    pub fn place(&self, column: &str) -> Option<usize> {
        self.header.iter().position(|name| name == column)
    }

    /// A cell; empty if there is no such column.
    pub fn cell<'a>(&self, row: &'a [String], column: &str) -> &'a str {
        self.place(column).and_then(|place| row.get(place)).map_or("", String::as_str)
    }

    /// The rows of some columns.
    fn columns(&self, path: &Path, wanted: &[&str]) -> Result<Vec<Vec<String>>, Failure> {
        for column in wanted {
            if self.place(column).is_none() {
                return Err(Failure::at(path, &format!("column is missing: {column}")));
            }
        }
        let pick = |row: &Vec<String>| {
            wanted.iter().map(|column| self.cell(row, column).to_owned()).collect()
        };
        Ok(self.rows.iter().map(pick).collect())
    }
}

/// What comes out of a golden folder.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Golden {
    /// The text of `findings.csv`.
    pub findings: String,
    /// The text of `refusals.csv`.
    pub refusals: String,
}

/// A row of a golden folder with its tag.
#[derive(Clone, Debug)]
pub struct Tagged {
    /// Its table.
    pub table: String,
    /// Its key: the first column.
    pub key: String,
    /// What it is there for.
    pub tag: String,
    /// Why, in one clause.
    pub why: String,
}

/// The tagged rows of a golden folder, table by table.
///
/// # Errors
///
/// If a table cannot be read.
pub fn tagged(project: &Project, rule: &RuleName) -> Result<Vec<Tagged>, Failure> {
    let mut found = Vec::new();
    for (table, sheet) in tables(project, rule)? {
        if sheet.place("tag").is_none() {
            continue;
        }
        let tagged = |row: &Vec<String>| Tagged {
            table: table.clone(),
            key: row.first().cloned().unwrap_or_default(),
            tag: sheet.cell(row, "tag").to_owned(),
            why: sheet.cell(row, "why").to_owned(),
        };
        found.extend(sheet.rows.iter().map(tagged));
    }
    Ok(found)
}

/// The tables of a golden folder's month by name, lines first.
///
/// # Errors
///
/// If a table cannot be read.
pub fn tables(project: &Project, rule: &RuleName) -> Result<Vec<(String, Sheet)>, Failure> {
    let folder = project.golden(rule).join("month");
    let mut tables = Vec::new();
    for name in names(&folder)? {
        if let Some(stem) = name.strip_suffix(".csv") {
            tables.push((stem.to_owned(), Sheet::read(&folder.join(&name))?));
        }
    }
    tables.sort_by_key(|(name, _)| (name != "lines", name.clone()));
    Ok(tables)
}

/// What is wrong with the tags of a golden folder.
///
/// # Errors
///
/// If a table cannot be read.
pub fn tag_faults(project: &Project, rule: &RuleName) -> Result<Vec<String>, Failure> {
    let mut faults = Vec::new();
    let tagged = tagged(project, rule)?;
    for row in &tagged {
        if !TAGS.contains(&row.tag.as_str()) {
            faults.push(format!("{rule}: {} {}: tag is unknown: {}", row.table, row.key, row.tag));
        }
        if row.why.is_empty() {
            faults.push(format!("{rule}: {} {}: no why", row.table, row.key));
        }
    }
    let tags: BTreeSet<&str> = tagged.iter().map(|row| row.tag.as_str()).collect();
    for wanted in ["hit", "near-miss"] {
        if !tags.contains(wanted) {
            faults.push(format!("{rule}: no row is tagged {wanted}"));
        }
    }
    let sheets = tables(project, rule)?;
    let subjects = sheets.iter().filter(|(name, _)| name == "lines" || name == "encounters");
    if MAX_ROWS < subjects.map(|(_, sheet)| sheet.rows.len()).fold(0, usize::saturating_add) {
        faults.push(format!("{rule}: more than {MAX_ROWS} rows, no reader can follow"));
    }
    Ok(faults)
}

/// Judges a golden folder with a pack in which only its rule acts.
///
/// # Errors
///
/// If the pack has faults, a table cannot be read, or a row was put aside.
pub fn judge(project: &Project, rule: &RuleName) -> Result<Golden, Failure> {
    let dir = tempfile::tempdir().map_err(|error| Failure::new(error.to_string()))?;
    let told = |error: jihe::Error| Failure::new(format!("{rule}: {error}"));
    lone_pack(project, rule, dir.path())?;
    let pack = Pack::load(dir.path()).map_err(told)?;
    let folder = project.golden(rule);
    let reference = Reference::open(folder.join("reference")).map_err(told)?;
    let engine = Engine::compile(&pack, &reference).map_err(told)?;
    let month = Month::open(folder.join("month")).map_err(told)?;
    let result = engine.score(&month, &Options::default()).map_err(told)?;
    if result.n_quarantined() != 0 {
        return Err(Failure::new(format!("{rule}: a golden row was put aside")));
    }
    let out = dir.path().join("out");
    result.write_as(&out, Format::Csv).map_err(told)?;
    let mut header = FINDING_COLUMNS.to_vec();
    header.push("lines");
    let path = out.join("refusals.csv");
    let refusals = Sheet::read(&path)?.columns(&path, &REFUSAL_COLUMNS)?;
    Ok(Golden {
        findings: text_of(&header, &findings(&out)?)?,
        refusals: text_of(&REFUSAL_COLUMNS, &refusals)?,
    })
}

/// Writes what comes out of golden folders into them; read the difference before you keep it.
///
/// # Errors
///
/// As [`judge`].
pub fn bless(project: &Project, rules: &BTreeSet<RuleName>) -> Result<Vec<RuleName>, Failure> {
    let mut changed = Vec::new();
    for rule in rules {
        let golden = judge(project, rule)?;
        let folder = project.golden(rule);
        let files = [("findings.csv", &golden.findings), ("refusals.csv", &golden.refusals)];
        for (name, text) in files {
            let path = folder.join(name);
            if fs::read_to_string(&path).unwrap_or_default() != *text {
                write(&path, text)?;
                changed.push(rule.clone());
            }
        }
    }
    changed.dedup();
    Ok(changed)
}

/// A pack in which only one rule acts, with the golden folder's own rows.
fn lone_pack(project: &Project, rule: &RuleName, dir: &Path) -> Result<(), Failure> {
    // A pack names the packs below it by a relative path: up to the root, then down again.
    let real = |path: &Path| fs::canonicalize(path).map_err(|error| Failure::at(path, &error));
    let below = real(&project.pack(&rule.pack))?;
    let n_up = real(dir)?.components().count().saturating_sub(1);
    let down = below.strip_prefix("/").unwrap_or(&below).to_string_lossy();
    let mut text = format!(
        "id = \"golden\"\ntitle.zh = \"金标准\"\ntitle.en = \"Golden\"\nfrom = 2021-05-01\nbuilds_on = [{:?}]\n\n[status]\n",
        format!("{}{down}", "../".repeat(n_up))
    );
    let mut known = false;
    for other in &project.plan(&rule.pack)?.rules {
        known |= other.id == rule.id;
        if other.id != rule.id {
            // A text takes whatever is written to it.
            let _ = writeln!(text, "{:?} = \"draft\"", other.id);
        }
    }
    if !known {
        return Err(Failure::new(format!("golden folder without a rule: {rule}")));
    }
    write(&dir.join("pack.toml"), &text)?;
    let tables = project.golden(rule).join("tables");
    if tables.is_dir() {
        for table in names(&tables)? {
            let from = tables.join(&table);
            let rows = fs::read_to_string(&from).map_err(|error| Failure::at(&from, &error))?;
            write(&dir.join("tables").join(&table), &rows)?;
        }
    }
    Ok(())
}

/// The golden findings of a result folder: fixed columns, and the lines of each with their cuts.
fn findings(out: &Path) -> Result<Vec<Vec<String>>, Failure> {
    let path = out.join("finding_lines.csv");
    let sheet = Sheet::read(&path)?;
    let mut lines: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for row in &sheet.rows {
        let key = sheet.cell(row, "bkkp_sn");
        let text = if sheet.cell(row, "vola_item_type") == "1" {
            let (cut, value) = (sheet.cell(row, "cut"), sheet.cell(row, "cut_value"));
            format!("{key} {cut} {value}")
        } else {
            format!("({key})")
        };
        let of_finding = lines.entry(sheet.cell(row, "jr_id").to_owned()).or_default();
        of_finding.push(text.trim().to_owned());
    }
    let path = out.join("findings.csv");
    let sheet = Sheet::read(&path)?;
    let rows = sheet.columns(&path, &FINDING_COLUMNS)?;
    let with_lines = rows.into_iter().zip(&sheet.rows).map(|(mut row, whole)| {
        let of_finding = lines.remove(sheet.cell(whole, "jr_id")).unwrap_or_default();
        row.push(of_finding.join("; "));
        row
    });
    Ok(with_lines.collect())
}

fn text_of(header: &[&str], rows: &[Vec<String>]) -> Result<String, Failure> {
    let told = |error: csv::Error| Failure::new(error.to_string());
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(header).map_err(told)?;
    for row in rows {
        writer.write_record(row).map_err(told)?;
    }
    let bytes = writer.into_inner().map_err(|error| Failure::new(error.to_string()))?;
    String::from_utf8(bytes).map_err(|error| Failure::new(error.to_string()))
}
