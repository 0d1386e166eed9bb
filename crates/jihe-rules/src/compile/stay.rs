//! Encounters in sequence.

use jihe_terms::Grade;

use crate::check::nearest::suggestion;
use crate::check::params::value_on;
use crate::compile::{Compiled, Compiler};
use crate::parse::question::{Asked, Question, RawBand};
use crate::parse::rule_file::GRADES;
use crate::parse::sink::Fault;
use crate::parse::source::Spot;
use crate::plan::{Band, Shape};

impl Compiler<'_> {
    pub(crate) fn stay(&self, question: &Question) -> Option<Compiled> {
        let Asked::Test { word: Some(word), bands } = &question.asked else { return None };
        if let Some(first) = bands.as_ref().and_then(|bands| bands.first())
            && word.value != "split"
        {
            let fault = Fault::new("conflict", "only the test split has bands")
                .why("other tests measure no gap")
                .todo("remove bands");
            self.context.error(first.upto.spot, fault);
        }
        let shape = match word.value.as_str() {
            "split" => {
                let bands = bands.as_deref().unwrap_or(&[]);
                Shape::SplitStay { bands: self.bands(bands, word.spot)? }
            }
            "overlap" => Shape::OverlapStay,
            "visit-during" => Shape::VisitDuringStay,
            _ => return self.unknown_test(word, &["split", "overlap", "visit-during"]),
        };
        Some(Compiled { shape, row: None })
    }

    fn bands(&self, raw: &[RawBand], spot: Spot) -> Option<Vec<Band>> {
        if raw.is_empty() {
            let fault = Fault::new("missing-key", "key is missing: stay.bands")
                .why("the last band closes the window")
                .todo("add bands = [{ upto = \"window_days\", grade = \"possible\" }]");
            self.context.error(spot, fault);
            return None;
        }
        let read: Vec<_> = raw.iter().map(|band| self.band(band)).collect();
        let bands: Vec<Band> = read.into_iter().collect::<Option<_>>()?;
        for (raw, pair) in raw.iter().skip(1).zip(bands.windows(2)) {
            if let [lower, upper] = pair {
                self.ascending(raw, lower.upto, upper.upto);
            }
        }
        Some(bands)
    }

    fn band(&self, raw: &RawBand) -> Option<Band> {
        let upto = self.param(&raw.upto.value, "day", raw.upto.spot);
        let grade = Grade::from_word(&raw.grade.value);
        if grade.is_none() {
            let shown: String = raw.grade.value.chars().take(60).collect();
            let fault = Fault::new("bad-value", format!("grade is unknown: {shown}"))
                .why(format!("grade is one of: {}", GRADES.join(", ")))
                .todo(suggestion(&raw.grade.value, GRADES));
            self.context.error(raw.grade.spot, fault);
        }
        Some(Band { upto: upto?, grade: grade? })
    }

    /// Reports bands that overlap on some day.
    fn ascending(&self, raw: &RawBand, lower: usize, upper: usize) {
        let (Some(low), Some(high)) = (self.params.get(lower), self.params.get(upper)) else {
            return;
        };
        let begins = low.values.iter().chain(&high.values).map(|(range, _)| range.from());
        for day in begins {
            let (Some(below), Some(above)) = (value_on(low, day), value_on(high, day)) else {
                continue;
            };
            if above <= below {
                let what = format!(
                    "bands overlap: {} is {above}, {} before it is {below}",
                    high.name, low.name
                );
                let fault = Fault::new("overlap", what)
                    .why("each gap has one grade, so that bands ascend")
                    .todo(format!(
                        "keep {} above {}, also where a pack moves them",
                        high.name, low.name
                    ));
                return self.context.error(raw.upto.spot, fault);
            }
        }
    }
}
