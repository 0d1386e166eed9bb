//! Checked expressions back to readable text, in the manner of SQL.

use jihe_catalogue::ColumnSpec;
use jihe_rules::expr::{Arithmetic, Compare, Derived, Expr, Literal, Source};
use jihe_rules::plan::{CountLimit, Param, Plan, Rule, Shape, StaySum};
use jihe_terms::schema::{self, ColumnDef};
use jihe_terms::{Day, Moment, NO_DAY, NO_NUMBER};

use crate::value::trimmed;

/// The name of the table whose row a finding of the rule rests on.
pub(crate) fn row_table(rule: &Rule) -> Option<&str> {
    match &rule.shape {
        Shape::LineTest { lookup, .. }
        | Shape::SumLimit { lookup, .. }
        | Shape::CountLimit(CountLimit { lookup, .. })
        | Shape::TotalLimit { lookup, .. } => lookup.as_ref().map(|lookup| lookup.table.as_str()),
        Shape::Period { lookup, .. } => Some(&lookup.table),
        Shape::Contained { table }
        | Shape::Split { table }
        | Shape::Discounted { table }
        | Shape::Companion { table }
        | Shape::Incompatible { table } => Some(table),
        Shape::OverSupply | Shape::EarlyRefill { .. } => Some("supply_limit"),
        Shape::OverDose => Some("item_dose"),
        Shape::Ratio(_) => Some("indicator_target"),
        Shape::Settlement { .. } => Some("benefit_kind"),
        Shape::SameLine
        | Shape::SupplyLimit { .. }
        | Shape::SettledTwice
        | Shape::StaySums { .. }
        | Shape::EmptyBed { .. }
        | Shape::Beds { .. }
        | Shape::Conditions(_)
        | Shape::TwoPlaces { .. }
        | Shape::SplitStay { .. }
        | Shape::OverlapStay
        | Shape::VisitDuringStay
        | Shape::SoldOverStock { .. }
        | Shape::NeverBought { .. }
        | Shape::TraceReused => None,
    }
}

/// The words around an expression: parameters and the columns of the rule's table.
#[derive(Clone, Copy)]
pub(crate) struct Names<'a> {
    /// Parameters by place.
    pub(crate) params: &'a [Param],
    /// Columns of the rule's table by place.
    pub(crate) columns: RowColumns<'a>,
    /// Sums over the lines of a stay by place.
    pub(crate) sums: &'a [StaySum],
}

/// The columns of a table of the pack or of the reference folder.
#[derive(Clone, Copy)]
pub(crate) enum RowColumns<'a> {
    /// Of the pack.
    Pack(&'a [ColumnSpec]),
    /// Of the reference folder.
    Reference(&'a [ColumnDef]),
}

impl RowColumns<'_> {
    fn name(&self, place: usize) -> &str {
        match self {
            Self::Pack(columns) => columns.get(place).map_or("?", |column| column.name.as_str()),
            Self::Reference(columns) => columns.get(place).map_or("?", |column| column.name),
        }
    }
}

/// The words around the expressions of a rule.
pub(crate) fn names<'a>(plan: &'a Plan, rule: &'a Rule) -> Names<'a> {
    let table = row_table(rule).and_then(|name| plan.tables.get(name));
    let columns = match table {
        Some(table) => RowColumns::Pack(&table.spec.columns),
        None => RowColumns::Reference(schema::PRICE_LIMITS),
    };
    let sums = if let Shape::StaySums { sums, .. } = &rule.shape {
        sums.as_slice()
    } else if let Shape::Conditions(all) = &rule.shape {
        all.counts.as_slice()
    } else {
        &[]
    };
    Names { params: &rule.params, columns, sums }
}

/// Writes an expression.
pub(crate) fn text(expr: &Expr, names: Names<'_>) -> String {
    match expr {
        Expr::Literal(literal) => literal_text(literal),
        Expr::Column(source, place, _) => {
            let column = source.table().columns().get(*place).map_or("?", |column| column.name);
            format!("{}{column}", prefix(*source))
        }
        Expr::Derived(derived) => derived_word(*derived).to_owned(),
        Expr::Row(place, _) => {
            format!("row.{}", names.columns.name(*place))
        }
        Expr::Sum(place, _) => {
            names.sums.get(*place).map_or("?", |sum| sum.name.as_str()).to_owned()
        }
        Expr::Param(place, _) => {
            names.params.get(*place).map_or("?", |param| param.name.as_str()).to_owned()
        }
        Expr::Not(inner) => format!("not {}", closed(inner, names)),
        Expr::And(parts) => joined(parts, " and ", names),
        Expr::Or(parts) => joined(parts, " or ", names),
        // How a file's `unknown` is said.
        Expr::Compare(_, left, right) if is_null(left) && is_null(right) => "unknown".to_owned(),
        Expr::Compare(how, left, right) => {
            format!("{} {} {}", closed(left, names), sign(*how), closed(right, names))
        }
        Expr::Arithmetic(how, left, right) => {
            format!("{} {} {}", closed(left, names), operator(*how), closed(right, names))
        }
        // More decimals of the same number, or how it is asked: nothing a reader needs to see.
        Expr::Rescale(inner, _) | Expr::PerVisit(inner) | Expr::PerItem(_, inner) => {
            text(inner, names)
        }
        Expr::Round(inner) => format!("round({})", text(inner, names)),
        Expr::IsNull(inner) => format!("{} is null", closed(inner, names)),
        Expr::InCodes(inner, codes) => {
            let codes: Vec<String> = codes.iter().map(|code| quoted(code)).collect();
            format!("{} in ({})", closed(inner, names), codes.join(", "))
        }
        Expr::StartsWith(inner, start) => {
            format!("{} like {}", closed(inner, names), quoted(&format!("{start}%")))
        }
        Expr::Begins(code, start) => {
            format!("begins({}, {})", text(code, names), text(start, names))
        }
        Expr::DayOf(inner) => format!("day({})", text(inner, names)),
        Expr::Listed(table, inner) => {
            format!("listed({}, {})", quoted(table), text(inner, names))
        }
        Expr::Registered(inner) => called("registered", inner, names),
        Expr::PrescriptionSum(inner) => called("prescription_sum", inner, names),
        Expr::PrescriptionAll(inner) => called("prescription_all", inner, names),
        Expr::MonthEnd(inner) => called("month_end", inner, names),
        Expr::DayEnd(inner) => called("day_end", inner, names),
        Expr::DiagnosisIn(set) => called("diagnosis_in", set, names),
        Expr::MainDiagnosisIn(set) => called("main_diagnosis_in", set, names),
        Expr::Recorded(inner) => called("recorded", inner, names),
        Expr::Months(from, until) => {
            format!("months({}, {})", text(from, names), text(until, names))
        }
    }
}

fn called(function: &str, inner: &Expr, names: Names<'_>) -> String {
    format!("{function}({})", text(inner, names))
}

/// An operand: in brackets if it is made of several.
fn closed(expr: &Expr, names: Names<'_>) -> String {
    let inner = text(expr, names);
    match expr {
        Expr::Not(_)
        | Expr::And(_)
        | Expr::Or(_)
        | Expr::Compare(..)
        | Expr::Arithmetic(..)
        | Expr::IsNull(_)
        | Expr::InCodes(..)
        | Expr::StartsWith(..) => format!("({inner})"),
        Expr::Rescale(scaled, _) | Expr::PerVisit(scaled) | Expr::PerItem(_, scaled) => {
            closed(scaled, names)
        }
        Expr::Literal(_)
        | Expr::Column(..)
        | Expr::Derived(_)
        | Expr::Row(..)
        | Expr::Param(..)
        | Expr::Sum(..)
        | Expr::Round(_)
        | Expr::DayOf(_)
        | Expr::Begins(..)
        | Expr::Listed(..)
        | Expr::Registered(_)
        | Expr::PrescriptionSum(_)
        | Expr::PrescriptionAll(_)
        | Expr::MonthEnd(_)
        | Expr::DayEnd(_)
        | Expr::Months(..)
        | Expr::Recorded(_)
        | Expr::DiagnosisIn(_)
        | Expr::MainDiagnosisIn(_) => inner,
    }
}

fn joined(parts: &[Expr], word: &str, names: Names<'_>) -> String {
    let parts: Vec<String> = parts
        .iter()
        .map(|part| {
            let is_joined = 1 < parts.len() && matches!(part, Expr::And(_) | Expr::Or(_));
            if is_joined { closed(part, names) } else { text(part, names) }
        })
        .collect();
    parts.join(word)
}

fn is_null(expr: &Expr) -> bool {
    matches!(expr, Expr::Literal(literal) if literal_text(literal) == "null")
}

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

fn literal_text(literal: &Literal) -> String {
    match literal {
        Literal::Bool(value) => value.to_string(),
        Literal::Code(code) => quoted(code),
        Literal::Number(NO_NUMBER, _) | Literal::Moment(NO_NUMBER) | Literal::Day(NO_DAY) => {
            "null".to_owned()
        }
        Literal::Number(number, scale) => trimmed(*number, *scale),
        Literal::Day(day) => format!("date '{}'", Day::from_epoch(*day)),
        Literal::Moment(seconds) => format!("timestamp '{}'", Moment::from_seconds(*seconds)),
    }
}

fn prefix(source: Source) -> &'static str {
    match source {
        Source::Line => "",
        Source::Encounter => "encounter.",
        Source::Former => "former.",
        Source::Person => "person.",
        Source::Institution => "institution.",
        Source::Item => "item.",
        Source::Settlement => "settlement.",
        Source::Practitioner => "practitioner.",
    }
}

fn derived_word(derived: Derived) -> &'static str {
    match derived {
        Derived::Day => "day",
        Derived::AgeYears => "age_years",
        Derived::AgeDays => "age_days",
        Derived::Inpatient => "inpatient",
        Derived::LengthOfStay => "length_of_stay",
        Derived::InCatalogue => "in_catalogue",
        Derived::ListType => "list_type",
        Derived::MedType => "med_type",
        Derived::PersonKnown => "person_known",
        Derived::NationalCode => "national_code",
        Derived::Mapped => "mapped",
        Derived::MappedCode => "mapped_code",
        Derived::MappedPrice => "mapped_price",
        Derived::Traced => "traced",
        Derived::Cost => "cost",
        Derived::ChargeType => "med_chrgitm_type",
        Derived::ItemClass => "chrgitm_lv",
    }
}

fn sign(how: Compare) -> &'static str {
    match how {
        Compare::Equal => "=",
        Compare::NotEqual => "<>",
        Compare::Less => "<",
        Compare::LessOrEqual => "<=",
        Compare::Greater => ">",
        Compare::GreaterOrEqual => ">=",
    }
}

fn operator(how: Arithmetic) -> &'static str {
    match how {
        Arithmetic::Add => "+",
        Arithmetic::Subtract => "-",
        Arithmetic::Multiply => "*",
    }
}

#[cfg(test)]
mod tests {
    use jihe_rules::expr::Type;

    use super::*;

    #[test]
    fn a_condition_reads_like_the_file_it_came_from() {
        let columns =
            [ColumnSpec { name: "age_min".to_owned(), kind: schema::Kind::Level, required: false }];
        let none = Names { params: &[], columns: RowColumns::Pack(&columns), sums: &[] };
        let age = Expr::Compare(
            Compare::Less,
            Box::new(Expr::Derived(Derived::AgeYears)),
            Box::new(Expr::Row(0, Type::Number(0))),
        );
        let way = Expr::InCodes(
            Box::new(Expr::Derived(Derived::MedType)),
            vec!["21".to_owned(), "24".to_owned()],
        );
        let both = Expr::And(vec![age, Expr::Not(Box::new(way))]);
        assert_eq!(text(&both, none), "age_years < row.age_min and not (med_type in ('21', '24'))");
        let null = || Box::new(Expr::Literal(Literal::Number(NO_NUMBER, 0)));
        let unknown = Expr::Compare(Compare::Equal, null(), null());
        assert_eq!(text(&unknown, none), "unknown");
        let set = Expr::Literal(Literal::Code("a'b".to_owned()));
        let any = Expr::DiagnosisIn(Box::new(set));
        let main = Expr::MainDiagnosisIn(Box::new(Expr::Row(0, Type::Code)));
        let either = Expr::Or(vec![Expr::And(vec![unknown, any]), main]);
        let said = "(unknown and diagnosis_in('a''b')) or main_diagnosis_in(row.age_min)";
        assert_eq!(text(&either, none), said);
    }
}
