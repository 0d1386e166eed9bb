//! Where the things of a checkout are.

use std::collections::BTreeSet;
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use jihe_rules::Plan;
use jihe_rules::plan::Family;

use crate::Failure;

/// A checkout.
#[derive(Clone, Debug)]
pub struct Project {
    root: PathBuf,
}

/// A rule by its place: pack, family, id.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct RuleName {
    /// The pack's folder.
    pub pack: String,
    /// The family's folder.
    pub family: String,
    /// The stem of its file.
    pub id: String,
}

impl fmt::Display for RuleName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}", self.pack, self.family, self.id)
    }
}

impl Project {
    /// Takes the checkout at a folder.
    pub fn at(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    /// The checkout that this program was built from.
    pub fn own() -> Self {
        let here = Path::new(env!("CARGO_MANIFEST_DIR"));
        Self::at(here.parent().unwrap_or(here))
    }

    /// A path inside.
    pub fn path(&self, inner: impl AsRef<Path>) -> PathBuf {
        self.root.join(inner)
    }

    /// The folder of a pack.
    pub fn pack(&self, pack: &str) -> PathBuf {
        self.path("rules").join(pack)
    }

    /// A rule's golden folder.
    pub fn golden(&self, rule: &RuleName) -> PathBuf {
        self.path("fixtures/rules").join(&rule.pack).join(&rule.family).join(&rule.id)
    }

    /// A rule's file, from the root on.
    pub fn rule_file(rule: &RuleName) -> String {
        format!("rules/{rule}.toml")
    }

    /// The packs, by name of their folders.
    ///
    /// # Errors
    ///
    /// If the folder of packs cannot be read.
    pub fn packs(&self) -> Result<BTreeSet<String>, Failure> {
        let mut packs = names(&self.path("rules"))?;
        packs.retain(|name| self.pack(name).join("pack.toml").is_file());
        Ok(packs)
    }

    /// Every rule file of every pack.
    ///
    /// # Errors
    ///
    /// If a folder cannot be read.
    pub fn rules(&self) -> Result<BTreeSet<RuleName>, Failure> {
        let mut rules = BTreeSet::new();
        for pack in self.packs()? {
            for family in Family::ALL.map(Family::word) {
                let folder = self.pack(&pack).join(family);
                if !folder.is_dir() {
                    continue;
                }
                let stems = names(&folder)?
                    .into_iter()
                    .filter_map(|name| name.strip_suffix(".toml").map(str::to_owned));
                rules.extend(stems.map(|id| RuleName {
                    pack: pack.clone(),
                    family: family.to_owned(),
                    id,
                }));
            }
        }
        Ok(rules)
    }

    /// Every golden folder.
    ///
    /// # Errors
    ///
    /// If a folder cannot be read.
    pub fn goldens(&self) -> Result<BTreeSet<RuleName>, Failure> {
        let top = self.path("fixtures/rules");
        let mut found = BTreeSet::new();
        for pack in names(&top)? {
            for family in names(&top.join(&pack))? {
                for id in names(&top.join(&pack).join(&family))? {
                    let (pack, family) = (pack.clone(), family.clone());
                    found.insert(RuleName { pack, family, id });
                }
            }
        }
        Ok(found)
    }

    /// What a pack says, lower packs included.
    ///
    /// # Errors
    ///
    /// All faults of the pack.
    pub fn plan(&self, pack: &str) -> Result<Plan, Failure> {
        jihe_rules::load(&self.pack(pack)).map_err(|faults| Failure::new(faults.to_string()))
    }

    /// The text of a file inside.
    ///
    /// # Errors
    ///
    /// If it cannot be read.
    pub fn text(&self, inner: impl AsRef<Path>) -> Result<String, Failure> {
        let path = self.path(inner);
        fs::read_to_string(&path).map_err(|error| Failure::at(&path, &error))
    }
}

/// The names in a folder but hidden ones.
pub(crate) fn names(folder: &Path) -> Result<BTreeSet<String>, Failure> {
    let entries = fs::read_dir(folder).map_err(|error| Failure::at(folder, &error))?;
    let mut found = BTreeSet::new();
    for entry in entries {
        let entry = entry.map_err(|error| Failure::at(folder, &error))?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if !name.starts_with('.') {
            found.insert(name);
        }
    }
    Ok(found)
}

/// Writes a text to a file; makes its folders.
pub(crate) fn write(path: &Path, text: &str) -> Result<(), Failure> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(|error| Failure::at(folder, &error))?;
    }
    fs::write(path, text).map_err(|error| Failure::at(path, &error))
}
