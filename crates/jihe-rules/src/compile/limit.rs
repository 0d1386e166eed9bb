//! Sums and counts in a window.

use jihe_catalogue::{ColumnSpec, TableSpec};
use jihe_terms::schema::{Kind, TableName};

use crate::check::names::Subject;
use crate::check::nearest::suggestion;
use crate::check::outlook::truth;
use crate::check::typing::Wanted;
use crate::compile::{Compiled, Compiler, UNITS, has_code};
use crate::expr::{Derived, Expr};
use crate::parse::question::{Asked, Question};
use crate::parse::sink::Fault;
use crate::parse::source::{Spot, Text};
use crate::plan::{CountLimit, Counted, KeyPart, Lookup, Shape, Summed};

/// What a count may tell apart.
const COUNTED: [(&str, Counted); 3] =
    [("hilist_code", Counted::Items), ("day", Counted::Days), ("mdtrt_id", Counted::Encounters)];

/// What may become of the excess of a count.
const CUTS: [(&str, bool); 2] = [("whole", true), ("none", false)];

/// The words of a group's key; a code column of the line or of the row may be named as well.
const PARTS: [(&str, KeyPart); 8] = [
    ("psn_no", KeyPart::Person),
    ("mdtrt_id", KeyPart::Encounter),
    ("fixmedins_code", KeyPart::Institution),
    ("hilist_code", KeyPart::Item),
    ("day", KeyPart::Day),
    ("row.per", KeyPart::RowPer),
    ("row.window", KeyPart::RowWindow),
    ("rx_drord_no", KeyPart::Prescription),
];

/// The window of a limit for each day of a stay.
const STAY_DAY: &str = "stay_day";

/// Decimals of a sum over all persons.
const TOTAL: Wanted = Wanted::Number(8);

impl Compiler<'_> {
    pub(crate) fn limit(&self, question: &Question) -> Option<Compiled> {
        match &question.asked {
            Asked::Sum { .. } => self.sum(question),
            Asked::Count { .. } => self.count(question),
            Asked::Period { table, per, days, max_count } => {
                self.period(table.as_ref(), per, days.as_ref(), max_count.as_ref())
            }
            Asked::Line { .. }
            | Asked::Pairs { .. }
            | Asked::Test { .. }
            | Asked::SupplyLimit { .. }
            | Asked::StaySums { .. }
            | Asked::EmptyBed { .. }
            | Asked::Ratio(_)
            | Asked::Conditions { .. } => None,
        }
    }

    fn sum(&self, question: &Question) -> Option<Compiled> {
        let Asked::Sum { table, matching, of, per, max, cut } = &question.asked else {
            return None;
        };
        let spec = table.as_ref().map(|table| self.item_table(table));
        if matches!(spec, Some(None)) {
            return None;
        }
        let spec = spec.flatten();
        let matching = self.matching(matching.as_ref(), spec.as_ref());
        self.windows_fit(per, spec.as_ref(), matching.as_ref());
        let per = self.per(per, spec.as_ref(), question.spot);
        let word = of.as_ref().map_or("cnt", |of| of.value.as_str());
        let whole = |text: &Text, wanted| self.expr(text, Subject::Line, spec.as_ref(), wanted);
        // What cuts nothing is a sum over all persons, of units or money as of any other number.
        let cuts_nothing = cut.as_ref().is_some_and(|cut| cut.value == "none");
        let summed = match word {
            _ if cuts_nothing => None,
            "cnt" => Some((Summed::Units, UNITS)),
            "inscp_scp_amt" => Some((Summed::InPolicy, Wanted::Number(2))),
            _ => None,
        };
        let max_wanted = summed.map_or(TOTAL, |(_, wanted)| wanted);
        let max = max
            .as_ref()
            .and_then(|text| self.not_negative(text, Subject::Line, spec.as_ref(), max_wanted));
        let units = Text { value: "cnt".to_owned(), spot: question.spot, base: None };
        let total = summed.is_none().then(|| whole(of.as_ref().unwrap_or(&units), TOTAL));
        self.cut_of_sum(cut.as_ref(), summed.is_some());
        let (per, matching) = (per?, matching?);
        let is_good = match summed {
            Some(_) => self.sum_has_item(&per, spec.is_some(), question.spot),
            None => self.total_has_no_person(&per, question.spot),
        };
        let lookup = spec.map(|spec| Lookup { table: spec.name, matching });
        let shape = match (summed, total) {
            (Some((of, _)), _) => Shape::SumLimit { lookup, per, of, max: max? },
            (None, Some(total)) => Shape::TotalLimit { lookup, per, of: total?, max: max? },
            (None, None) => return None,
        };
        is_good.then_some(Compiled { shape, row: None })
    }

    /// A sum of units or money cuts its excess; another sum cuts nothing, and says so.
    fn cut_of_sum(&self, cut: Option<&Text>, cuts: bool) {
        let (is_right, todo) = match (cut, cuts) {
            (None, true) => return,
            (Some(cut), false) => (cut.value == "none", "write cut = \"none\""),
            (Some(_), true) => (false, "remove cut: the latest units or money are the excess"),
            (None, false) => (false, "add cut = \"none\""),
        };
        if !is_right {
            let spot = cut.map_or(Spot::default(), |cut| cut.spot);
            let fault = Fault::new("bad-value", "cut does not fit what is added up")
                .why("only units and in-policy money can be taken from a line")
                .todo(todo);
            self.context.error(spot, fault);
        }
    }

    fn total_has_no_person(&self, per: &[KeyPart], spot: Spot) -> bool {
        let of_person = [KeyPart::Person, KeyPart::Encounter, KeyPart::Prescription];
        let of_row = |part: &KeyPart| matches!(part, KeyPart::RowPer | KeyPart::RowWindow);
        if per.iter().any(|part| of_person.contains(part) || of_row(part)) {
            let fault = Fault::new("bad-value", "this sum is taken over all persons")
                .why("only cnt and inscp_scp_amt are added up for a person, and are cut")
                .todo("name institution, doctor, item or day, or sum cnt without cut");
            self.context.error(spot, fault);
            return false;
        }
        true
    }

    /// Persons are judged apart: a group over all of them would be judged piece by piece.
    fn has_person(&self, per: &[KeyPart], spot: Spot) -> bool {
        let of_person =
            [KeyPart::Person, KeyPart::Encounter, KeyPart::Prescription, KeyPart::RowPer];
        let has = per.iter().any(|part| of_person.contains(part));
        if !has {
            let fault = Fault::new("bad-value", "per names no person")
                .why("persons are judged apart; over all of them only sums that cut nothing go")
                .todo("add \"psn_no\" or \"mdtrt_id\", or sum cnt with cut = \"none\"");
            self.context.error(spot, fault);
        }
        has
    }

    fn sum_has_item(&self, per: &[KeyPart], has_table: bool, spot: Spot) -> bool {
        if !self.has_person(per, spot) {
            return false;
        }
        let is_new = |part: &KeyPart| matches!(part, KeyPart::Prescription) || part.is_code();
        if per.iter().any(is_new) {
            let fault = Fault::new("bad-value", "sums are not kept by this part of the key")
                .why("counts know it and sums over all persons, sums that are cut do not")
                .todo(
                    "use person, encounter, institution, item, day, row.per or row.window, \
                     or add cut = \"none\"",
                );
            self.context.error(spot, fault);
            return false;
        }
        if has_table && !per.contains(&KeyPart::Item) {
            let fault = Fault::new("bad-value", "per does not name hilist_code")
                .why("the limit stands in the row of an item")
                .todo("add \"hilist_code\"");
            self.context.error(spot, fault);
        }
        true
    }

    fn count(&self, question: &Question) -> Option<Compiled> {
        let Asked::Count { table, matching, count, per, also_per, max, within, keep, cut } =
            &question.asked
        else {
            return None;
        };
        let spec = table.as_ref().map(|table| self.item_table(table));
        if matches!(spec, Some(None)) {
            return None;
        }
        let spec = spec.flatten();
        let matching = self.matching(matching.as_ref(), spec.as_ref());
        self.windows_fit(per, spec.as_ref(), matching.as_ref());
        self.windows_fit(also_per, spec.as_ref(), matching.as_ref());
        let per = self.per(per, spec.as_ref(), question.spot);
        let also_per = match also_per.as_slice() {
            [] => Some(None),
            words => self.per(words, spec.as_ref(), question.spot).map(Some),
        };
        let whole =
            |text: &Text| self.not_negative(text, Subject::Line, spec.as_ref(), Wanted::Number(0));
        let max = max.as_ref().and_then(whole);
        let within = within.as_ref().map(whole);
        let counted = self.one_of(count.as_ref()?, &COUNTED);
        let keeps_largest = match keep {
            Some(keep) => self.one_of(keep, &[("first", false), ("inscp_scp_amt", true)]),
            None => Some(false),
        };
        let cuts = cut.as_ref().and_then(|cut| self.one_of(cut, &CUTS));
        let (counted, keeps_largest, cuts) = (counted?, keeps_largest?, cuts?);
        if let Some(text) = within.as_ref().and(keep.as_ref()).filter(|_| keeps_largest) {
            let fault = Fault::new("conflict", "a rolling window keeps the first")
                .why("what is largest changes from day to day")
                .todo("remove keep, or within");
            self.context.error(text.spot, fault);
            return None;
        }
        if let Some(cut) = cut.as_ref().filter(|_| within.is_some() && cuts) {
            let fault = Fault::new("conflict", "a rolling window cuts nothing")
                .why("it shows what crowds each window; nothing says which of it is paid")
                .todo("write cut = \"none\", or remove within");
            self.context.error(cut.spot, fault);
            return None;
        }
        let keys = [per.as_ref(), also_per.as_ref().and_then(Option::as_ref)];
        if !keys.into_iter().flatten().all(|per| self.has_person(per, question.spot)) {
            return None;
        }
        let matching = matching?;
        let lookup = spec.map(|spec| Lookup { table: spec.name, matching });
        let within = match within {
            Some(within) => Some(within?),
            None => None,
        };
        let (per, also_per, max) = (per?, also_per?, max?);
        let limit = CountLimit { lookup, counted, per, also_per, max, within, keeps_largest, cuts };
        Some(Compiled { shape: Shape::CountLimit(limit), row: None })
    }

    /// The meaning of a word out of a few.
    fn one_of<T: Copy>(&self, word: &Text, known: &[(&str, T)]) -> Option<T> {
        if let Some(&(_, meaning)) = known.iter().find(|(it, _)| *it == word.value) {
            return Some(meaning);
        }
        let known: Vec<&str> = known.iter().map(|&(it, _)| it).collect();
        let shown: String = word.value.chars().take(60).collect();
        let fault = Fault::new("bad-value", format!("word is unknown here: {shown}"))
            .why(format!("it is one of: {}", known.join(", ")))
            .todo(suggestion(&word.value, &known));
        self.context.error(word.spot, fault);
        None
    }

    fn period(
        &self,
        table: Option<&Text>,
        per: &[Text],
        days: Option<&Text>,
        max_count: Option<&Text>,
    ) -> Option<Compiled> {
        if let Some(first) = per.first() {
            let words: Vec<&str> = per.iter().map(|text| text.value.as_str()).collect();
            if words != ["psn_no", "hilist_code"] {
                let fault = Fault::new("bad-value", "a period is counted per person and item")
                    .why("other keys are not supported")
                    .todo("write per = [\"psn_no\", \"hilist_code\"], or leave it out");
                self.context.error(first.spot, fault);
            }
        }
        let spec = self.item_table(table?)?;
        let whole =
            |text: &Text| self.not_negative(text, Subject::Line, Some(&spec), Wanted::Number(0));
        let (days, max_count) = (days.and_then(whole), max_count.and_then(whole));
        let lookup = Lookup { table: spec.name.clone(), matching: None };
        let shape = Shape::Period { lookup, days: days?, max_count: max_count? };
        Some(Compiled { shape, row: None })
    }

    /// The condition on rows; the outer `None` after a fault.
    #[expect(clippy::option_option, reason = "no condition is not a fault")]
    fn matching(&self, text: Option<&Text>, spec: Option<&TableSpec>) -> Option<Option<Expr>> {
        let Some(text) = text else { return Some(None) };
        if spec.is_none() {
            let fault = Fault::new("conflict", "match is given without a table")
                .why("match is asked of the rows of a table")
                .todo("name the table, or remove match");
            self.context.error(text.spot, fault);
            return None;
        }
        self.expr(text, Subject::RowOnly, spec, Wanted::Bool).map(Some)
    }

    fn per(&self, words: &[Text], spec: Option<&TableSpec>, spot: Spot) -> Option<Vec<KeyPart>> {
        let mut parts = Vec::new();
        let mut good = true;
        for word in words {
            match self.part(word, spec) {
                Some(part) if parts.contains(&part) => {
                    let fault = Fault::new("clash", format!("part is given twice: {}", word.value))
                        .why("one is enough")
                        .todo("remove it");
                    self.context.error(word.spot, fault);
                }
                Some(part) => parts.push(part),
                None => good = false,
            }
        }
        if 2 < parts.iter().filter(|part| part.is_code()).count() {
            let fault = Fault::new("too-large", "per names more than two code columns")
                .why("a group is told apart by two codes beside person, item and day at most")
                .todo("name fewer columns");
            self.context.error(spot, fault);
            good = false;
        }
        if good && parts.is_empty() {
            let fault = Fault::new("bad-value", "per is empty")
                .why("a sum over everything judges nobody")
                .todo("say what is summed over: [\"psn_no\", \"hilist_code\", \"day\"]");
            self.context.error(spot, fault);
        }
        good.then_some(parts)
    }

    /// Reports rows by `row.window` whose window is no time: a limit for each day of a stay.
    fn windows_fit(&self, per: &[Text], spec: Option<&TableSpec>, matching: Option<&Option<Expr>>) {
        let Some(word) = per.iter().find(|word| word.value == "row.window") else { return };
        let (Some(spec), Some(matching)) = (spec, matching) else { return };
        let Some(table) = self.table(&spec.name) else { return };
        let place = spec.columns.iter().position(|column| column.name == "window");
        let is_stay_day = |row: &usize| place.is_some_and(|it| table.text(it, *row) == STAY_DAY);
        let is_taken = |row: &usize| {
            let text = |place| table.text(place, *row);
            matching.as_ref().is_none_or(|matching| truth(matching, &text) != Some(false))
        };
        let Some(row) = (0..table.len()).filter(is_stay_day).find(is_taken) else { return };
        let origin = table.origin.get(row);
        let file = origin.and_then(|origin| table.files.get(usize::try_from(origin.file).ok()?));
        let line = origin.map_or(0, |origin| origin.row);
        let file = file.map_or(spec.name.as_str(), String::as_str);
        let what = format!("row.window cannot be {STAY_DAY}: {file} line {line}");
        let fault = Fault::new("bad-value", what)
            .why("it is no time to sum over, but a limit for each day of a stay")
            .todo(
                "leave such rows out (match = \"row.window <> 'stay_day'\"); for them write a rule \
                 per mdtrt_id with max = \"row.max * length_of_stay\"",
            );
        self.context.error(word.spot, fault);
    }

    fn part(&self, word: &Text, spec: Option<&TableSpec>) -> Option<KeyPart> {
        let known: Vec<&str> = PARTS.iter().map(|&(name, _)| name).collect();
        let Some(&(name, part)) = PARTS.iter().find(|&&(name, _)| name == word.value) else {
            if let Some(part) = code_column(&word.value, spec) {
                return Some(part);
            }
            let shown: String = word.value.chars().take(60).collect();
            let fault = Fault::new("unknown-name", format!("per knows no such part: {shown}"))
                .why("groups are keyed by a few fixed parts")
                .todo(suggestion(&word.value, &known));
            self.context.error(word.spot, fault);
            return None;
        };
        let column = name.strip_prefix("row.");
        if column.is_some_and(|column| !spec.is_some_and(|spec| has_code(spec, column))) {
            let fault = Fault::new("unknown-name", format!("the table has no such column: {name}"))
                .why("the row says per whom and in which window it limits")
                .todo("use a table with that column");
            self.context.error(word.spot, fault);
            return None;
        }
        Some(part)
    }
}

/// A code column of the rule's table (`row.class`) or of the line (`bilg_dr_codg`).
fn code_column(name: &str, spec: Option<&TableSpec>) -> Option<KeyPart> {
    if let Some(column) = name.strip_prefix("row.") {
        let is_it = |it: &ColumnSpec| it.name == column && it.kind == Kind::Code;
        return spec?.columns.iter().position(is_it).map(KeyPart::RowCode);
    }
    match name {
        "list_type" => return Some(KeyPart::OfItem(Derived::ListType)),
        "chrgitm_lv" => return Some(KeyPart::OfItem(Derived::ItemClass)),
        _ => {}
    }
    let place = TableName::Lines.column(name)?;
    let is_code = TableName::Lines.columns().get(place)?.kind == Kind::Code;
    is_code.then_some(KeyPart::LineCode(place))
}
