//! The Spark engine: the same job on a user's Apache Spark, through Spark Connect.

#[cfg_attr(not(test), allow(dead_code))]
mod client;
