//! Text for people: names and values from data, made safe to show and to fit, numbers, and words for a shell.

pub mod escape;
pub mod number;
pub mod percent;
pub mod shell;
pub(crate) mod variable;
pub mod width;
