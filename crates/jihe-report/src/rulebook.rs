//! `rules.json`: every rule of the run in words, so that a result folder explains itself.

use jihe_rules::expr::{Expr, Literal, Source, Type};
use jihe_rules::plan::{
    Condition, Conditions, CountLimit, Counted, CutRule, KeyPart, Lookup, Param, Piece, Plan,
    Ratio, Rule, Shape, Side, StaySum, SumOf, Summed,
};
use jihe_terms::decimal_text;
use serde::{Deserialize, Serialize};

use crate::article;
use crate::expression::{self, Names};
use crate::value::trimmed;

/// A rule in words.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct RuleWords {
    /// Id.
    pub(crate) id: String,
    /// Version.
    pub(crate) version: String,
    /// Family.
    pub(crate) family: String,
    /// Title in Chinese.
    pub(crate) title_zh: String,
    /// Title in English.
    pub(crate) title_en: String,
    /// What it says in Chinese.
    pub(crate) what_zh: String,
    /// What it says in English.
    pub(crate) what_en: String,
    /// Why it is there, in Chinese.
    pub(crate) why_zh: String,
    /// Why it is there, in English.
    pub(crate) why_en: String,
    /// Article key.
    pub(crate) article: String,
    /// Article as cited.
    pub(crate) article_zh: String,
    /// Day on which the article was last read by the pack's author.
    pub(crate) article_checked: Option<String>,
    /// Class of the national library.
    pub(crate) class: Option<String>,
    /// Statements covered.
    pub(crate) covers: Vec<String>,
    /// Days of service.
    pub(crate) range: String,
    /// Status.
    pub(crate) status: String,
    /// Grade.
    pub(crate) grade: String,
    /// Rules that go before it.
    pub(crate) yields_to: Vec<String>,
    /// Which lines or stays it looks at.
    pub(crate) scope: Option<String>,
    /// Its question.
    pub(crate) test: Vec<String>,
    /// Exceptions.
    pub(crate) exceptions: Vec<ExceptionWords>,
    /// Parameters.
    pub(crate) params: Vec<ParamWords>,
    /// Sentence in Chinese, names in braces.
    pub(crate) message_zh: String,
    /// Sentence in English.
    pub(crate) message_en: String,
    /// File inside the pack.
    pub(crate) file: String,
}

/// An exception in words.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct ExceptionWords {
    /// Name.
    pub(crate) name: String,
    /// When it applies.
    pub(crate) when: String,
}

/// A parameter in words.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct ParamWords {
    /// Name.
    pub(crate) name: String,
    /// Unit.
    pub(crate) unit: String,
    /// Values by days of service.
    pub(crate) values: Vec<String>,
    /// Lowest value allowed to local packs.
    pub(crate) min: String,
    /// Highest value allowed to local packs.
    pub(crate) max: String,
    /// Where it is from.
    pub(crate) cite: String,
}

/// Puts all rules of a plan into words, in the order of the plan.
pub(crate) fn words(plan: &Plan) -> Vec<RuleWords> {
    plan.rules.iter().map(|rule| rule_words(plan, rule)).collect()
}

fn rule_words(plan: &Plan, rule: &Rule) -> RuleWords {
    let names = expression::names(plan, rule);
    let exceptions = rule.exceptions.iter().map(|exception| ExceptionWords {
        name: exception.name.clone(),
        when: expression::text(&exception.when, names),
    });
    RuleWords {
        id: rule.id.clone(),
        version: rule.version.clone(),
        family: rule.family.word().to_owned(),
        title_zh: rule.title.zh.clone(),
        title_en: rule.title.en.clone(),
        what_zh: rule.what.zh.clone(),
        what_en: rule.what.en.clone(),
        why_zh: rule.why.zh.clone(),
        why_en: rule.why.en.clone(),
        article: rule.article.key().to_owned(),
        article_zh: article::cite(plan, &rule.article),
        article_checked: article::checked_on(plan, &rule.article),
        class: rule.class.clone(),
        covers: rule.covers.clone(),
        range: rule.range.to_string(),
        status: rule.status.word().to_owned(),
        grade: rule.grade.word().to_owned(),
        yields_to: rule.yields_to.clone(),
        scope: rule.scope.as_ref().map(|scope| expression::text(scope, names)),
        test: test(&rule.shape, rule, names),
        exceptions: exceptions.collect(),
        params: rule.params.iter().map(param_words).collect(),
        message_zh: message(&rule.message_zh, rule, names),
        message_en: message(&rule.message_en, rule, names),
        file: rule.file.clone(),
    }
}

fn param_words(param: &Param) -> ParamWords {
    let values = param.values.iter();
    ParamWords {
        name: param.name.clone(),
        unit: param.unit.clone(),
        values: values
            .map(|(range, value)| format!("{range}: {}", typed(*value, param.ty)))
            .collect(),
        min: typed(param.min, param.ty),
        max: typed(param.max, param.ty),
        cite: param.cite.clone(),
    }
}

fn typed(value: i64, ty: Type) -> String {
    match ty {
        Type::Number(2) => decimal_text(i128::from(value), 2),
        Type::Number(scale) => trimmed(value, scale),
        Type::Bool | Type::Code | Type::Day | Type::Moment => value.to_string(),
    }
}

fn message(pieces: &[Piece], rule: &Rule, names: Names<'_>) -> String {
    let piece = |piece: &Piece| match piece {
        Piece::Text(text) => text.clone(),
        Piece::Basic(name) => format!("{{{name}}}"),
        Piece::Value(place) => match rule.shape.value_names().get(*place) {
            Some(name) => format!("{{{name}}}"),
            None => rule
                .values
                .get(*place)
                .map_or_else(String::new, |expr| format!("{{{}}}", expression::text(expr, names))),
        },
    };
    pieces.iter().map(piece).collect()
}

/// The question of a rule, one statement a line.
#[expect(clippy::too_many_lines, reason = "one arm for each shape")]
fn test(shape: &Shape, rule: &Rule, names: Names<'_>) -> Vec<String> {
    let expr = |expr: &Expr| expression::text(expr, names);
    let param = |place: usize| rule.params.get(place).map_or("?", |param| param.name.as_str());
    match shape {
        Shape::LineTest { lookup, test, none_of, unlisted, cut } => {
            let how = match (none_of, unlisted) {
                (true, true) => "hit when the item has no row, or none of them has",
                (true, false) => "hit when no row has",
                (false, _) => "hit when",
            };
            let mut lines = lookup_lines(lookup.as_ref(), names);
            lines.push(format!("{how}: {}", expr(test)));
            lines.push(cut_text(cut, names));
            lines
        }
        Shape::SumLimit { lookup, per, of, max } => {
            let of = match of {
                Summed::Units => "cnt",
                Summed::InPolicy => "inscp_scp_amt",
            };
            let mut lines = lookup_lines(lookup.as_ref(), names);
            lines.push(format!(
                "hit when: sum({of}) per ({}) > {}",
                key_words(per, names),
                expr(max)
            ));
            lines
        }
        Shape::CountLimit(limit) => count_lines(limit, names),
        Shape::TotalLimit { lookup, per, of, max } => {
            let mut lines = lookup_lines(lookup.as_ref(), names);
            let (of, per, max) = (expr(of), key_words(per, names), expr(max));
            lines.push(format!("hit when: sum({of}) per ({per}) over all persons > {max}"));
            lines.push("cut: none".to_owned());
            lines
        }
        Shape::Period { lookup, days, max_count } => {
            let mut lines = lookup_lines(Some(lookup), names);
            let (days, count) = (expr(days), expr(max_count));
            lines
                .push(format!("hit when: at least {count} paid uses less than {days} days before"));
            lines
        }
        Shape::SameLine => vec!["hit when: the same line was billed before".to_owned()],
        Shape::Contained { table } => {
            vec![format!("hit when: item_b is billed beside its item_a of table {table}")]
        }
        Shape::SettledTwice => {
            vec!["hit when: the same service stands in an earlier settlement".to_owned()]
        }
        Shape::Split { table } => vec![format!(
            "hit when: all parts of a set of table {table} cost more in one day than the whole"
        )],
        Shape::Discounted { table } => vec![format!(
            "hit when: pric > discount * price of the item, from the second of a group of table \
             {table} in one encounter on"
        )],
        Shape::Companion { table } => vec![format!(
            "hit when: none of the items that it needs by table {table} is in the encounter"
        )],
        Shape::Incompatible { table } => vec![
            format!("hit when: item_a and item_b of table {table} are in one prescription"),
            "cut: none".to_owned(),
        ],
        Shape::OverSupply => vec!["hit when: days of supply > limit of the kind".to_owned()],
        Shape::SupplyLimit { limits } => limits
            .iter()
            .map(|case| {
                let days = expr(&case.days);
                let when = case.when.as_ref().map(|when| format!(" when {}", expr(when)));
                format!("limit: {days} days{}", when.unwrap_or_default())
            })
            .collect(),
        Shape::OverDose => vec!["hit when: daily dose > row.daily_max".to_owned()],
        Shape::EarlyRefill { allowance, chronic_allowance } => vec![format!(
            "hit when: days on hand > {} ({} for kind chronic)",
            param(*allowance),
            param(*chronic_allowance)
        )],
        Shape::SplitStay { bands } => bands
            .iter()
            .map(|band| format!("{}: gap in days <= {}", band.grade.word(), param(band.upto)))
            .collect(),
        Shape::OverlapStay => vec!["hit when: admission day < earlier discharge day".to_owned()],
        Shape::VisitDuringStay => {
            vec!["hit when: admission day < day < discharge day of a stay elsewhere".to_owned()]
        }
        Shape::SoldOverStock { tolerance } => {
            vec![format!("hit when: sum(cnt) > available * (1 + {})", param(*tolerance))]
        }
        Shape::StaySums { sums, hit, cuts } => sums_lines(sums, (hit, *cuts), names),
        Shape::EmptyBed { bed, care, days } => vec![
            format!("a day counts with a line where {}", expr(bed)),
            format!("and none where {}", expr(care)),
            format!("hit when: at least {} such days in a row", param(*days)),
        ],
        Shape::Beds { tolerance } => {
            vec![format!("hit when: stays on a day > aprv_bed_cnt * (1 + {})", param(*tolerance))]
        }
        Shape::TwoPlaces { minutes } => {
            vec![format!("hit when: a line elsewhere at most {} minutes before", param(*minutes))]
        }
        Shape::Ratio(ratio) => ratio_lines(ratio, rule, names),
        Shape::Conditions(all) => condition_lines(all, names),
        Shape::NeverBought { days } => vec![format!(
            "hit when: nothing of the item came in on the day or {} days before",
            param(*days)
        )],
        Shape::TraceReused => vec!["hit when: the trace code was used before".to_owned()],
        Shape::Settlement { tolerance } => vec![settlement_text(param(*tolerance))],
    }
}

fn sums_lines(sums: &[StaySum], (hit, cuts): (&Expr, bool), names: Names<'_>) -> Vec<String> {
    let of = |of: SumOf| if of == SumOf::Amount { "sum of amounts" } else { "count" };
    let sum = |sum: &StaySum| {
        let lines = if sum.when == Expr::Literal(Literal::Bool(true)) {
            "all lines".to_owned()
        } else {
            format!("lines with {}", expression::text(&sum.when, names))
        };
        format!("{}: {} of {lines}", sum.name, of(sum.of))
    };
    let mut lines: Vec<String> = sums.iter().map(sum).collect();
    lines.push(format!("hit when: {}", expression::text(hit, names)));
    lines.push(if cuts { "cut: whole" } else { "cut: none" }.to_owned());
    lines
}

fn condition_lines(all: &Conditions, names: Names<'_>) -> Vec<String> {
    let count = |count: &StaySum| {
        format!("{}: practitioners with {}", count.name, expression::text(&count.when, names))
    };
    let hit =
        |one: &Condition| format!("{}: hit when {}", one.name, expression::text(&one.hit, names));
    let counts = all.counts.iter().map(count);
    counts.chain(all.conditions.iter().map(hit)).collect()
}

fn ratio_lines(ratio: &Ratio, rule: &Rule, names: Names<'_>) -> Vec<String> {
    let expr = |expr: &Expr| expression::text(expr, names);
    let param = |place: usize| rule.params.get(place).map_or("?", |param| param.name.as_str());
    let part = match (&ratio.part, &ratio.classes) {
        (Some(part), _) => format!(" where {}", expr(part)),
        (None, Some(classes)) => format!(" of each class of table {classes}"),
        (None, None) => String::new(),
    };
    let (above, below) = (expr(&ratio.above), expr(&ratio.below));
    let (sign, way) = match ratio.side {
        Side::High => (">", "1 +"),
        Side::Low => ("<", "1 -"),
    };
    let (distance, peers) = (param(ratio.distance), param(ratio.peers));
    vec![
        format!("rate: sum({above}){part} / sum({below}) over the {}", ratio.over.word()),
        format!("hit when: rate {sign} target of table indicator_target"),
        format!(
            "without a target: rate {sign} median of at least {peers} peers * ({way} {distance})"
        ),
    ]
}

fn settlement_text(tolerance: &str) -> String {
    format!("hit when: |fund_pay_sumamt - what the policy comes to| > {tolerance}")
}

fn lookup_lines(lookup: Option<&Lookup>, names: Names<'_>) -> Vec<String> {
    lookup.map_or_else(Vec::new, |lookup| {
        let matching = lookup.matching.as_ref();
        let matching = matching
            .map_or_else(String::new, |expr| format!(" where {}", expression::text(expr, names)));
        vec![format!("row: {} of the item in force{matching}", lookup.table)]
    })
}

fn cut_text(cut: &CutRule, names: Names<'_>) -> String {
    match cut {
        CutRule::Whole => "cut: whole".to_owned(),
        CutRule::Price(expr) => format!("cut: price {}", expression::text(expr, names)),
        CutRule::Amount(expr) => format!("cut: amount {}", expression::text(expr, names)),
        CutRule::Units(expr) => format!("cut: units {}", expression::text(expr, names)),
        CutRule::None => "cut: none".to_owned(),
    }
}

fn count_lines(limit: &CountLimit, names: Names<'_>) -> Vec<String> {
    let expr = |expr: &Expr| expression::text(expr, names);
    let counted = match limit.counted {
        Counted::Items => "items",
        Counted::Days => "days",
        Counted::Encounters => "encounters",
    };
    let mut lines = lookup_lines(limit.lookup.as_ref(), names);
    for per in [Some(&limit.per), limit.also_per.as_ref()].into_iter().flatten() {
        let (per, max) = (key_words(per, names), expr(&limit.max));
        let within = limit.within.as_ref();
        let within = within.map_or_else(String::new, |days| format!(" within {} days", expr(days)));
        lines.push(format!("hit when: count({counted}) per ({per}){within} > {max}"));
    }
    if limit.keeps_largest {
        lines.push("keep: the largest inscp_scp_amt".to_owned());
    }
    lines.push(if limit.cuts { "cut: whole" } else { "cut: none" }.to_owned());
    lines
}

fn key_words(per: &[KeyPart], names: Names<'_>) -> String {
    let words: Vec<String> = per.iter().map(|part| key_word(*part, names)).collect();
    words.join(", ")
}

fn key_word(part: KeyPart, names: Names<'_>) -> String {
    let word = match part {
        KeyPart::Person => "person",
        KeyPart::Encounter => "encounter",
        KeyPart::Institution => "institution",
        KeyPart::Item => "item",
        KeyPart::Day => "day",
        KeyPart::RowPer => "row.per",
        KeyPart::RowWindow => "row.window",
        KeyPart::Prescription => "prescription",
        KeyPart::RowCode(place) => {
            return expression::text(&Expr::Row(place, Type::Code), names);
        }
        KeyPart::OfItem(derived) => return expression::text(&Expr::Derived(derived), names),
        KeyPart::LineCode(place) => {
            return expression::text(&Expr::Column(Source::Line, place, Type::Code), names);
        }
    };
    word.to_owned()
}
