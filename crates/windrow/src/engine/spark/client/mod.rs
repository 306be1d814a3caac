//! The client of a Spark Connect server: a session, and queries whose rows arrive in order and exactly once.
//!
//! Messages and service are Apache's (`apache-spark-connect-proto`), the channel is tonic's. Apache's own transport,
//! `apache-spark-connect-core`, is not used: its 4.2.0 takes a stream that ends early for the end of the result
//! (SPARK-60739), although servers end every stream after some minutes, and nothing can be set on its channel.
//!
//! ```text
//! address ─▶ channel ─▶ link ─▶ operation ─▶ batches, watched
//! parameter   reach               fault, pulse
//! ```

mod address;
mod batches;
mod channel;
mod connect_error;
mod fault;
mod keepalive;
mod link;
mod operation;
mod parameter;
mod progress;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use arrow_array::RecordBatch;
use spark_connect_proto::Relation;
use tokio::runtime::{Builder, Handle, Runtime};

pub(in crate::engine::spark) use address::Address;
pub(in crate::engine::spark) use progress::QueryProgress;

use crate::clock::Stopwatch;
use crate::error::{Error, Result};
use crate::settings::{Settings, Stop};
use link::{Link, number};
use operation::{Heard, Operation};

/// Set on every session: compressed batches would need decoders that nothing else here does.
const UNCOMPRESSED: (&str, &str) = ("spark.sql.execution.arrow.compression.codec", "none");

/// The first version whose servers cut batches into chunks, and how large those should be, in bytes.
const CHUNKS: ((u32, u32), i64) = ((4, 1), 8 << 20);

/// A session on a Spark Connect server. Dropping it gives it back.
pub(in crate::engine::spark) struct Session {
    // None only while the session is dropped: a runtime has to be taken out to be left without waiting for it.
    runtime: Option<Runtime>,
    link: Link,
    tag: String,
    chunk_bytes: Option<i64>,
    stop: Stop,
}

impl Session {
    /// Opens a session on the server at `address`: `conf` are settings of the session, `tag` names this run's operations
    /// to those who look at the server.
    ///
    /// # Errors
    /// Storage: there is no Spark Connect server, or it does not answer within 15 s. Usage: it refuses the token or a
    /// setting, or its certificate is not accepted. Interrupted: `settings` asks for a stop.
    pub(in crate::engine::spark) fn open(
        address: &Address,
        conf: &BTreeMap<String, String>,
        tag: &str,
        settings: &Settings,
    ) -> Result<Session> {
        let runtime = Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| Error::io("cannot prepare the connection to Spark", &error))?;
        let stop = settings.stop.clone();
        let mut conf = conf.clone();
        conf.insert(UNCOMPRESSED.0.to_owned(), UNCOMPRESSED.1.to_owned());
        let started = Stopwatch::start();
        let opened = runtime.block_on(async {
            let mut link = Link::connect(address, &stop).await?;
            link.greet(started, &stop).await?;
            if let Err(error) = link.configure(&conf, &stop).await {
                // Some settings may have been taken.
                link.release().await;
                return Err(error);
            }
            Ok(link)
        });
        match opened {
            Ok(link) => Ok(Session {
                runtime: Some(runtime),
                chunk_bytes: (number(&link.version) >= CHUNKS.0).then_some(CHUNKS.1),
                link,
                // Spark separates tags by commas.
                tag: tag.replace(',', " ").trim().to_owned(),
                stop,
            }),
            Err(error) => {
                // A look-up of a name that hangs would be waited for.
                runtime.shutdown_background();
                Err(error)
            }
        }
    }

    /// Spark's version, as `4.3.0`.
    pub(in crate::engine::spark) fn version(&self) -> &str {
        &self.link.version
    }

    /// Says whether the job has settings of its own, which are then to be looked at where Spark refuses a query.
    pub(in crate::engine::spark) fn has_wishes(&mut self, has_wishes: bool) {
        self.link.has_wishes = has_wishes;
    }

    /// Has Spark look whether `relation` can be a query; nothing of it runs.
    ///
    /// # Errors
    /// Those of [`Session::query`] before anything runs.
    pub(in crate::engine::spark) fn analyze(&self, relation: Relation) -> Result<()> {
        let Some(runtime) = &self.runtime else { return Err(Error::bug("a session was used after its end")) };
        runtime.block_on(self.link.analyze(relation, &self.stop))
    }

    /// The files that `relation` reads, whether anything is in them, as URIs. Nothing of it runs.
    ///
    /// # Errors
    /// As [`Session::analyze`].
    pub(in crate::engine::spark) fn files_of(&self, relation: Relation) -> Result<Vec<String>> {
        let Some(runtime) = &self.runtime else { return Err(Error::bug("a session was used after its end")) };
        runtime.block_on(self.link.files_of(relation, &self.stop))
    }

    /// Runs `relation`. Hands every batch of its result to `each`, in order and exactly once, and how far it is to `watch`.
    ///
    /// Connections that break are taken up again. Nothing else goes on while `each` works, so that it may wait for
    /// whatever it likes.
    ///
    /// # Errors
    /// Those of `each`; storage: the query failed on the cluster, or the server is gone; bug or usage: Spark does not accept
    /// the query, or not with the settings of the job; interrupted: a stop was asked for. In every case the query is stopped on the server too.
    pub(in crate::engine::spark) fn query(
        &mut self,
        relation: Relation,
        watch: &mut dyn FnMut(&QueryProgress),
        each: &mut dyn FnMut(RecordBatch) -> Result<()>,
    ) -> Result<()> {
        let Some(runtime) = &self.runtime else { return Err(Error::bug("a session was used after its end")) };
        let mut operation = Operation::start(&self.link, relation, &self.tag, self.chunk_bytes);
        let done = loop {
            match runtime.block_on(operation.next(&mut self.link, &self.stop)) {
                Ok(Heard::Batch(batch)) => {
                    if let Err(error) = each(batch) {
                        break Err(error);
                    }
                    operation.worked();
                }
                Ok(Heard::Progress(watched)) => watch(&watched),
                Ok(Heard::Complete) => break Ok(()),
                Err(error) => break Err(error),
            }
        };
        runtime.block_on(operation.end(&mut self.link));
        done
    }
}

impl Session {
    /// As [`Session::query`], with these settings of the session for this query.
    ///
    /// # Errors
    /// As [`Session::query`].
    pub(in crate::engine::spark) fn query_with(
        &mut self,
        conf: &BTreeMap<String, String>,
        relation: Relation,
        each: &mut dyn FnMut(RecordBatch) -> Result<()>,
    ) -> Result<()> {
        let Some(runtime) = &self.runtime else { return Err(Error::bug("a session was used after its end")) };
        let before = runtime.block_on(self.link.settings(conf.keys(), &self.stop))?;
        let set = runtime.block_on(self.link.set(conf, &self.stop));
        let done = set.and_then(|()| self.query(relation, &mut |_| {}, each));
        if let Some(runtime) = &self.runtime {
            runtime.block_on(self.link.put_back(before));
        }
        done
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        let Some(runtime) = self.runtime.take() else { return };
        // Within another runtime nothing may be waited for; the server ends the session by itself.
        if Handle::try_current().is_err() {
            runtime.block_on(self.link.release());
        }
        runtime.shutdown_background();
    }
}
