//! Bytes to rows: one grammar per format, each with a plain automaton as its definition and a vector scanner that is
//! tested against it. The only crate of the project that holds unsafe code.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

pub mod csv;
