//! A month of three lines with three findings, for the tests of this crate.

use std::collections::BTreeMap;

use jihe_catalogue::{ColumnSpec, InForce, Origin, Table, TableSpec};
use jihe_frame::{
    Benefits, Codes, Column, Counts, Coverage, Cut, Defect, Entities, Evidence, Exempt, FindingId,
    Hit, HitLine, Hits, InputFile, KeptLines, Lack, LinePart, Lines, NetMonth, Relation, Reversal,
    Review, Value,
};
use jihe_rules::expr::{Compare, Derived, Expr, Literal, Type};
use jihe_rules::plan::{
    Bilingual, CutRule, Exception, Family, Lookup, Param, Piece, Plan, Rule, Shape,
};
use jihe_settle::{
    FoundLines, Ledger, LineTotals, PartTotals, Settling, Stage, Terms, Terrain, Walking,
};
use jihe_terms::schema::{Kind, TableName};
use jihe_terms::{Article, DayRange, Grade, NO_CODE, Status, Texts};

use crate::scored::{ItemNames, RowSource, Scored};

/// 2025-01-02.
const DAY: i32 = 20_090;

/// The ids of its findings.
pub(crate) const IDS: [&str; 3] = [
    "aa010000000000000000000000000000",
    "bb020000000000000000000000000000",
    "cc030000000000000000000000000000",
];

/// A run in one piece.
pub(crate) struct Fixture {
    month: NetMonth,
    plan: Plan,
    hits: Hits,
    jr_ids: Vec<FindingId>,
    lines: KeptLines,
    items: (InForce, Texts),
    ledger: Ledger,
    coverage: Vec<Coverage>,
    exempts: Vec<Exempt>,
    arguments: Vec<(String, String)>,
    reviews: BTreeMap<String, Review>,
    benefits: Benefits,
}

/// The money of all findings, each of a person.
fn settled(
    month: &NetMonth,
    found: &FoundLines<'_>,
    rules: &[Terms],
    of_part: PartTotals,
) -> Ledger {
    let mut totals = LineTotals::new(month.settlements.len());
    totals.add(of_part);
    let on = Terrain { month, rules, stage: Stage::After };
    let nothing = (Hits::default(), KeptLines::default());
    let unplaced = FoundLines { hits: &nothing.0, ids: &[], lines: &nothing.1 };
    let walking = Walking::new(on, &unplaced, &|_| None);
    let mut settling = Settling::new(&walking, totals);
    let mut of_hits = walking.walk(found, 0..u32::MAX, &|_| None);
    settling.add(found, &mut of_hits);
    let Ledger { lines, credits, hits, .. } = of_hits;
    Ledger { lines, credits, hits, ..settling.finish() }
}

impl Fixture {
    /// Line L1 100.00, L2 3 × 120 = 360.00 with two cuts, L3 50.00 held; fund 300.00 of 460.00.
    pub(crate) fn new() -> Self {
        let ids = IDS.iter().filter_map(|id| FindingId::parse(id)).collect();
        Self::of(plan(), hits(), ids)
    }

    fn of(plan: Plan, hits: Hits, jr_ids: Vec<FindingId>) -> Self {
        let month = month();
        let terms: Vec<Terms> = (0_u32..)
            .zip(&plan.rules)
            .map(|(precedence, rule)| Terms {
                precedence,
                article: rule.article.clone(),
                status: rule.status,
            })
            .collect();
        let part = month.lines.load(0).unwrap();
        let lines = month.lines.fetch(&[0, 1, 2]).unwrap();
        let found = FoundLines { hits: &hits, ids: &jr_ids, lines: &lines };
        let ledger = settled(&month, &found, &terms, PartTotals::of(&part));
        let coverage = |rule, n_not_evaluable, lacks: &[Lack]| Coverage {
            rule,
            n_judged: 3,
            n_hit: 1,
            n_exempt: u64::from(rule == 2),
            n_not_evaluable,
            lacks: lacks.to_vec(),
            amt_not_evaluable: if n_not_evaluable == 0 { 0 } else { 100 },
        };
        Self {
            month,
            plan,
            hits,
            jr_ids,
            lines,
            items: items(),
            ledger,
            coverage: vec![
                coverage(0, 0, &[]),
                coverage(1, 1, &[Lack::Said("no level")]),
                coverage(2, 0, &[]),
            ],
            exempts: vec![Exempt { rule: 2, exception: 0, line: 0, encounter: 0, row: NO_CODE }],
            arguments: vec![("stage".to_owned(), "after".to_owned())],
            reviews: BTreeMap::new(),
            benefits: Benefits::default(),
        }
    }

    /// The same with another rule, a hit of it that shows L1 and L2, and what a benefit policy says.
    pub(crate) fn with_benefits(
        benefits: Benefits,
        rule: Rule,
        (hit, values): (Hit, &[Value]),
    ) -> Self {
        let (mut plan, mut hits) = (plan(), hits());
        let rule_place = u16::try_from(plan.rules.len()).unwrap();
        let lines = [0, 1].map(|line| HitLine::new(line, Evidence::Shown));
        hits.push(&Hit { rule: rule_place, ..hit }, &lines, values);
        hits.hits.swap(2, 3);
        plan.rules.push(rule);
        let ids = [IDS[0], IDS[1], "bc020000000000000000000000000000", IDS[2]];
        let ids = ids.iter().filter_map(|id| FindingId::parse(id)).collect();
        let mut all = Self::of(plan, hits, ids);
        all.coverage.push(Coverage { rule: rule_place, n_hit: 1, ..Coverage::default() });
        Self { benefits, ..all }
    }

    /// The run as the writers see it.
    pub(crate) fn scored(&self) -> Scored<'_> {
        Scored {
            month: &self.month,
            plan: &self.plan,
            hits: &self.hits,
            jr_ids: &self.jr_ids,
            further: &[],
            cuts: &[],
            lines: &self.lines,
            ledger: &self.ledger,
            coverage: &self.coverage,
            exempts: &self.exempts,
            benefits: &self.benefits,
            reviews: &self.reviews,
            stage: Stage::After,
            other_inputs: &[],
            items: ItemNames { rows: Some((&self.items.0, &self.items.1)) },
            reference_row: &reference_row,
            arguments: &self.arguments,
            version: "0.1.0",
        }
    }
}

/// Every item of the month has the same name.
fn items() -> (InForce, Texts) {
    let in_force = InForce::new(&[0, 1, 2, 3], &[DayRange::ALWAYS; 4]);
    (in_force, ["=监护"; 4].into_iter().collect())
}

fn reference_row<'a>(table: &str, row: u32) -> Option<RowSource<'a>> {
    (table == "price_limits").then(|| RowSource {
        file: "price_limits.csv",
        row: u64::from(row) + 2,
        basis: "价格目录",
    })
}

fn codes() -> Codes {
    let mut codes = Codes::default();
    for code in ["H1", "A", "B", "=X"] {
        codes.intern(code.as_bytes());
    }
    codes
}

fn entities(table: TableName, ids: &[&str], encounter: &[u32]) -> Entities {
    let n_rows = ids.len();
    Entities {
        ids: ids.iter().collect::<Texts>(),
        listed: vec![true; n_rows],
        person: (0..).take(n_rows).collect(),
        encounter: encounter.to_vec(),
        carried: vec![false; n_rows],
        file: Vec::new(),
        rows: Relation { n_rows, ..Relation::empty(table) },
    }
}

fn month() -> NetMonth {
    let mut settlements = entities(TableName::Settlements, &["S1"], &[0]);
    for (name, column) in [
        ("fixmedins_code", Column::Code(vec![0])),
        ("fund_pay_sumamt", Column::Number(vec![30_000])),
        ("inscp_scp_amt", Column::Number(vec![46_000])),
    ] {
        let place = TableName::Settlements.column(name).unwrap();
        settlements.rows.columns[place] = column;
    }
    let part = LinePart {
        key: ["L1", "L2", "L3"].iter().collect(),
        person: vec![0, 0, 1],
        encounter: vec![0, 0, 1],
        settlement: vec![0, 0, NO_CODE],
        institution: vec![0; 3],
        item: vec![1, 2, 3],
        // 2025-01-02, the first three hours.
        time: vec![1_735_776_000, 1_735_779_600, 1_735_783_200],
        day: vec![DAY; 3],
        cnt: vec![10_000, 30_000, 10_000],
        pric: vec![100_000_000, 120_000_000, 50_000_000],
        amount: vec![10_000, 36_000, 5_000],
        scp: vec![10_000, 36_000, 5_000],
        carried: vec![false; 3],
        ..LinePart::empty(0, 0..2)
    };
    NetMonth {
        cancelled: None,
        lacks: BTreeMap::new(),
        gaps: BTreeMap::new(),
        is_held: false,
        by_encounter: false,
        codes: codes(),
        persons: entities(TableName::Persons, &["SECRET-P1", "SECRET-P2"], &[NO_CODE; 2]),
        encounters: entities(TableName::Encounters, &["M1", "M2"], &[0, 1]),
        settlements,
        diagnoses: None,
        traces: None,
        lines: Lines::of_parts(vec![part]),
        last_day: Some(DAY),
        present: vec![TableName::Lines, TableName::Settlements],
        counts: BTreeMap::from([(
            TableName::Lines,
            Counts { read: 5, judged: 3, netted: 1, quarantined: 1 },
        )]),
        quarantine: [Defect {
            table: TableName::Lines,
            file: "lines.csv",
            row: 6,
            column: "cnt",
            reason: "not a plain value of this type",
            value: "-1e5",
        }]
        .into_iter()
        .collect(),
        reversals: vec![Reversal {
            table: TableName::Lines,
            key: "R1".to_owned(),
            fixmedins_code: "H1".to_owned(),
            amount_fen: -1_000,
            fund_fen: 0,
            reason: "no original".to_owned(),
        }],
        inputs: vec![InputFile {
            table: TableName::Lines,
            file: "lines.csv".to_owned(),
            n_bytes: 9,
            n_rows: 5,
            digest: "00".to_owned(),
        }],
    }
}

pub(crate) fn rule(id: &str, shape: Shape, grade: Grade, message_zh: Vec<Piece>) -> Rule {
    Rule {
        id: id.to_owned(),
        version: "1".to_owned(),
        family: Family::Pair,
        title: Bilingual { zh: format!("{id} 标题"), en: format!("{id} title") },
        what: Bilingual::default(),
        why: Bilingual::default(),
        article: Article::new("reg735/38.3").unwrap(),
        class: None,
        covers: Vec::new(),
        range: DayRange::ALWAYS,
        status: Status::Active,
        grade,
        yields_to: Vec::new(),
        scope: None,
        exceptions: Vec::new(),
        shape,
        params: Vec::new(),
        not_negative: Vec::new(),
        message_en: message_zh.clone(),
        message_zh,
        values: Vec::new(),
        file: format!("pair/{id}.toml"),
    }
}

fn words(text: &str) -> Piece {
    Piece::Text(text.to_owned())
}

fn plan() -> Plan {
    let contained = rule(
        "contained-item",
        Shape::Contained { table: "contained".to_owned() },
        Grade::Definite,
        vec![
            Piece::Basic("hilist_code"),
            words(" 已含于 "),
            Piece::Value(0),
            words("，扣 "),
            Piece::Value(3),
            words("，金额 "),
            Piece::Basic("amount"),
            words("，单价 "),
            Piece::Basic("pric"),
        ],
    );
    let ceiling = Expr::Row(3, Type::Number(6));
    let price = Rule {
        values: vec![ceiling.clone()],
        ..rule(
            "price-ceiling",
            Shape::LineTest {
                lookup: Some(Lookup { table: "price_limits".to_owned(), matching: None }),
                test: Expr::Literal(Literal::Bool(true)),
                none_of: false,
                unlisted: false,
                cut: CutRule::Price(ceiling),
            },
            Grade::Definite,
            vec![words("限价 "), Piece::Value(0)],
        )
    };
    let within = Expr::Compare(
        Compare::Less,
        Box::new(Expr::Derived(Derived::LengthOfStay)),
        Box::new(Expr::Param(0, Type::Number(0))),
    );
    let held = Rule {
        exceptions: vec![Exception { name: "short".to_owned(), when: within }],
        params: vec![Param {
            name: "days".to_owned(),
            unit: "day".to_owned(),
            ty: Type::Number(0),
            values: vec![(DayRange::ALWAYS, 3)],
            min: 0,
            max: 9,
            cite: "page 1".to_owned(),
        }],
        ..rule(
            "same-line-twice",
            Shape::SameLine,
            Grade::Likely,
            vec![words("同 "), Piece::Value(0), words("，共 "), Piece::Value(1)],
        )
    };
    Plan {
        pack: "national".to_owned(),
        title: Bilingual::default(),
        rules: vec![contained, price, held],
        tables: BTreeMap::from([("contained".to_owned(), contained_table())]),
        sources: BTreeMap::from([("reg735".to_owned(), "国务院令第735号".to_owned())]),
        replacements: Vec::new(),
        digests: vec![("pack.toml".to_owned(), "11".to_owned())],
    }
}

pub(crate) fn contained_table() -> Table {
    let text = |name: &str| ColumnSpec { name: name.to_owned(), kind: Kind::Code, required: true };
    let mut table = Table::new(TableSpec {
        name: "contained".to_owned(),
        columns: ["item_a", "item_b", "window"].map(text).to_vec(),
        key: Vec::new(),
    });
    table.files.push("tables/contained.csv".to_owned());
    let origin = Origin { file: 0, row: 12 };
    table.push(&["A", "B", "day"], DayRange::ALWAYS, "两库第七批 第11行", origin).unwrap();
    table
}

fn hits() -> Hits {
    let cut = |line, cut| HitLine::new(line, Evidence::Cut(cut));
    let hit = |rule, encounter, row| Hit {
        rule,
        grade: if rule == 2 { Grade::Likely } else { Grade::Definite },
        person: encounter,
        encounter,
        institution: 0,
        row,
        lines_from: 0,
        lines_until: 0,
        values_from: 0,
        n_value_bytes: 0,
        unknown_exceptions: u32::from(rule == 2),
    };
    let mut hits = Hits::default();
    let values = [
        Value::Code(1),
        Value::Number(10_000, 4),
        Value::Number(30_000, 4),
        Value::Number(10_000, 4),
    ];
    let lines = [cut(1, Cut::Units(10_000)), HitLine::new(0, Evidence::Shown)];
    hits.push(&hit(0, 0, 0), &lines, &values);
    let values = [Value::Number(100_500_000, 6)];
    hits.push(&hit(1, 0, 5), &[cut(1, Cut::Price(100_500_000))], &values);
    hits.push(&hit(2, 1, NO_CODE), &[cut(2, Cut::Whole)], &[Value::Int(0), Value::Int(2)]);
    hits
}
