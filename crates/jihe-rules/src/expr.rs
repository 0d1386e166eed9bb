//! Typed expressions: SQL's scalar syntax after names were resolved and types checked.
//!
//! Logic is three-valued as in SQL. Numbers are integers with a scale known here; the compiler
//! inserts [`Expr::Rescale`] so that both sides of a comparison or sum have one scale.

use jihe_terms::schema::{Kind, TableName};

/// The type of a value.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Type {
    /// True, false or unknown.
    Bool,
    /// A code: equal or not.
    Code,
    /// A number of 10⁻ˢᶜᵃˡᵉ.
    Number(u32),
    /// A day.
    Day,
    /// A moment.
    Moment,
}

/// Where a column is looked up from.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Source {
    /// The line itself.
    Line,
    /// Its encounter; in stay rules the later stay.
    Encounter,
    /// The former stay (stay rules only).
    Former,
    /// The person.
    Person,
    /// The institution, from the reference folder.
    Institution,
    /// The catalogue row of the item in force on the day.
    Item,
    /// The line's settlement.
    Settlement,
    /// A person of `practitioners` registered at the institution (counts of conditions only).
    Practitioner,
}

impl Source {
    /// The table behind it.
    pub fn table(self) -> TableName {
        match self {
            Self::Line => TableName::Lines,
            Self::Encounter | Self::Former => TableName::Encounters,
            Self::Person => TableName::Persons,
            Self::Institution => TableName::Institutions,
            Self::Item => TableName::Catalogue,
            Self::Settlement => TableName::Settlements,
            Self::Practitioner => TableName::Practitioners,
        }
    }
}

/// Values that no file holds.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Derived {
    /// Day of service; admission day in stay rules. A day.
    Day,
    /// Completed years on the day of service. Number(0).
    AgeYears,
    /// Days since birth on the day of service. Number(0).
    AgeDays,
    /// Whether the encounter is a stay. Bool; unknown if its type is.
    Inpatient,
    /// Discharge day − admission day, at least 1. Number(0).
    LengthOfStay,
    /// Whether the catalogue has the item on the day. Bool; unknown without a catalogue.
    InCatalogue,
    /// `list_type` of the catalogue, else of the line. Code.
    ListType,
    /// `med_type` of the encounter, else of the settlement. Code.
    MedType,
    /// Whether the person has a row in `persons`. Bool; unknown without the table.
    PersonKnown,
    /// `med_list_codg`, else `hilist_code`. Code.
    NationalCode,
    /// Whether `item_map` gives the institution's own code (`medins_list_codg`) a national code on
    /// the day. Bool; unknown without the table or the own code.
    Mapped,
    /// That national code: the line's own if it is among several. Code.
    MappedCode,
    /// The lowest price limit of the mapped code for the institution's level on the day. Number(6).
    MappedPrice,
    /// Whether the line has a drug trace code. Bool; unknown if no file tells trace codes.
    Traced,
    /// `med_chrgitm_type` of the catalogue, else of the line. Code.
    ChargeType,
    /// `chrgitm_lv` of the catalogue, else of the line. Code.
    ItemClass,
    /// Sum of the amounts of the encounter's lines with quantity above 0. Number(2).
    Cost,
}

impl Derived {
    /// Its type.
    pub fn ty(self) -> Type {
        match self {
            Self::Day => Type::Day,
            Self::AgeYears | Self::AgeDays | Self::LengthOfStay => Type::Number(0),
            Self::Inpatient
            | Self::InCatalogue
            | Self::PersonKnown
            | Self::Mapped
            | Self::Traced => Type::Bool,
            Self::ListType
            | Self::MedType
            | Self::ChargeType
            | Self::ItemClass
            | Self::NationalCode
            | Self::MappedCode => Type::Code,
            Self::MappedPrice => Type::Number(6),
            Self::Cost => Type::Number(2),
        }
    }
}

/// A constant.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Literal {
    /// A truth value.
    Bool(bool),
    /// A code.
    Code(String),
    /// A number and its scale.
    Number(i64, u32),
    /// A day since 1970.
    Day(i32),
    /// A moment in seconds since 1970.
    Moment(i64),
}

/// How two values are compared.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[expect(missing_docs, reason = "the names are the signs")]
pub enum Compare {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// How two numbers are combined.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[expect(missing_docs, reason = "the names are the signs")]
pub enum Arithmetic {
    Add,
    Subtract,
    Multiply,
}

/// An expression.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Expr {
    /// A constant.
    Literal(Literal),
    /// A column by its place in the schema of the source's table, with its type.
    Column(Source, usize, Type),
    /// A derived value.
    Derived(Derived),
    /// A column of the rule's own table row, by place in its shape, with its type.
    Row(usize, Type),
    /// A sum over the lines of the stay by place, with its decimals: amounts (2) or a count (0); of
    /// an institution, a count of its practitioners.
    Sum(usize, u32),
    /// A parameter of the rule by place, with its type; the value in force on the day of service.
    Param(usize, Type),
    /// A condition that has one answer for all lines of an encounter, settlement and institution on
    /// one day. No rule says so: the engine marks it.
    PerVisit(Box<Expr>),
    /// A condition that asks nothing but the catalogue's row of the item, and what the line says where that
    /// is silent; its place among all such conditions. No rule says so: the engine marks it.
    PerItem(usize, Box<Expr>),
    /// `not`.
    Not(Box<Expr>),
    /// `and` over two or more.
    And(Vec<Expr>),
    /// `or` over two or more.
    Or(Vec<Expr>),
    /// A comparison of two values of one type (and scale). Days compare with days, moments with
    /// moments. Codes only by equality.
    Compare(Compare, Box<Expr>, Box<Expr>),
    /// Sum, difference (one scale) or product (scales add) of numbers; day ± Number(0) is a day;
    /// day − day is Number(0).
    Arithmetic(Arithmetic, Box<Expr>, Box<Expr>),
    /// A number times ten to that power: more decimals.
    Rescale(Box<Expr>, u32),
    /// `round(x)`: a number of any scale half up to the fen, Number(2).
    Round(Box<Expr>),
    /// `is null`; never unknown.
    IsNull(Box<Expr>),
    /// Whether a code is one of these.
    InCodes(Box<Expr>, Vec<String>),
    /// Whether a code begins with this (`like 'Z51%'`).
    StartsWith(Box<Expr>, String),
    /// `begins(x, y)`: whether code x is code y or begins with it: local codes extend national ones.
    Begins(Box<Expr>, Box<Expr>),
    /// `day(x)`: the day of a moment.
    DayOf(Box<Expr>),
    /// `listed('table', x)`: whether the table has a row in force on the day whose first column is
    /// the code.
    Listed(String, Box<Expr>),
    /// `registered(x)`: whether `practitioners` has the person of that code at the line's institution
    /// on the day. Unknown without the table.
    Registered(Box<Expr>),
    /// `prescription_sum(x)`: the sum of a number over the lines of the line's prescription
    /// (`mdtrt_id` and `rx_drord_no`) with a quantity. Unknown without a prescription number.
    PrescriptionSum(Box<Expr>),
    /// `prescription_all(x)`: whether a condition holds for each of those lines. Unknown as above.
    PrescriptionAll(Box<Expr>),
    /// `month_end(x)`: the last day of the month of a day.
    MonthEnd(Box<Expr>),
    /// `day_end(x)`: the moment at which a day ends, its 24:00.
    DayEnd(Box<Expr>),
    /// `recorded(x)`: whether a column of the encounter has a value. Unknown where the files have no
    /// such column.
    Recorded(Box<Expr>),
    /// `months(a, b)`: the whole months from day a to day b, below 0 if b is before a. Number(0).
    Months(Box<Expr>, Box<Expr>),
    /// `diagnosis_in('set')` or `diagnosis_in(row.set)`: whether a diagnosis of the encounter (the later
    /// stay) is in the set of that name of table `diagnosis_set`; a listed code covers its children
    /// (prefix). Unknown without any diagnosis. Every row has a name.
    DiagnosisIn(Box<Expr>),
    /// `main_diagnosis_in('set')`: the same for its main diagnosis.
    MainDiagnosisIn(Box<Expr>),
}

impl Expr {
    /// Its type.
    pub fn ty(&self) -> Type {
        match self {
            Self::Literal(literal) => match literal {
                Literal::Bool(_) => Type::Bool,
                Literal::Code(_) => Type::Code,
                Literal::Number(_, scale) => Type::Number(*scale),
                Literal::Day(_) => Type::Day,
                Literal::Moment(_) => Type::Moment,
            },
            Self::Column(_, _, ty) | Self::Row(_, ty) | Self::Param(_, ty) => *ty,
            Self::Sum(_, scale) => Type::Number(*scale),
            Self::Derived(derived) => derived.ty(),
            Self::PerVisit(_)
            | Self::PerItem(..)
            | Self::Not(_)
            | Self::And(_)
            | Self::Or(_)
            | Self::Compare(..)
            | Self::IsNull(_)
            | Self::InCodes(..)
            | Self::StartsWith(..)
            | Self::Begins(..)
            | Self::Listed(..)
            | Self::Registered(_)
            | Self::PrescriptionAll(_)
            | Self::Recorded(_)
            | Self::DiagnosisIn(_)
            | Self::MainDiagnosisIn(_) => Type::Bool,
            Self::PrescriptionSum(inner) => inner.ty(),
            Self::Arithmetic(how, left, right) => match (how, left.ty(), right.ty()) {
                (Arithmetic::Multiply, Type::Number(a), Type::Number(b)) => {
                    Type::Number(a.saturating_add(b))
                }
                (Arithmetic::Subtract, Type::Day, Type::Day) => Type::Number(0),
                (_, ty, _) => ty,
            },
            Self::Rescale(inner, by) => match inner.ty() {
                Type::Number(scale) => Type::Number(scale.saturating_add(*by)),
                ty @ (Type::Bool | Type::Code | Type::Day | Type::Moment) => ty,
            },
            Self::Round(_) => Type::Number(2),
            Self::Months(..) => Type::Number(0),
            Self::DayOf(_) | Self::MonthEnd(_) => Type::Day,
            Self::DayEnd(_) => Type::Moment,
        }
    }

    /// Shows the expression and every part of it to `look`.
    pub fn visit<'a>(&'a self, look: &mut dyn FnMut(&'a Self)) {
        look(self);
        match self {
            Self::PerVisit(inner)
            | Self::PerItem(_, inner)
            | Self::Not(inner)
            | Self::Rescale(inner, _)
            | Self::Round(inner)
            | Self::IsNull(inner)
            | Self::InCodes(inner, _)
            | Self::StartsWith(inner, _)
            | Self::DayOf(inner)
            | Self::Listed(_, inner)
            | Self::Registered(inner)
            | Self::PrescriptionSum(inner)
            | Self::PrescriptionAll(inner)
            | Self::Recorded(inner)
            | Self::DiagnosisIn(inner)
            | Self::MainDiagnosisIn(inner)
            | Self::MonthEnd(inner)
            | Self::DayEnd(inner) => inner.visit(look),
            Self::And(parts) | Self::Or(parts) => {
                for part in parts {
                    part.visit(look);
                }
            }
            Self::Compare(_, left, right)
            | Self::Arithmetic(_, left, right)
            | Self::Begins(left, right)
            | Self::Months(left, right) => {
                left.visit(look);
                right.visit(look);
            }
            Self::Literal(_)
            | Self::Column(..)
            | Self::Derived(_)
            | Self::Row(..)
            | Self::Param(..)
            | Self::Sum(..) => {}
        }
    }
}

/// The type of a schema column in expressions; `None` for keys and free text, which rules may not
/// name.
pub fn type_of(kind: Kind) -> Option<Type> {
    match kind {
        Kind::Code => Some(Type::Code),
        Kind::Key | Kind::Text => None,
        Kind::Number { scale, .. } => Some(Type::Number(scale)),
        Kind::Level => Some(Type::Number(0)),
        Kind::Day => Some(Type::Day),
        Kind::Moment => Some(Type::Moment),
    }
}
