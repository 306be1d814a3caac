//! One query on the server, followed until it is complete, over several connections if necessary.

use std::collections::VecDeque;
use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use arrow_array::RecordBatch;
use spark_connect_proto::execute_plan_request::{RequestOption, request_option};
use spark_connect_proto::execute_plan_response::ResponseType;
use spark_connect_proto::release_execute_request::{Release, ReleaseAll, ReleaseUntil};
use spark_connect_proto::{
    ExecutePlanRequest, ExecutePlanResponse, Plan, ReattachExecuteRequest, ReattachOptions, Relation,
    ReleaseExecuteRequest, ResultChunkingOptions, plan,
};
use tokio::task::JoinHandle;
use tonic::{Status, Streaming};
use uuid::Uuid;

use super::batches::BatchAssembly;
use super::fault::{CallFailure, judge};
use super::keepalive::{Motion, PATIENCE, Pulse, STANDSTILL};
use super::link::{CLIENT, FAREWELL_LIMIT, Link, TICK, patient};
use super::progress::QueryProgress;
use crate::error::{Code, Error, Kind, Result};
use crate::settings::Stop;

/// How long a server may take to answer whether it is alive.
const QUESTION_LIMIT: Duration = Duration::from_secs(4);

/// News of a query.
#[derive(Debug)]
pub(super) enum Heard {
    /// The next rows.
    Batch(RecordBatch),
    /// The progress.
    Progress(QueryProgress),
    /// All rows have arrived.
    Complete,
}

/// What the operation waits for.
enum Ear {
    /// A stream of messages that was requested.
    Opening(Pin<Box<dyn Future<Output = Result<Streaming<ExecutePlanResponse>, Status>>>>),
    /// The next message.
    Open(Box<Streaming<ExecutePlanResponse>>),
}

impl Ear {
    /// The next message. `None` if the stream ended normally. A wait that is cancelled loses nothing.
    async fn next(&mut self) -> Result<Option<ExecutePlanResponse>, Status> {
        if let Ear::Opening(opening) = self {
            *self = Ear::Open(Box::new(opening.as_mut().await?));
        }
        match self {
            Ear::Open(stream) => stream.message().await,
            Ear::Opening(_) => Ok(None),
        }
    }
}

/// A query that runs on the server.
pub(super) struct Operation {
    request: ExecutePlanRequest,
    id: String,
    ear: Ear,
    /// The id of the last message that was taken. If the connection breaks, the messages after it are requested.
    last: Option<String>,
    batches: BatchAssembly,
    ready: VecDeque<Heard>,
    /// Whether the server is done with it: the result is complete, or the query failed.
    over: bool,
    pulse: Pulse,
    motion: Motion,
    question: Option<JoinHandle<Result<(), Option<Status>>>>,
    release: Option<JoinHandle<()>>,
}

impl Operation {
    /// Starts `relation` on the server. The server may cut large batches into chunks of `chunk_bytes`, if it can.
    pub(super) fn start(link: &Link, relation: Relation, tag: &str, chunk_bytes: Option<i64>) -> Self {
        let mut options =
            vec![request_option::RequestOption::ReattachOptions(ReattachOptions { reattachable: true })];
        if let Some(bytes) = chunk_bytes {
            options.push(request_option::RequestOption::ResultChunkingOptions(ResultChunkingOptions {
                allow_arrow_batch_chunking: true,
                preferred_arrow_chunk_size: Some(bytes),
            }));
        }
        let id = Uuid::new_v4().to_string();
        let request = ExecutePlanRequest {
            session_id: link.session.clone(),
            client_observed_server_side_session_id: link.server.clone(),
            user_context: Some(link.user()),
            operation_id: Some(id.clone()),
            plan: Some(Plan { op_type: Some(plan::OpType::Root(relation)) }),
            client_type: Some(CLIENT.to_owned()),
            request_options: options
                .into_iter()
                .map(|option| RequestOption { request_option: Some(option) })
                .collect(),
            tags: Some(tag.to_owned()).filter(|tag| !tag.is_empty()).into_iter().collect(),
        };
        Operation {
            ear: execute(link, &request),
            request,
            id,
            last: None,
            batches: BatchAssembly::default(),
            ready: VecDeque::new(),
            over: false,
            pulse: Pulse::start(),
            motion: Motion::start(),
            question: None,
            release: None,
        }
    }

    /// Notes that the last rows were being processed until now, so that this time does not count as a standstill.
    pub(super) fn worked(&mut self) {
        self.motion.moved();
    }

    /// Waits for the next news. Nothing comes twice, whatever happens to the connection.
    ///
    /// # Errors
    /// The errors of the query. Storage: the server cannot be reached for [`PATIENCE`], or has lost the query. The error of
    /// `stop`.
    pub(super) async fn next(&mut self, link: &mut Link, stop: &Stop) -> Result<Heard> {
        self.pulse.listen_again();
        loop {
            if let Some(heard) = self.ready.pop_front() {
                return Ok(heard);
            }
            stop.check()?;
            if self.motion.is_over() {
                return Err(stands_still(link));
            }
            match tokio::time::timeout(TICK, self.ear.next()).await {
                Ok(Ok(Some(message))) => {
                    self.pulse.beat();
                    self.take(message, link)?;
                }
                // The server ends streams now and then. Only a complete result ends the query.
                Ok(Ok(None)) => {
                    self.pulse.beat();
                    self.ear = reattach(link, &self.request, &self.id, self.last.clone());
                }
                Ok(Err(status)) => self.failed(&status, link, stop).await?,
                Err(_) => self.listen_for_life(link, stop).await?,
            }
        }
    }

    fn take(&mut self, message: ExecutePlanResponse, link: &Link) -> Result<()> {
        if !message.response_id.is_empty() {
            self.last = Some(message.response_id);
        }
        match message.response_type {
            Some(ResponseType::ArrowBatch(batch)) => {
                self.motion.moved();
                self.ready.extend(self.batches.take(batch)?.into_iter().map(Heard::Batch));
            }
            Some(ResponseType::ExecutionProgress(progress)) => {
                let watched = QueryProgress::from(&progress);
                self.motion.is_at(watched);
                self.ready.push_back(Heard::Progress(watched));
            }
            Some(ResponseType::ResultComplete(_)) => {
                self.batches.finish()?;
                self.over = true;
                self.ready.push_back(Heard::Complete);
            }
            // Schemas, metrics, and messages of later versions.
            _ => {}
        }
        self.release_taken(link);
        Ok(())
    }

    /// Lets the server forget the messages that were taken. There is one request at a time; the next one covers all later messages.
    fn release_taken(&mut self, link: &Link) {
        let busy = self.release.as_ref().is_some_and(|release| !release.is_finished());
        let Some(response_id) = self.last.clone().filter(|_| !busy && !self.over) else { return };
        let request = self.releasing(link, Release::ReleaseUntil(ReleaseUntil { response_id }));
        let mut client = link.client();
        // If it fails, the next one or the end of the operation releases the same messages.
        self.release = Some(tokio::spawn(async move {
            let _ = tokio::time::timeout(FAREWELL_LIMIT, client.release_execute(request)).await;
        }));
    }

    fn releasing(&self, link: &Link, release: Release) -> tonic::Request<ReleaseExecuteRequest> {
        link.request(ReleaseExecuteRequest {
            session_id: link.session.clone(),
            client_observed_server_side_session_id: link.server.clone(),
            user_context: Some(link.user()),
            operation_id: self.id.clone(),
            client_type: Some(CLIENT.to_owned()),
            release: Some(release),
        })
    }

    /// Handles a failed call. Goes on if possible.
    async fn failed(&mut self, status: &Status, link: &mut Link, stop: &Stop) -> Result<()> {
        match judge(status, &link.address) {
            CallFailure::Final(error) => {
                self.over = true;
                Err(error)
            }
            CallFailure::Refused(error) => {
                self.over = true;
                Err(link.refused(error))
            }
            CallFailure::Broken(why) => self.broken(&why, link, stop).await,
            CallFailure::Exists => {
                self.pulse.beat();
                self.ear = reattach(link, &self.request, &self.id, self.last.clone());
                Ok(())
            }
            // The rows so far came from a run of the query that is lost. Another run may cut its batches differently.
            CallFailure::Unknown(error) if self.last.is_some() => Err(error),
            CallFailure::Unknown(error) => {
                self.pause(error.message(), link, stop).await?;
                self.ear = execute(link, &self.request);
                Ok(())
            }
        }
    }

    async fn broken(&mut self, why: &str, link: &mut Link, stop: &Stop) -> Result<()> {
        tracing::debug!("the connection to Spark at {} broke: {why}", link.address);
        link.renew();
        self.pause(why, link, stop).await?;
        self.ear = reattach(link, &self.request, &self.id, self.last.clone());
        Ok(())
    }

    /// Waits before another attempt.
    async fn pause(&mut self, why: &str, link: &mut Link, stop: &Stop) -> Result<()> {
        if let Some(question) = self.question.take() {
            question.abort();
        }
        let Some(pause) = self.pulse.lost() else { return Err(gone(link, why)) };
        patient(std::future::pending::<()>(), pause, stop).await?;
        Ok(())
    }

    /// Checks that the server is alive if nothing has arrived for a moment.
    async fn listen_for_life(&mut self, link: &mut Link, stop: &Stop) -> Result<()> {
        if self.question.as_ref().is_some_and(JoinHandle::is_finished)
            && let Some(question) = self.question.take()
        {
            match question.await {
                Ok(Ok(())) => self.pulse.beat(),
                Ok(Err(Some(status))) => return self.failed(&status, link, stop).await,
                Ok(Err(None)) | Err(_) => {
                    return self.broken("the server does not answer", link, stop).await;
                }
            }
        }
        if self.pulse.is_over() {
            return Err(gone(link, "the server does not answer"));
        }
        if self.question.is_none() && self.pulse.asks() {
            let (mut client, question) = (link.client(), link.question());
            self.question = Some(tokio::spawn(async move {
                match tokio::time::timeout(QUESTION_LIMIT, client.config(question)).await {
                    Ok(answer) => answer.map(drop).map_err(Some),
                    Err(_) => Err(None),
                }
            }));
        }
        Ok(())
    }

    /// Ends the operation: stops it if it still runs, else releases what the server still holds of it.
    pub(super) async fn end(mut self, link: &mut Link) {
        self.question.take().inspect(JoinHandle::abort);
        self.release.take().inspect(JoinHandle::abort);
        if !self.over {
            // A stopped operation is released with the session: a server cannot close an operation that it has just been told to stop.
            return link.interrupt(&self.id).await;
        }
        let request = self.releasing(link, Release::ReleaseAll(ReleaseAll {}));
        let mut client = link.client();
        link.farewell(client.release_execute(request)).await;
    }
}

fn execute(link: &Link, request: &ExecutePlanRequest) -> Ear {
    let (mut client, request) = (link.client(), link.request(request.clone()));
    Ear::Opening(Box::pin(async move { Ok(client.execute_plan(request).await?.into_inner()) }))
}

fn reattach(link: &Link, request: &ExecutePlanRequest, id: &str, last: Option<String>) -> Ear {
    let request = link.request(ReattachExecuteRequest {
        session_id: request.session_id.clone(),
        client_observed_server_side_session_id: request.client_observed_server_side_session_id.clone(),
        user_context: request.user_context.clone(),
        operation_id: id.to_owned(),
        client_type: request.client_type.clone(),
        last_response_id: last,
    });
    let mut client = link.client();
    Ear::Opening(Box::pin(async move { Ok(client.reattach_execute(request).await?.into_inner()) }))
}

/// The error for a query that makes no progress although the server answers.
fn stands_still(link: &Link) -> Error {
    Error::new(
        Kind::Storage,
        format!(
            "the query on Spark at {} stands still: for {} minutes no task has begun or ended",
            link.address,
            STANDSTILL.as_secs() / 60
        ),
    ).with_code(Code::SparkLost)
    .with_help("see the log of the Connect server: it may have run out of memory (raise spark.driver.memory) or wait for executors; then start it anew and run again, which is safe")
}

/// The error for a server that can no longer be reached.
fn gone(link: &mut Link, why: &str) -> Error {
    link.lost = true;
    Error::new(
        Kind::Storage,
        format!(
            "the connection to Spark at {} is lost and could not be taken up again within {} s: {why}",
            link.address,
            PATIENCE.as_secs()
        ),
    )
    .with_code(Code::SparkLost)
    .with_help("a retry is safe; look whether the Connect server still runs, and at its log")
}
