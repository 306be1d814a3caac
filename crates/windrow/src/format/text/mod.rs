//! Text logs: how their lines are taken apart, a first look at them, and how they become events.

mod decoder;
mod layout;
mod pattern;
mod preset;
mod reader;
mod records;
mod sample;
#[cfg(test)]
mod tests;

pub(crate) use decoder::{TextDecoder, guess};
pub(crate) use layout::TextLayout;
pub use pattern::TextPattern;
pub use preset::Preset;
pub(crate) use preset::{of_head, seen_in};
pub(crate) use sample::sample;
