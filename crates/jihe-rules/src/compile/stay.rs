//! Encounters in sequence.

use jihe_terms::Grade;

use crate::check::names::Subject;
use crate::check::nearest::suggestion;
use crate::check::typing::Wanted;
use crate::check::values::overlap;
use crate::compile::{Compiled, Compiler};
use crate::parse::question::{Asked, Question, RawBand, RawSum};
use crate::parse::rule_file::{GRADES, RuleFile};
use crate::parse::sink::Fault;
use crate::parse::source::{Spot, Text};
use crate::plan::{Band, Shape, StaySum};

/// The words of the family.
const TESTS: [&str; 7] =
    ["split", "overlap", "visit-during", "sums", "empty-bed", "beds", "two-places"];

/// The names of the sums or counts of a rule, with their decimals.
pub(crate) fn sum_names(rule: &RuleFile) -> Vec<(String, u32)> {
    match rule.question.as_ref().map(|question| &question.asked) {
        Some(Asked::StaySums { sums, .. } | Asked::Conditions { counts: sums, .. }) => {
            sums.iter().map(|sum| (sum.name.value.clone(), sum.of.scale())).collect()
        }
        _ => Vec::new(),
    }
}

impl Compiler<'_> {
    pub(crate) fn stay(&self, question: &Question) -> Option<Compiled> {
        if let Asked::StaySums { sums, hit, cut } = &question.asked {
            return self.sums(sums, hit.as_ref()?, cut.as_ref());
        }
        if let Asked::EmptyBed { bed, care } = &question.asked {
            return self.empty_bed(bed.as_ref(), care.as_ref(), question.spot);
        }
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
            "beds" => Shape::Beds { tolerance: self.param("tolerance", "ratio", word.spot)? },
            "two-places" => {
                Shape::TwoPlaces { minutes: self.param("minutes", "minute", word.spot)? }
            }
            _ => return self.unknown_test(word, &TESTS),
        };
        Some(Compiled { shape, row: None })
    }

    fn sums(&self, raw: &[RawSum], hit: &Text, cut: Option<&Text>) -> Option<Compiled> {
        let sum = |raw: &RawSum| {
            let when = self.expr(&raw.when, Subject::Line, None, Wanted::Bool)?;
            Some(StaySum { name: raw.name.value.clone(), of: raw.of, when })
        };
        let sums: Vec<Option<StaySum>> = raw.iter().map(sum).collect();
        let hit = self.expr(hit, Subject::Stay, None, Wanted::Bool);
        let sums: Option<Vec<StaySum>> = sums.into_iter().collect();
        let cuts = match cut.map(|cut| cut.value.as_str()) {
            None | Some("whole") => true,
            Some("none") => false,
            Some(_) => {
                let fault = Fault::new("bad-value", "a stay is cut whole or not at all")
                    .why("a test of a stay does not tell its lines apart")
                    .todo("write cut = \"whole\" or cut = \"none\"");
                self.context.error(cut.map_or_else(Spot::default, |cut| cut.spot), fault);
                return None;
            }
        };
        Some(Compiled { shape: Shape::StaySums { sums: sums?, hit: hit?, cuts }, row: None })
    }

    fn empty_bed(&self, bed: Option<&Text>, care: Option<&Text>, spot: Spot) -> Option<Compiled> {
        let line = |text: Option<&Text>| self.expr(text?, Subject::Line, None, Wanted::Bool);
        let (bed, care) = (line(bed), line(care));
        let days = self.param("days", "day", spot);
        let shape = Shape::EmptyBed { bed: bed?, care: care?, days: days? };
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
        if let Some(what) = overlap(low, high) {
            let fault = Fault::new("overlap", what)
                .why("each gap has one grade, so that bands ascend")
                .todo(format!(
                    "keep {} above {}, also where a pack moves them",
                    high.name, low.name
                ));
            self.context.error(raw.upto.spot, fault);
        }
    }
}
