//! How sure a finding is, whether a rule acts, and the article it stands under.

use std::fmt;

/// How sure a finding is (`sev_deg`).
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Grade {
    /// 1: refuses by itself.
    Definite,
    /// 2: holds.
    Likely,
    /// 3: holds.
    Possible,
    /// A figure to look at; carries no money.
    Indicator,
}

impl Grade {
    /// Reads the word used in rule files.
    pub fn from_word(word: &str) -> Option<Self> {
        match word {
            "definite" => Some(Self::Definite),
            "likely" => Some(Self::Likely),
            "possible" => Some(Self::Possible),
            "indicator" => Some(Self::Indicator),
            _ => None,
        }
    }

    /// The word used in rule files.
    pub fn word(self) -> &'static str {
        match self {
            Self::Definite => "definite",
            Self::Likely => "likely",
            Self::Possible => "possible",
            Self::Indicator => "indicator",
        }
    }

    /// The platform's code `sev_deg`; 4 is ours for an indicator.
    pub fn sev_deg(self) -> &'static str {
        match self {
            Self::Definite => "1",
            Self::Likely => "2",
            Self::Possible => "3",
            Self::Indicator => "4",
        }
    }
}

/// Whether a rule acts.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Status {
    /// Checked, never run.
    Draft,
    /// Reports, refuses and holds nothing.
    Shadow,
    /// Acts.
    Active,
}

impl Status {
    /// Reads the word used in rule files.
    pub fn from_word(word: &str) -> Option<Self> {
        match word {
            "draft" => Some(Self::Draft),
            "shadow" => Some(Self::Shadow),
            "active" => Some(Self::Active),
            _ => None,
        }
    }

    /// The word used in rule files.
    pub fn word(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Shadow => "shadow",
            Self::Active => "active",
        }
    }
}

/// An article of a source, as `reg735/38.3`: source, article, item.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Article(String);

/// The source that is the regulation.
const REGULATION: &str = "reg735";

impl Article {
    /// Takes a key of the shape `source/article` or `source/article.item`.
    ///
    /// Returns `None` for any other shape.
    pub fn new(key: &str) -> Option<Self> {
        let (source, place) = key.split_once('/')?;
        let word = |text: &str| {
            !text.is_empty()
                && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._".contains(&byte))
        };
        (word(source) && word(place)).then(|| Self(key.to_owned()))
    }

    /// The whole key.
    pub fn key(&self) -> &str {
        &self.0
    }

    /// The number of an article of the regulation (State Council Order 735) without its item: 38 of
    /// `reg735/38.3`.
    ///
    /// Returns `None` for any other source, and where the place does not begin with a number.
    pub fn of_regulation(&self) -> Option<u32> {
        let (source, place) = self.0.split_once('/')?;
        (source == REGULATION).then(|| place.split('.').next()?.parse().ok()).flatten()
    }

    /// Whether it is the article of the regulation on persons: they are fined, not institutions.
    pub fn is_of_persons(&self) -> bool {
        self.of_regulation() == Some(41)
    }
}

impl fmt::Display for Article {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
