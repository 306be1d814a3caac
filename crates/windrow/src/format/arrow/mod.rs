//! Tables in memory, in the layout of Arrow: where in them is what a job names, a first look at them, and how their rows become
//! events. What their values are as times and as texts is what those of Parquet are (`format/parquet`).

mod decoder;
mod path;
mod sample;
mod table;
#[cfg(test)]
mod tests;
mod texts;
mod values;

pub(crate) use decoder::ArrowDecoder;
pub(crate) use sample::sample;
pub(crate) use table::ArrowTable;
