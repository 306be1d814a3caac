//! Text for people: names and values from data, made safe to show, and words for a shell.

pub mod escape;
pub mod shell;
