//! The tree of an expression before names and types are known.

use jihe_terms::Day;

use crate::expr::{Arithmetic, Compare};
use crate::parse::source::Spot;

/// A piece of an expression.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    pub(crate) what: Syntax,
    pub(crate) spot: Spot,
    /// Levels below and with it.
    pub(crate) depth: u32,
}

/// What a piece is.
#[derive(Clone, Debug)]
pub(crate) enum Syntax {
    Name(String),
    Text(String),
    Number(String),
    Date(Day),
    Bool(bool),
    Null,
    /// `unknown`: neither true nor false.
    Unknown,
    Call(String, Vec<Node>),
    Not(Box<Node>),
    Minus(Box<Node>),
    And(Vec<Node>),
    Or(Vec<Node>),
    Compare(Compare, Box<Node>, Box<Node>),
    Arithmetic(Arithmetic, Box<Node>, Box<Node>),
    In(Box<Node>, Vec<Node>),
    Between(Box<Node>, Box<Node>, Box<Node>),
    IsNull(Box<Node>),
    Like(Box<Node>, String),
}
