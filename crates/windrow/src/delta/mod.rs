//! Delta tables, as windrow keeps and publishes them: the storage floor of the ledger and of the published tables.

pub mod store;

pub use store::Store;
