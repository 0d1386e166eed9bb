//! What a name in an expression may mean, by the place of the expression.

use jihe_catalogue::TableSpec;
use jihe_terms::schema::{ColumnDef, Kind};

use crate::check::nearest::nearest;
use crate::expr::{Derived, Expr, Source, Type, type_of};
use crate::parse::sink::Fault;

/// A parameter as expressions see it.
#[derive(Clone, Debug)]
pub(crate) struct ParamName {
    pub(crate) name: String,
    pub(crate) ty: Type,
}

/// What an expression is asked of.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Subject {
    /// A line.
    Line,
    /// A stay.
    Stay,
    /// A stay and the person's former one.
    StayPair,
    /// A settlement.
    Settlement,
    /// An encounter with its cost.
    Encounter,
    /// An institution as a whole.
    Institution,
    /// A practitioner of an institution.
    Practitioner,
    /// A row of the rule's table alone.
    RowOnly,
}

/// The names that an expression may use.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Names<'a> {
    pub(crate) subject: Subject,
    /// The rule's table, where its rows may be named.
    pub(crate) row: Option<&'a TableSpec>,
    pub(crate) params: &'a [ParamName],
    /// Sums over the lines of a stay, where they may be named, with their decimals.
    pub(crate) sums: &'a [(String, u32)],
    /// Parameters whose faults were reported where they stand.
    pub(crate) broken: &'a [String],
}

const DERIVED: [(&str, Derived); 17] = [
    ("day", Derived::Day),
    ("age_years", Derived::AgeYears),
    ("age_days", Derived::AgeDays),
    ("inpatient", Derived::Inpatient),
    ("length_of_stay", Derived::LengthOfStay),
    ("in_catalogue", Derived::InCatalogue),
    ("person_known", Derived::PersonKnown),
    ("list_type", Derived::ListType),
    ("med_type", Derived::MedType),
    ("national_code", Derived::NationalCode),
    ("mapped", Derived::Mapped),
    ("mapped_code", Derived::MappedCode),
    ("mapped_price", Derived::MappedPrice),
    ("traced", Derived::Traced),
    ("cost", Derived::Cost),
    ("med_chrgitm_type", Derived::ChargeType),
    ("chrgitm_lv", Derived::ItemClass),
];

/// Sources in the order in which a bare name is looked for.
const SOURCES: [(&str, Source); 7] = [
    ("line", Source::Line),
    ("encounter", Source::Encounter),
    ("person", Source::Person),
    ("practitioner", Source::Practitioner),
    ("institution", Source::Institution),
    ("item", Source::Item),
    ("settlement", Source::Settlement),
];

impl Names<'_> {
    fn is_stay(&self) -> bool {
        matches!(self.subject, Subject::Stay | Subject::StayPair)
    }

    /// Whether the subject is of one person and visit.
    pub(crate) fn is_of_a_person(&self) -> bool {
        match self.subject {
            Subject::RowOnly | Subject::Institution | Subject::Practitioner => false,
            Subject::Line
            | Subject::Stay
            | Subject::StayPair
            | Subject::Settlement
            | Subject::Encounter => true,
        }
    }

    fn has_source(&self, source: Source) -> bool {
        match source {
            Source::Line | Source::Item => self.subject == Subject::Line,
            Source::Settlement => matches!(self.subject, Subject::Line | Subject::Settlement),
            Source::Encounter | Source::Person => self.is_of_a_person(),
            Source::Institution => self.subject != Subject::RowOnly,
            Source::Practitioner => self.subject == Subject::Practitioner,
            Source::Former => self.subject == Subject::StayPair,
        }
    }

    fn has_derived(&self, derived: Derived) -> bool {
        match derived {
            Derived::InCatalogue
            | Derived::ListType
            | Derived::NationalCode
            | Derived::Mapped
            | Derived::MappedCode
            | Derived::MappedPrice
            | Derived::ChargeType
            | Derived::ItemClass
            | Derived::Traced => self.subject == Subject::Line,
            Derived::Cost => self.subject == Subject::Encounter,
            Derived::Day => self.subject != Subject::RowOnly,
            Derived::AgeYears
            | Derived::AgeDays
            | Derived::Inpatient
            | Derived::LengthOfStay
            | Derived::MedType
            | Derived::PersonKnown => self.is_of_a_person(),
        }
    }

    /// Finds what a name means.
    ///
    /// # Errors
    ///
    /// If nothing here has that name, or rules may not use it.
    pub(crate) fn resolve(&self, name: &str) -> Result<Expr, Fault> {
        match name.split_once('.') {
            Some((prefix, column)) => self.dotted(prefix, column, name),
            None => self.bare(name),
        }
    }

    fn bare(&self, name: &str) -> Result<Expr, Fault> {
        if let Some(&(_, derived)) = DERIVED.iter().find(|&&(it, _)| it == name)
            && self.has_derived(derived)
        {
            return Ok(Expr::Derived(derived));
        }
        if let Some(place) = self.params.iter().position(|param| param.name == name) {
            let ty = self.params.get(place).map_or(Type::Bool, |param| param.ty);
            return Ok(Expr::Param(place, ty));
        }
        if let Some(place) = self.sums.iter().position(|(sum, _)| sum == name) {
            let scale = self.sums.get(place).map_or(0, |&(_, scale)| scale);
            return Ok(Expr::Sum(place, scale));
        }
        for (_, source) in SOURCES {
            if self.has_source(source) && source.table().column(name).is_some() {
                return column(source, name).ok_or_else(|| forbidden(name));
            }
        }
        Err(self.unknown(name))
    }

    fn dotted(&self, prefix: &str, name: &str, whole: &str) -> Result<Expr, Fault> {
        let source = match prefix {
            "row" => return self.row_column(name, whole),
            "later" if self.is_stay() => Some(Source::Encounter),
            "former" => Some(Source::Former),
            _ => SOURCES.iter().find(|&&(it, _)| it == prefix).map(|&(_, source)| source),
        };
        let Some(source) = source else { return Err(self.unknown(whole)) };
        if !self.has_source(source) {
            return Err(Fault::new("unknown-name", format!("{prefix} is not known here: {whole}"))
                .why(self.place())
                .todo("use the names of this place, or move the condition"));
        }
        if source.table().column(name).is_none() {
            return Err(self.unknown(whole));
        }
        column(source, name).ok_or_else(|| forbidden(whole))
    }

    fn row_column(&self, name: &str, whole: &str) -> Result<Expr, Fault> {
        let Some(spec) = self.row else {
            return Err(Fault::new("unknown-name", format!("there is no table row here: {whole}"))
                .why("row names the rule's own table, and only where one row is looked at")
                .todo("name a table in the family's table, or do not use row here"));
        };
        let place = spec.columns.iter().position(|column| column.name == name);
        let kind = place.and_then(|place| spec.columns.get(place)).map(|column| column.kind);
        match (place, kind) {
            (Some(place), Some(kind)) => {
                type_of(kind).map(|ty| Expr::Row(place, ty)).ok_or_else(|| forbidden(whole))
            }
            _ => Err(self.unknown(whole)),
        }
    }

    fn place(&self) -> &'static str {
        match self.subject {
            Subject::Line => "this is asked of a line",
            Subject::Stay => "this is asked of a stay",
            Subject::StayPair => "this is asked of a stay and the person's former stay",
            Subject::Settlement => "this is asked of a settlement",
            Subject::Encounter => "this is asked of an encounter",
            Subject::Institution => "this is asked of an institution",
            Subject::Practitioner => "this is asked of a practitioner of the institution",
            Subject::RowOnly => "this is asked of a row of the table alone",
        }
    }

    fn unknown(&self, name: &str) -> Fault {
        let known = self.known();
        let known: Vec<&str> = known.iter().map(String::as_str).collect();
        let shown: String = name.chars().take(60).collect();
        let todo = match nearest(name, &known) {
            Some(near) => format!("did you mean {near}?"),
            None => "see the platform's column names; a parameter is named as in [params]".into(),
        };
        Fault::new("unknown-name", format!("name is unknown: {shown}")).why(self.place()).todo(todo)
    }

    /// Every name that would do here.
    fn known(&self) -> Vec<String> {
        let mut known: Vec<String> = self.params.iter().map(|param| param.name.clone()).collect();
        known.extend(self.sums.iter().map(|(name, _)| name.clone()));
        let derived = DERIVED.iter().filter(|&&(_, derived)| self.has_derived(derived));
        known.extend(derived.map(|&(name, _)| name.to_owned()));
        if let Some(spec) = self.row {
            known.extend(spec.columns.iter().map(|column| format!("row.{}", column.name)));
        }
        for (prefix, source) in SOURCES {
            if self.has_source(source) {
                for column in usable(source) {
                    known.push(column.name.to_owned());
                    known.push(format!("{prefix}.{}", column.name));
                }
            }
        }
        for (prefix, there) in
            [("later", self.is_stay()), ("former", self.subject == Subject::StayPair)]
        {
            if there {
                let columns = usable(Source::Encounter);
                known.extend(columns.map(|column| format!("{prefix}.{}", column.name)));
            }
        }
        known
    }
}

fn usable(source: Source) -> impl Iterator<Item = &'static ColumnDef> {
    source.table().columns().iter().filter(|column| type_of(column.kind).is_some())
}

fn column(source: Source, name: &str) -> Option<Expr> {
    let place = source.table().column(name)?;
    let kind: Kind = source.table().columns().get(place)?.kind;
    type_of(kind).map(|ty| Expr::Column(source, place, ty))
}

fn forbidden(name: &str) -> Fault {
    Fault::new("type", format!("rules may not use this column: {name}"))
        .why("it is a key of many values or free text, and neither decides a case")
        .todo("use a code, number or day")
}

/// Tells what a parameter of this name would hide.
pub(crate) fn shadowed(name: &str) -> Option<&'static str> {
    if DERIVED.iter().any(|&(it, _)| it == name) {
        return Some("a derived value");
    }
    let column = SOURCES.iter().any(|&(_, source)| source.table().column(name).is_some());
    column.then_some("a column")
}
