//! Reads months, reference tables and packs from their folders.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use super::decimal::parse_decimal;
use super::pack::{Grade, Pack, Rule, Status};
use super::reference::Reference;
use super::side::Month;
use super::table::{Record, Row, a_day};

/// What keeps a folder from being read, as a sentence.
pub type ReadError = String;

impl Month {
    /// Reads a month folder of CSV files.
    ///
    /// # Errors
    ///
    /// If `lines.csv` or `settlements.csv` is missing, or a file is no CSV.
    pub fn read_csv(folder: &Path) -> Result<Self, ReadError> {
        let line_columns = columns(folder, "lines")?;
        let mut unreadable = BTreeMap::new();
        Ok(Self {
            lines: needed(folder, &mut unreadable)?,
            settlements: needed(folder, &mut unreadable)?,
            encounters: records(folder, &mut unreadable)?,
            diagnoses: records(folder, &mut unreadable)?,
            persons: records(folder, &mut unreadable)?,
            trace_codes: records(folder, &mut unreadable)?,
            key_with_encounter: !line_columns.iter().any(|column| column == "bkkp_sn"),
            lines_have_trace: line_columns.iter().any(|column| column == "drug_trac_codg"),
            unreadable,
            absent: BTreeSet::new(),
        })
    }
}

impl Reference {
    /// Reads a reference folder of CSV files; a row that does not parse is passed over.
    ///
    /// # Errors
    ///
    /// If a file is no CSV.
    pub fn read_csv(folder: &Path) -> Result<Self, ReadError> {
        let mut unreadable = BTreeMap::new();
        Ok(Self {
            institutions: records(folder, &mut unreadable)?,
            catalogue: records(folder, &mut unreadable)?,
            price_limits: records(folder, &mut unreadable)?,
            selfpay: records(folder, &mut unreadable)?,
            inventory: records(folder, &mut unreadable)?,
            practitioners: records(folder, &mut unreadable)?,
            item_map: records(folder, &mut unreadable)?,
            trace_codes: records(folder, &mut unreadable)?,
        })
    }
}

impl Pack {
    /// Reads a pack folder: `tables/*.csv` and `<family>/<rule-id>.toml`.
    ///
    /// # Errors
    ///
    /// If a file cannot be read, or a rule file is no TOML or says something unknown.
    pub fn read(folder: &Path) -> Result<Self, ReadError> {
        let mut pack = Self::default();
        for path in entries(folder)? {
            let name = stem(&path);
            if !path.is_dir() || name == "values" {
                continue;
            }
            for file in entries(&path)? {
                if name == "tables" && has_ending(&file, "csv") {
                    pack.tables.insert(stem(&file), rows(&file)?);
                }
                if name != "tables" && has_ending(&file, "toml") {
                    pack.add_rule(&name, &file)?;
                }
            }
        }
        Ok(pack)
    }

    fn add_rule(&mut self, family: &str, file: &Path) -> Result<(), ReadError> {
        let id = stem(file);
        let content = fs::read_to_string(file).map_err(|error| told(file, &error))?;
        let parsed: toml::Table = content.parse().map_err(|error| told(file, &error))?;
        let rule = rule_of(&id, family, &parsed).ok_or_else(|| told(file, &"no rule"))?;
        let params = parsed.get("params").and_then(toml::Value::as_table);
        for (name, param) in params.into_iter().flatten() {
            if let Some(value) = param.get("value").and_then(number) {
                self.params.insert((id.clone(), name.clone()), value);
            }
        }
        self.rules.insert(id, rule);
        Ok(())
    }
}

fn rule_of(id: &str, family: &str, parsed: &toml::Table) -> Option<Rule> {
    let word = |key: &str| parsed.get(key).and_then(toml::Value::as_str);
    let day = |key: &str| parsed.get(key).and_then(day_of_value);
    let status = match word("status") {
        Some("draft") => Status::Draft,
        Some("shadow") => Status::Shadow,
        Some("active") | None => Status::Active,
        Some(_) => return None,
    };
    let yields_to = parsed.get("yields_to").and_then(toml::Value::as_array);
    let yields_to = yields_to.into_iter().flatten();
    Some(Rule {
        id: id.to_owned(),
        family: family.to_owned(),
        grade: word("grade").map_or(Some(Grade::Likely), Grade::parse)?,
        status,
        from: day("from"),
        until: day("until"),
        article: word("article")?.to_owned(),
        yields_to: yields_to.filter_map(|id| id.as_str().map(str::to_owned)).collect(),
    })
}

fn day_of_value(value: &toml::Value) -> Option<i64> {
    let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    a_day(&text)
}

fn number(value: &toml::Value) -> Option<i64> {
    let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    parse_decimal(&text, 6)
}

/// Reads a table that must be there.
fn needed<T: Record>(
    folder: &Path,
    unreadable: &mut BTreeMap<String, usize>,
) -> Result<Vec<T>, ReadError> {
    records(folder, unreadable)?.ok_or_else(|| format!("table is missing: {}", T::NAME))
}

/// Reads a table, `None` if the folder has no such file.
fn records<T: Record>(
    folder: &Path,
    unreadable: &mut BTreeMap<String, usize>,
) -> Result<Option<Vec<T>>, ReadError> {
    let path = folder.join(format!("{}.csv", T::NAME));
    if !path.exists() {
        return Ok(None);
    }
    let mut read = Vec::new();
    for row in rows(&path)? {
        match T::read(&row) {
            Some(record) => read.push(record),
            None => *unreadable.entry(T::NAME.to_owned()).or_default() += 1,
        }
    }
    Ok(Some(read))
}

fn columns(folder: &Path, table: &str) -> Result<Vec<String>, ReadError> {
    let path = folder.join(format!("{table}.csv"));
    let mut reader = csv::Reader::from_path(&path).map_err(|error| told(&path, &error))?;
    let header = reader.headers().map_err(|error| told(&path, &error))?;
    Ok(header.iter().map(plain_name).collect())
}

fn rows(path: &Path) -> Result<Vec<Row>, ReadError> {
    let mut reader = csv::Reader::from_path(path).map_err(|error| told(path, &error))?;
    let header = reader.headers().map_err(|error| told(path, &error))?.clone();
    let mut rows = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|error| told(path, &error))?;
        let named = header.iter().map(plain_name).zip(record.iter().map(str::to_owned));
        rows.push(named.collect());
    }
    Ok(rows)
}

/// A column name without the byte order mark that the first one may carry.
fn plain_name(name: &str) -> String {
    name.trim_start_matches('\u{feff}').to_owned()
}

fn entries(folder: &Path) -> Result<Vec<std::path::PathBuf>, ReadError> {
    let listed = fs::read_dir(folder).map_err(|error| told(folder, &error))?;
    let mut paths = Vec::new();
    for entry in listed {
        paths.push(entry.map_err(|error| told(folder, &error))?.path());
    }
    paths.sort();
    Ok(paths)
}

fn stem(path: &Path) -> String {
    path.file_stem().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

fn has_ending(path: &Path, ending: &str) -> bool {
    path.extension().is_some_and(|found| found == ending)
}

fn told(path: &Path, what: &impl std::fmt::Display) -> ReadError {
    format!("cannot read: {what} in {}", path.display())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oracle::civil::day;

    const RULE: &str = "
        title.en = \"more than the stock allows\"
        article = \"reg735/38.4\"
        grade = \"likely\"
        status = \"shadow\"
        from = 2021-05-01
        until = \"2027-01-01\"
        yields_to = [\"trace-reused\"]
        [params.tolerance]
        unit = \"share\"
        value = \"0.05\"
        [params.days]
        value = 15
    ";

    #[test]
    fn a_rule_file_reads_with_its_dates_and_numbers() {
        let folder = std::env::temp_dir().join(format!("jihe-pack-{}", std::process::id()));
        fs::create_dir_all(folder.join("stock")).unwrap();
        fs::write(folder.join("stock/sold-over-stock.toml"), RULE).unwrap();
        let pack = Pack::read(&folder).unwrap();
        fs::remove_dir_all(&folder).unwrap();

        let rule = &pack.rules["sold-over-stock"];
        assert_eq!((rule.family.as_str(), rule.article_number().as_str()), ("stock", "38"));
        assert_eq!((rule.grade, rule.status), (Grade::Likely, Status::Shadow));
        assert_eq!((rule.from, rule.until), (Some(day(2021, 5, 1)), Some(day(2027, 1, 1))));
        assert_eq!(rule.yields_to, ["trace-reused"]);
        assert_eq!(pack.param("sold-over-stock", "tolerance", 0), 50_000);
        assert_eq!(pack.param("sold-over-stock", "days", 0), 15_000_000);
        assert_eq!(pack.param("sold-over-stock", "other", 3), 3);
    }
}
