//! The few functions that expressions may call.

use jihe_catalogue::TableSpec;
use jihe_terms::schema::Kind;

use crate::check::names::Subject;
use crate::check::nearest::suggestion;
use crate::check::specs;
use crate::check::typing::{Typer, named};
use crate::expr::{Expr, Literal, Source, Type};
use crate::parse::sink::Fault;
use crate::parse::source::Spot;
use crate::parse::tree::{Node, Syntax};

impl Typer<'_> {
    pub(crate) fn call(&self, name: &str, arguments: &[Node], spot: Spot) -> Option<Expr> {
        match (name, arguments) {
            ("round", [inner]) => {
                let expr = self.typed(inner)?;
                if matches!(expr.ty(), Type::Number(_)) {
                    return Some(Expr::Round(Box::new(expr)));
                }
                let what = format!("round takes a number, found {}", named(expr.ty()));
                self.type_fault(inner.spot, what, "give it an amount")
            }
            ("day", [inner]) => {
                let expr = self.typed(inner)?;
                match expr.ty() {
                    Type::Moment => Some(Expr::DayOf(Box::new(expr))),
                    Type::Day => Some(expr),
                    ty @ (Type::Bool | Type::Code | Type::Number(_)) => {
                        let what = format!("day takes a moment, found {}", named(ty));
                        self.type_fault(inner.spot, what, "give it a moment, as fee_ocur_time")
                    }
                }
            }
            ("listed", [table, inner]) => {
                let table_name = self.table(table);
                let code = self.code(inner);
                Some(Expr::Listed(table_name?, Box::new(code?)))
            }
            ("begins", [code, start]) => {
                let (code, start) = (self.code(code), self.code(start));
                Some(Expr::Begins(Box::new(code?), Box::new(start?)))
            }
            ("registered", [inner]) => {
                self.of_a_line("registered", spot)?;
                self.code(inner).map(|code| Expr::Registered(Box::new(code)))
            }
            ("prescription_sum" | "prescription_all", [inner]) => {
                self.of_a_line(name, spot)?;
                self.of_prescription(name, inner)
            }
            ("month_end" | "day_end", [inner]) => self.end_of(name, inner),
            ("recorded", [inner]) => self.recorded(inner),
            ("months", [from, until]) => {
                let (from, until) = (self.whole_day(from), self.whole_day(until));
                Some(Expr::Months(Box::new(from?), Box::new(until?)))
            }
            ("diagnosis_in" | "main_diagnosis_in", [_]) if !self.names.is_of_a_person() => {
                let what = format!("{name} is not known here");
                self.type_fault(spot, what, "ask it of a line or an encounter")
            }
            ("diagnosis_in", [set]) => self.set(set).map(Expr::DiagnosisIn),
            ("main_diagnosis_in", [set]) => self.set(set).map(Expr::MainDiagnosisIn),
            _ => self.unknown_call(name, arguments.len(), spot),
        }
    }

    /// The set that `diagnosis_in` asks for: a word, or the one that the row of the table names.
    fn set(&self, set: &Node) -> Option<Box<Expr>> {
        let Syntax::Name(_) = &set.what else {
            return self.word(set).map(|set| Box::new(Expr::Literal(Literal::Code(set))));
        };
        let column = self.code(set)?;
        let Expr::Row(place, _) = column else {
            let what = "expected the name of a set".to_owned();
            let todo = "write 'name', or a column of the row: row.set";
            return self.type_fault(set.spot, what, todo);
        };
        let definition = self.names.row.and_then(|spec| spec.columns.get(place));
        if !definition.is_some_and(|column| column.required) {
            let what = "the column may be empty, where no set is named".to_owned();
            let todo = "name sets in a column that every row fills";
            return self.type_fault(set.spot, what, todo);
        }
        Some(Box::new(column))
    }

    /// Reports a function that is asked of lines only.
    fn of_a_line(&self, name: &str, spot: Spot) -> Option<()> {
        if self.names.subject == Subject::Line {
            return Some(());
        }
        let what = format!("{name} is not known here");
        self.type_fault(spot, what, "ask it of a line, in a family of lines")
    }

    /// A sum of numbers, or a condition, over the lines of a prescription.
    fn of_prescription(&self, name: &str, inner: &Node) -> Option<Expr> {
        let expr = self.typed(inner)?;
        let mut names_row = false;
        expr.visit(&mut |part| names_row |= matches!(part, Expr::Row(..)));
        if names_row {
            let what = format!("{name} cannot ask the row of the table");
            let todo =
                "name the row outside of it: other lines of the prescription have other rows";
            return self.type_fault(inner.spot, what, todo);
        }
        match (name, expr.ty()) {
            ("prescription_sum", Type::Number(_)) => Some(Expr::PrescriptionSum(Box::new(expr))),
            ("prescription_all", Type::Bool) => Some(Expr::PrescriptionAll(Box::new(expr))),
            (_, ty) => {
                let what = format!("{name} does not take {}", named(ty));
                let todo = "prescription_sum takes a number, prescription_all a condition";
                self.type_fault(inner.spot, what, todo)
            }
        }
    }

    /// The last day of a day's month, or the last moment of a day.
    fn end_of(&self, name: &str, inner: &Node) -> Option<Expr> {
        let expr = Box::new(self.typed(inner)?);
        match (name, expr.ty()) {
            ("month_end", Type::Day) => Some(Expr::MonthEnd(expr)),
            ("day_end", Type::Day) => Some(Expr::DayEnd(expr)),
            (_, ty) => {
                let what = format!("{name} takes a day, found {}", named(ty));
                self.type_fault(inner.spot, what, "give it a day, as day or day(x)")
            }
        }
    }

    fn recorded(&self, inner: &Node) -> Option<Expr> {
        let expr = self.typed(inner)?;
        if matches!(expr, Expr::Column(Source::Encounter, ..)) {
            return Some(Expr::Recorded(Box::new(expr)));
        }
        let what = "recorded takes a column of the encounter".to_owned();
        self.type_fault(inner.spot, what, "write encounter.dscg_way, or use is not null")
    }

    fn whole_day(&self, node: &Node) -> Option<Expr> {
        let expr = self.typed(node)?;
        if expr.ty() == Type::Day {
            return Some(expr);
        }
        let what = format!("months takes days, found {}", named(expr.ty()));
        self.type_fault(node.spot, what, "give it a day, as day or day(x)")
    }

    fn unknown_call(&self, name: &str, n_arguments: usize, spot: Spot) -> Option<Expr> {
        let known = [
            "round",
            "day",
            "listed",
            "begins",
            "diagnosis_in",
            "main_diagnosis_in",
            "registered",
            "prescription_sum",
            "prescription_all",
            "month_end",
            "day_end",
            "months",
            "recorded",
        ];
        if known.contains(&name) {
            let what = format!("{name} does not take {n_arguments} values");
            let todo = "round(x), day(x), listed('table', x), begins(x, y), diagnosis_in('set') or \
                        (row.set), main_diagnosis_in('set') or (row.set), registered(x), prescription_sum(x), \
                        prescription_all(x), month_end(x), day_end(x), months(x, y), \
                        recorded(x)";
            return self.type_fault(spot, what, todo);
        }
        let shown: String = name.chars().take(60).collect();
        let fault = Fault::new("unknown-name", format!("function is unknown: {shown}"))
            .why("rules have a few fixed functions")
            .todo(suggestion(name, &known));
        self.fault(spot, fault)
    }

    fn word(&self, node: &Node) -> Option<String> {
        if let Syntax::Text(text) = &node.what {
            return Some(text.clone());
        }
        self.type_fault(node.spot, "expected a text in quotes".to_owned(), "write its name: 'name'")
    }

    fn table(&self, node: &Node) -> Option<String> {
        let name = self.word(node)?;
        let known = specs::names();
        let first_is_code =
            |spec: &TableSpec| spec.columns.first().is_some_and(|column| column.kind == Kind::Code);
        if specs::spec(&name).as_ref().is_some_and(first_is_code) {
            return Some(name);
        }
        let shown: String = name.chars().take(60).collect();
        let fault = Fault::new("unknown-table", format!("table is unknown: {shown}"))
            .why("listed looks a code up in the first column of a pack table")
            .todo(suggestion(&name, &known));
        self.fault(node.spot, fault)
    }
}
