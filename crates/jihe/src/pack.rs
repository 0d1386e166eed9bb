//! A rule pack, checked.

use std::path::Path;
use std::sync::Arc;

use jihe_rules::Plan;

use crate::error::Error;

/// A rule pack that passed its check, with the packs it builds on.
#[derive(Clone, Debug)]
pub struct Pack {
    pub(crate) plan: Arc<Plan>,
}

impl Pack {
    /// Reads and checks a pack folder.
    ///
    /// # Errors
    ///
    /// All faults of the pack at once: see [`Error::diagnostics`].
    pub fn load(dir: impl AsRef<Path>) -> Result<Self, Error> {
        Ok(Self { plan: Arc::new(jihe_rules::load(dir.as_ref())?) })
    }

    /// The rules, tables and parameters.
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// Moves a parameter for every day, inside the bounds that its rule states.
    ///
    /// `value` is in the parameter's smallest unit (a whole number for days and counts).
    ///
    /// # Errors
    ///
    /// If there is no such rule or parameter, or if a pack with this value would be refused: it is out of
    /// bounds, makes bands overlap, or brings a number below 0 that has none.
    pub fn with_param(mut self, rule: &str, param: &str, value: i64) -> Result<Self, Error> {
        let found = Arc::make_mut(&mut self.plan).rules.iter_mut().find(|one| one.id == rule);
        let found = found.ok_or_else(|| Error::usage(format!("no such rule: {rule}")))?;
        let place = found.params.iter_mut().find(|one| one.name == param);
        let place =
            place.ok_or_else(|| Error::usage(format!("no such parameter of {rule}: {param}")))?;
        if value < place.min || place.max < value {
            return Err(Error::usage(format!(
                "{rule}.{param} lies within {}..={}: {value}",
                place.min, place.max
            )));
        }
        place.values.iter_mut().for_each(|dated| dated.1 = value);
        match found.value_fault() {
            Some(fault) => Err(Error::usage(fault)),
            None => Ok(self),
        }
    }
}
