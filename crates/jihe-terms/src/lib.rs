//! The words of adjudication as checked types: money, price, quantity, rate, day, grade, article.
//!
//! Each type holds an integer in its smallest unit and has a checked constructor; there is one
//! rounding function, [`half_up`]. The names and types of the platform's columns are in
//! [`schema`]. Nothing here knows files, Arrow or rules.

pub mod day;
pub mod dealt;
pub mod decimal;
pub mod digits;
pub mod grade;
pub mod money;
pub mod schema;
pub mod sums;
pub mod texts;

pub use day::{Day, DayRange, Moment, SECONDS_PER_DAY, day_of};
pub use dealt::{dealt, end_to_end};
pub use decimal::{Malformed, decimal_text, parse_decimal, write_decimal};
pub use grade::{Article, Grade, Status};
pub use money::{Money, Price, Quantity, Rate, half_up};
pub use sums::Sums;
pub use texts::Texts;

/// The missing value of a code column.
pub const NO_CODE: u32 = u32::MAX;
/// The missing value of a number, price, quantity or moment column.
pub const NO_NUMBER: i64 = i64::MIN;
/// The missing value of a day column.
pub const NO_DAY: i32 = i32::MIN;
