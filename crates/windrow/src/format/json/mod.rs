//! JSON: where in the objects of a file is what a job names, a first look at them, and how they become events.

mod decoder;
mod fast_path;
mod objects;
mod records;
mod sample;

pub(crate) use decoder::{JsonDecoder, guess};
pub use objects::said;
pub(crate) use objects::{Objects, paths};
pub(crate) use sample::sample;
pub use windrow_scan::json::ObjectShape;
