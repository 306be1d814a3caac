//! Text for people: names and values from data, made safe to show and to fit, numbers, and words for a shell.

pub mod escape;
mod named;
pub mod number;
pub mod percent;
pub mod shell;
pub mod suggest;
pub(crate) mod variable;
pub mod width;

pub(crate) use named::named;
