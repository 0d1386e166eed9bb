//! Expression text to a tree without types: SQL's scalar syntax.
//!
//! Precedence, weakest first: `or`, `and`, `not`, comparisons with `in`, `between`, `like` and
//! `is null`, `+ -`, `*`, unary minus. Depth, length and number of nodes are limited, so that no
//! text exhausts the stack.

use jihe_terms::Day;

use crate::expr::{Arithmetic, Compare};
use crate::parse::sink::Fault;
use crate::parse::source::Spot;
use crate::parse::syntax_faults::{expected, stray, too_deep};
use crate::parse::token::{Kind, Token, tokens};
use crate::parse::tree::{Node, Syntax};

/// Levels of nesting.
pub(crate) const MAX_DEPTH: u32 = 64;
/// Bytes of one expression.
pub(crate) const MAX_BYTES: usize = 64 * 1024;
/// Nodes of one expression.
pub(crate) const MAX_NODES: usize = 10_000;

/// A fault of syntax and where it is.
pub(crate) type Failure = (Spot, Fault);

/// Reads a whole expression.
///
/// # Errors
///
/// The first place that does not fit.
pub(crate) fn parse(text: &str) -> Result<Node, Failure> {
    if MAX_BYTES < text.len() {
        let fault = Fault::new("too-long", format!("expression is too long: {} bytes", text.len()))
            .why(format!("an expression has at most {MAX_BYTES} bytes"))
            .todo("put the list into a table of the pack and use listed('table', x)");
        return Err((Spot::new(0, text.len()), fault));
    }
    let tokens = tokens(text).map_err(|spot| (spot, stray(text, spot)))?;
    let end = Spot::new(text.len(), text.len());
    let mut parser = Parser { tokens, next: 0, depth: 0, n_nodes: 0, end };
    let node = parser.either()?;
    match parser.peek() {
        None => Ok(node),
        Some(token) => Err((token.spot, expected("the end of the expression", Some(token)))),
    }
}

/// Words that are no names.
pub(crate) const KEYWORDS: &[&str] = &[
    "and", "or", "not", "in", "between", "is", "null", "like", "true", "false", "unknown", "date",
];

struct Parser {
    tokens: Vec<Token>,
    next: usize,
    depth: u32,
    n_nodes: usize,
    end: Spot,
}

impl Parser {
    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.next)
    }

    fn spot(&self) -> Spot {
        self.peek().map_or(self.end, |token| token.spot)
    }

    fn sign(&mut self, sign: &str) -> bool {
        let found = matches!(self.peek(), Some(Token { kind: Kind::Sign(it), .. }) if *it == sign);
        self.next = self.next.saturating_add(usize::from(found));
        found
    }

    fn is_word(&self, ahead: usize, word: &str) -> bool {
        let token = self.tokens.get(self.next.saturating_add(ahead));
        matches!(token, Some(Token { kind: Kind::Word(it), .. }) if it.eq_ignore_ascii_case(word))
    }

    fn word(&mut self, word: &str) -> bool {
        let found = self.is_word(0, word);
        self.next = self.next.saturating_add(usize::from(found));
        found
    }

    fn need_sign(&mut self, sign: &str) -> Result<Spot, Failure> {
        let spot = self.spot();
        if self.sign(sign) { Ok(spot) } else { Err((spot, expected(sign, self.peek()))) }
    }

    fn need_word(&mut self, word: &str) -> Result<(), Failure> {
        if self.word(word) { Ok(()) } else { Err((self.spot(), expected(word, self.peek()))) }
    }

    /// Makes a node over its children.
    fn node(&mut self, what: Syntax, spot: Spot, children_depth: u32) -> Result<Node, Failure> {
        self.n_nodes = self.n_nodes.saturating_add(1);
        if MAX_NODES < self.n_nodes {
            let fault =
                Fault::new("too-large", format!("expression has more than {MAX_NODES} parts"))
                    .why("the work for each line must stay bounded")
                    .todo("put the list into a table of the pack and use listed('table', x)");
            return Err((spot, fault));
        }
        let depth = children_depth.saturating_add(1);
        if MAX_DEPTH < depth {
            return Err((spot, too_deep()));
        }
        Ok(Node { what, spot, depth })
    }

    fn deeper(
        &mut self,
        inner: impl FnOnce(&mut Self) -> Result<Node, Failure>,
    ) -> Result<Node, Failure> {
        if MAX_DEPTH <= self.depth {
            return Err((self.spot(), too_deep()));
        }
        self.depth = self.depth.saturating_add(1);
        let node = inner(self);
        self.depth = self.depth.saturating_sub(1);
        node
    }

    fn either(&mut self) -> Result<Node, Failure> {
        let first = self.both()?;
        if !self.is_word(0, "or") {
            return Ok(first);
        }
        let mut parts = vec![first];
        while self.word("or") {
            parts.push(self.both()?);
        }
        let (spot, depth) = span(&parts);
        self.node(Syntax::Or(parts), spot, depth)
    }

    fn both(&mut self) -> Result<Node, Failure> {
        let first = self.negation()?;
        if !self.is_word(0, "and") {
            return Ok(first);
        }
        let mut parts = vec![first];
        while self.word("and") {
            parts.push(self.negation()?);
        }
        let (spot, depth) = span(&parts);
        self.node(Syntax::And(parts), spot, depth)
    }

    fn negation(&mut self) -> Result<Node, Failure> {
        let start = self.spot();
        if !self.word("not") {
            return self.test();
        }
        let inner = self.deeper(Self::negation)?;
        self.negated(start, inner)
    }

    fn negated(&mut self, start: Spot, inner: Node) -> Result<Node, Failure> {
        let (spot, depth) = (start.to(inner.spot), inner.depth);
        self.node(Syntax::Not(Box::new(inner)), spot, depth)
    }

    fn test(&mut self) -> Result<Node, Failure> {
        let left = self.sum()?;
        let start = left.spot;
        let negated = self.is_word(0, "not")
            && ["in", "between", "like"].iter().any(|word| self.is_word(1, word));
        if negated {
            self.next = self.next.saturating_add(1);
        }
        if self.word("in") {
            let node = self.list(left)?;
            return if negated { self.negated(start, node) } else { Ok(node) };
        }
        if self.word("between") {
            let low = self.sum()?;
            self.need_word("and")?;
            let high = self.sum()?;
            let (spot, depth) = (start.to(high.spot), left.depth.max(low.depth).max(high.depth));
            let what = Syntax::Between(Box::new(left), Box::new(low), Box::new(high));
            let node = self.node(what, spot, depth)?;
            return if negated { self.negated(start, node) } else { Ok(node) };
        }
        if self.word("like") {
            let node = self.pattern(left)?;
            return if negated { self.negated(start, node) } else { Ok(node) };
        }
        if self.word("is") {
            let not = self.word("not");
            let spot = start.to(self.spot());
            self.need_word("null")?;
            let depth = left.depth;
            let node = self.node(Syntax::IsNull(Box::new(left)), spot, depth)?;
            return if not { self.negated(start, node) } else { Ok(node) };
        }
        self.comparison(left)
    }

    fn comparison(&mut self, left: Node) -> Result<Node, Failure> {
        let signs = [
            ("=", Compare::Equal),
            ("<>", Compare::NotEqual),
            ("<=", Compare::LessOrEqual),
            (">=", Compare::GreaterOrEqual),
            ("<", Compare::Less),
            (">", Compare::Greater),
        ];
        for (sign, compare) in signs {
            if self.sign(sign) {
                let right = self.sum()?;
                let (spot, depth) = (left.spot.to(right.spot), left.depth.max(right.depth));
                let what = Syntax::Compare(compare, Box::new(left), Box::new(right));
                return self.node(what, spot, depth);
            }
        }
        Ok(left)
    }

    fn list(&mut self, left: Node) -> Result<Node, Failure> {
        self.need_sign("(")?;
        let mut values = vec![self.deeper(Self::sum)?];
        while self.sign(",") {
            values.push(self.deeper(Self::sum)?);
        }
        let end = self.need_sign(")")?;
        let (_, depth) = span(&values);
        let (spot, depth) = (left.spot.to(end), depth.max(left.depth));
        self.node(Syntax::In(Box::new(left), values), spot, depth)
    }

    fn pattern(&mut self, left: Node) -> Result<Node, Failure> {
        let spot = self.spot();
        let Some(Token { kind: Kind::Text(text), .. }) = self.peek() else {
            return Err((spot, expected("a text as in like 'Z51%'", self.peek())));
        };
        let prefix = text.strip_suffix('%').unwrap_or("").to_owned();
        if prefix.is_empty() || prefix.contains(['%', '_']) {
            let fault = Fault::new("syntax", format!("pattern is not supported: '{text}'"))
                .why("only a beginning can be tested: letters, then one % at the end")
                .todo("write like 'Z51%', or compare with = or in");
            return Err((spot, fault));
        }
        self.next = self.next.saturating_add(1);
        let (spot, depth) = (left.spot.to(spot), left.depth);
        self.node(Syntax::Like(Box::new(left), prefix), spot, depth)
    }

    fn sum(&mut self) -> Result<Node, Failure> {
        let mut left = self.product()?;
        loop {
            let how = match (self.sign("+"), self.sign("-")) {
                (true, _) => Arithmetic::Add,
                (_, true) => Arithmetic::Subtract,
                (false, false) => return Ok(left),
            };
            let right = self.product()?;
            left = self.arithmetic(how, left, right)?;
        }
    }

    fn product(&mut self) -> Result<Node, Failure> {
        let mut left = self.unary()?;
        while self.sign("*") {
            let right = self.unary()?;
            left = self.arithmetic(Arithmetic::Multiply, left, right)?;
        }
        Ok(left)
    }

    fn arithmetic(&mut self, how: Arithmetic, left: Node, right: Node) -> Result<Node, Failure> {
        let (spot, depth) = (left.spot.to(right.spot), left.depth.max(right.depth));
        self.node(Syntax::Arithmetic(how, Box::new(left), Box::new(right)), spot, depth)
    }

    fn unary(&mut self) -> Result<Node, Failure> {
        let start = self.spot();
        if !self.sign("-") {
            return self.primary();
        }
        let inner = self.deeper(Self::unary)?;
        let (spot, depth) = (start.to(inner.spot), inner.depth);
        self.node(Syntax::Minus(Box::new(inner)), spot, depth)
    }

    fn primary(&mut self) -> Result<Node, Failure> {
        let spot = self.spot();
        if self.sign("(") {
            let inner = self.deeper(Self::either)?;
            let end = self.need_sign(")")?;
            return Ok(Node { spot: spot.to(end), ..inner });
        }
        let Some(kind) = self.peek().map(|token| token.kind.clone()) else {
            return Err((spot, expected("a value", None)));
        };
        match kind {
            Kind::Text(text) => {
                self.next = self.next.saturating_add(1);
                self.node(Syntax::Text(text), spot, 0)
            }
            Kind::Number(number) => {
                self.next = self.next.saturating_add(1);
                self.node(Syntax::Number(number), spot, 0)
            }
            Kind::Word(word) => self.named(&word, spot),
            Kind::Sign(_) => Err((spot, expected("a value", self.peek()))),
        }
    }

    fn named(&mut self, word: &str, spot: Spot) -> Result<Node, Failure> {
        let lower = word.to_ascii_lowercase();
        let constant = match lower.as_str() {
            "true" => Some(Syntax::Bool(true)),
            "false" => Some(Syntax::Bool(false)),
            "null" => Some(Syntax::Null),
            "unknown" => Some(Syntax::Unknown),
            "date" => return self.date(spot),
            other if KEYWORDS.contains(&other) => {
                return Err((spot, expected("a value", self.peek())));
            }
            _ => None,
        };
        self.next = self.next.saturating_add(1);
        if let Some(constant) = constant {
            return self.node(constant, spot, 0);
        }
        if !self.sign("(") {
            return self.node(Syntax::Name(word.to_owned()), spot, 0);
        }
        let mut arguments = Vec::new();
        if !matches!(self.peek(), Some(Token { kind: Kind::Sign(")"), .. })) {
            arguments.push(self.deeper(Self::either)?);
            while self.sign(",") {
                arguments.push(self.deeper(Self::either)?);
            }
        }
        let end = self.need_sign(")")?;
        let (_, depth) = span(&arguments);
        self.node(Syntax::Call(lower, arguments), spot.to(end), depth)
    }

    fn date(&mut self, start: Spot) -> Result<Node, Failure> {
        self.next = self.next.saturating_add(1);
        let spot = self.spot();
        let Some(Token { kind: Kind::Text(text), .. }) = self.peek() else {
            return Err((spot, expected("a day as in date '2026-10-01'", self.peek())));
        };
        let Ok(day) = Day::parse(text) else {
            let fault = Fault::new("bad-date", format!("no such day: '{text}'"))
                .why("days are written yyyy-MM-dd")
                .todo("write a day of the calendar, as in date '2026-10-01'");
            return Err((spot, fault));
        };
        self.next = self.next.saturating_add(1);
        self.node(Syntax::Date(day), start.to(spot), 0)
    }
}

fn span(parts: &[Node]) -> (Spot, u32) {
    let first = parts.first().map_or_else(Spot::default, |node| node.spot);
    let last = parts.last().map_or_else(Spot::default, |node| node.spot);
    (first.to(last), parts.iter().map(|node| node.depth).max().unwrap_or(0))
}
