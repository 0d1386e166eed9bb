//! Text to syntax: files, TOML trees, expressions, sentences, CSV rows. Places are kept; every fault
//! goes to the [`sink::Sink`] and reading goes on.

pub(crate) mod fields;
pub(crate) mod folder;
pub(crate) mod pack_file;
pub(crate) mod param_file;
pub(crate) mod question;
pub(crate) mod records;
pub(crate) mod rule_file;
pub(crate) mod sentence;
pub(crate) mod sink;
pub(crate) mod source;
pub(crate) mod syntax;
pub(crate) mod syntax_faults;
pub(crate) mod table_file;
pub(crate) mod token;
pub(crate) mod tree;
