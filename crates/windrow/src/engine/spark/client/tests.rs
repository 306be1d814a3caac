//! Tests of the client: what needs no server, and with `--ignored` what does.

mod address;
mod batches;
mod live;
mod nowhere;
mod proxy;
mod secure;
mod server;
mod sessions;
