//! What the tests of the project stand on: the independent judge and months to judge.

pub mod generate;
pub mod oracle;
pub mod synth;
