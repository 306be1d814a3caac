//! The way to the server: the channel, and what every request carries.

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::pin;
use std::time::Duration;

use spark_connect_proto::config_request::operation::OpType;
use spark_connect_proto::spark_connect_service_client::SparkConnectServiceClient;
use spark_connect_proto::{
    AnalyzePlanRequest, ConfigRequest, InterruptRequest, KeyValue, Plan, Relation, ReleaseSessionRequest,
    UserContext, analyze_plan_request, analyze_plan_response, config_request, interrupt_request, plan,
};
use tonic::metadata::{AsciiMetadataKey, AsciiMetadataValue};
use tonic::transport::Channel;
use tonic::{Request, Status};
use uuid::Uuid;

use super::address::Address;
use super::channel::Route;
use super::connect_error;
use super::fault::{CallFailure, cut, is_of_spark, judge};
use crate::clock::Stopwatch;
use crate::error::{Code, Error, Result};
use crate::settings::Stop;

/// How long the server may take to connect and to tell its version.
const OPEN_LIMIT: Duration = Duration::from_secs(14);

/// How long one attempt to connect may take.
pub(super) const CONNECT_LIMIT: Duration = Duration::from_secs(10);

/// How long a call may take whose answer is not needed.
pub(super) const FAREWELL_LIMIT: Duration = Duration::from_secs(3);

/// How often windrow checks for a request to stop.
pub(super) const TICK: Duration = Duration::from_millis(100);

/// How long the server may take to analyse a query, for which it lists files.
const ANALYSIS_LIMIT: Duration = Duration::from_secs(60);

/// The oldest version of Spark that accepts windrow's queries.
const OLDEST: (u32, u32) = (4, 0);

/// A setting that every session has, so that a question for it is answered at once.
const ANY_SETTING: &str = "spark.sql.session.timeZone";

/// The name of the client for the server: windrow and its version.
pub(super) const CLIENT: &str = concat!("windrow/", env!("CARGO_PKG_VERSION"));

/// The gRPC client of one channel.
pub(super) type Client = SparkConnectServiceClient<Channel>;

/// The channel to a server, and the session on it.
#[derive(Debug)]
pub(super) struct Link {
    pub(super) address: Address,
    way: Route,
    channel: Channel,
    headers: Vec<(AsciiMetadataKey, AsciiMetadataValue)>,
    pub(super) session: String,
    /// The earlier values of the settings that `configure` has changed in an existing session. `None` if the session is windrow's own.
    before: Option<Vec<KeyValue>>,
    /// The server's id for its side of the session. A restarted server has another one.
    pub(super) server: Option<String>,
    /// Spark's version, such as `4.3.0`. Empty until it is known.
    pub(super) version: String,
    /// Whether the job has settings of its own for the session.
    pub(super) has_wishes: bool,
    /// Whether the server can no longer be reached, so that no goodbye is sent.
    pub(super) lost: bool,
}

impl Link {
    /// Connects to `address`.
    ///
    /// # Errors
    /// Storage: there is no server, or no answer. Usage: certificates, headers or the kind of channel are wrong.
    pub(super) async fn connect(address: &Address, stop: &Stop) -> Result<Link> {
        let way = Route::to(address)?;
        let channel = match patient(way.connect(), CONNECT_LIMIT, stop).await? {
            Some(Ok(channel)) => channel,
            Some(Err(error)) => return Err(connect_error::explain(address, way.proxy(), &error)),
            None => return Err(connect_error::silent(address, "no answer to the connection")),
        };
        Ok(Link {
            address: address.clone(),
            way,
            channel,
            headers: headers(address)?,
            session: address.session.clone().unwrap_or_else(|| Uuid::new_v4().to_string()),
            before: address.session.is_some().then(Vec::new),
            server: None,
            version: String::new(),
            has_wishes: false,
            lost: false,
        })
    }

    /// Asks for the version of Spark, within the rest of the time to open since `started`.
    pub(super) async fn greet(&mut self, started: Stopwatch, stop: &Stop) -> Result<()> {
        let question = analyze_plan_request::Analyze::SparkVersion(analyze_plan_request::SparkVersion {});
        let request = self.analysis(question);
        let mut client = self.client();
        let left = OPEN_LIMIT.saturating_sub(started.elapsed());
        let answer = patient(client.analyze_plan(request), left, stop).await?;
        let answer = self.first(answer)?;
        self.server = Some(answer.server_side_session_id).filter(|name| !name.is_empty());
        match answer.result {
            Some(analyze_plan_response::Result::SparkVersion(found)) => {
                self.version = found.version;
                Ok(())
            }
            _ => Err(connect_error::silent(
                &self.address,
                "the answer to the question for its version is another one",
            )),
        }
    }

    /// Sets `conf` on the session.
    ///
    /// # Errors
    /// Usage: Spark does not accept a setting. Storage: it does not answer.
    pub(super) async fn configure(&mut self, conf: &BTreeMap<String, String>, stop: &Stop) -> Result<()> {
        if self.before.is_some() {
            self.before = Some(self.settings(conf.keys(), stop).await?);
        }
        self.set(conf, stop).await
    }

    /// What these settings of the session are.
    pub(super) async fn settings(
        &self,
        keys: impl Iterator<Item = &String>,
        stop: &Stop,
    ) -> Result<Vec<KeyValue>> {
        let keys = keys.cloned().collect();
        self.configured(OpType::GetOption(config_request::GetOption { keys }), stop).await
    }

    /// Sets `conf` on the session, for the moment.
    ///
    /// # Errors
    /// As [`Link::configure`].
    pub(super) async fn set(&self, conf: &BTreeMap<String, String>, stop: &Stop) -> Result<()> {
        let pair =
            |(key, value): (&String, &String)| KeyValue { key: key.clone(), value: Some(value.clone()) };
        let set = config_request::Set { pairs: conf.iter().map(pair).collect(), silent: None };
        self.configured(OpType::Set(set), stop).await.map(drop)
    }

    async fn configured(&self, operation: OpType, stop: &Stop) -> Result<Vec<KeyValue>> {
        let mut client = self.client();
        let answer = match patient(client.config(self.config(operation)), OPEN_LIMIT, stop).await? {
            Some(Err(status)) if is_of_spark(&status) => {
                return Err(Error::usage(format!(
                    "Spark at {} does not take the settings: {}",
                    self.address,
                    cut(status.message())
                ))
                .with_code(Code::SparkUnsupported)
                .with_help("correct the settings for Spark ([engine.spark.conf])"));
            }
            answer => self.first(answer)?,
        };
        for warning in &answer.warnings {
            tracing::debug!("Spark at {}: {warning}", self.address);
        }
        Ok(answer.pairs)
    }

    /// The answer to a call that is made before any query runs.
    fn first<T>(&self, answer: Option<Result<tonic::Response<T>, Status>>) -> Result<T> {
        let status = match answer {
            Some(Ok(answer)) => return Ok(answer.into_inner()),
            Some(Err(status)) => status,
            None => return Err(connect_error::silent(&self.address, "it is connected, but does not answer")),
        };
        Err(match judge(&status, &self.address) {
            CallFailure::Final(error) | CallFailure::Unknown(error) => error,
            CallFailure::Refused(error) => self.refused(error),
            CallFailure::Broken(_) | CallFailure::Exists => {
                connect_error::explain(&self.address, self.way.proxy(), &status)
            }
        })
    }

    /// The error for a query that Spark refuses. The version or the settings of the session may be the reason.
    pub(super) fn refused(&self, error: Error) -> Error {
        let message = error.message();
        if !self.version.is_empty() && number(&self.version) < OLDEST {
            let (major, minor) = OLDEST;
            return Error::usage(format!("{message}; it is Spark {version}", version = self.version))
                .with_code(Code::SparkUnsupported)
                .with_help(format!("name a server of Apache Spark {major}.{minor} or later"));
        }
        match self.has_wishes {
            true => Error::usage(message.to_owned()).with_code(Code::SparkUnsupported).with_help(
                "Spark may refuse it for the settings in [engine.spark.conf] of the job file: correct them, or leave them out",
            ),
            false => error,
        }
    }

    /// Has the server check that `relation` is a valid query, without running it.
    ///
    /// # Errors
    /// The query is refused. Storage: there is no answer.
    pub(super) async fn analyze(&self, relation: Relation, stop: &Stop) -> Result<()> {
        let plan = Plan { op_type: Some(plan::OpType::Root(relation)) };
        let schema = analyze_plan_request::Schema { plan: Some(plan) };
        let request = self.analysis(analyze_plan_request::Analyze::Schema(schema));
        let mut client = self.client();
        let answer = patient(client.analyze_plan(request), ANALYSIS_LIMIT, stop).await?;
        self.first(answer).map(drop)
    }

    /// The files that `relation` reads, whether anything is in them, as URIs. Nothing of it runs.
    ///
    /// # Errors
    /// As [`Link::analyze`].
    pub(super) async fn files_of(&self, relation: Relation, stop: &Stop) -> Result<Vec<String>> {
        let plan = Plan { op_type: Some(plan::OpType::Root(relation)) };
        let files = analyze_plan_request::InputFiles { plan: Some(plan) };
        let request = self.analysis(analyze_plan_request::Analyze::InputFiles(files));
        let mut client = self.client();
        let answer = patient(client.analyze_plan(request), ANALYSIS_LIMIT, stop).await?;
        match self.first(answer)?.result {
            Some(analyze_plan_response::Result::InputFiles(files)) => Ok(files.files),
            _ => Err(Error::bug("Spark does not say which files a query reads")),
        }
    }

    fn analysis(&self, analyze: analyze_plan_request::Analyze) -> Request<AnalyzePlanRequest> {
        self.request(AnalyzePlanRequest {
            session_id: self.session.clone(),
            client_observed_server_side_session_id: self.server.clone(),
            user_context: Some(self.user()),
            client_type: Some(CLIENT.to_owned()),
            analyze: Some(analyze),
        })
    }

    /// A question that any live server answers at once, however busy it is.
    pub(super) fn question(&self) -> Request<ConfigRequest> {
        let get = config_request::Get { keys: vec![ANY_SETTING.to_owned()] };
        self.config(OpType::Get(get))
    }

    fn config(&self, operation: OpType) -> Request<ConfigRequest> {
        self.request(ConfigRequest {
            session_id: self.session.clone(),
            client_observed_server_side_session_id: self.server.clone(),
            user_context: Some(self.user()),
            client_type: Some(CLIENT.to_owned()),
            operation: Some(config_request::Operation { op_type: Some(operation) }),
        })
    }

    /// Asks the server to stop an operation, within a bounded time.
    pub(super) async fn interrupt(&mut self, operation: &str) {
        let request = self.request(InterruptRequest {
            session_id: self.session.clone(),
            client_observed_server_side_session_id: self.server.clone(),
            user_context: Some(self.user()),
            client_type: Some(CLIENT.to_owned()),
            interrupt_type: interrupt_request::InterruptType::OperationId.into(),
            interrupt: Some(interrupt_request::Interrupt::OperationId(operation.to_owned())),
        });
        let mut client = self.client();
        if !self.farewell(client.interrupt(request)).await {
            tracing::warn!("Spark at {} did not confirm that the query is stopped", self.address);
        }
    }

    /// Releases the session, within a bounded time. A session of windrow's own ends, and an existing one gets its settings back.
    /// A session that is not released ends by itself, after an hour by default.
    pub(super) async fn release(&mut self) {
        let mut client = self.client();
        let Some(before) = self.before.take() else {
            let request = self.request(ReleaseSessionRequest {
                session_id: self.session.clone(),
                user_context: Some(self.user()),
                client_type: Some(CLIENT.to_owned()),
                allow_reconnect: false,
            });
            self.farewell(client.release_session(request)).await;
            return;
        };
        self.put_back(before).await;
    }

    /// Gives the session its settings back, within a bounded time.
    pub(super) async fn put_back(&mut self, before: Vec<KeyValue>) {
        let mut client = self.client();
        let (pairs, unset): (Vec<_>, Vec<_>) = before.into_iter().partition(|pair| pair.value.is_some());
        let keys = unset.into_iter().map(|pair| pair.key).collect();
        let set = self.config(OpType::Set(config_request::Set { pairs, silent: None }));
        let unset = self.config(OpType::Unset(config_request::Unset { keys }));
        let is_back = self.farewell(client.config(set)).await & self.farewell(client.config(unset)).await;
        if !is_back {
            tracing::warn!(
                "Spark at {} did not confirm that the session has its settings again",
                self.address
            );
        }
    }

    /// Makes a call whose answer is not needed. Returns whether it succeeded. After a call without any answer, no other is made.
    pub(super) async fn farewell<T>(&mut self, call: impl Future<Output = Result<T, Status>>) -> bool {
        if self.lost {
            return false;
        }
        match tokio::time::timeout(FAREWELL_LIMIT, call).await {
            Ok(answer) => answer.is_ok(),
            Err(_) => {
                self.lost = true;
                false
            }
        }
    }

    /// Makes the next call use a new connection. Calls on a silently cut connection would wait.
    pub(super) fn renew(&mut self) {
        self.channel = self.way.connect_later();
    }

    pub(super) fn client(&self) -> Client {
        SparkConnectServiceClient::new(self.channel.clone())
            .max_decoding_message_size(self.address.message_max_bytes)
            .max_encoding_message_size(self.address.message_max_bytes)
    }

    /// `message` with the headers that every request has.
    pub(super) fn request<T>(&self, message: T) -> Request<T> {
        let mut request = Request::new(message);
        for (name, value) in &self.headers {
            request.metadata_mut().insert(name.clone(), value.clone());
        }
        request
    }

    pub(super) fn user(&self) -> UserContext {
        UserContext {
            user_id: self.address.user.clone(),
            user_name: self.address.user.clone(),
            ..Default::default()
        }
    }
}

/// Waits for `answer`, for at most `limit` (then the result is `None`), and only until a stop is requested.
pub(super) async fn patient<T>(
    answer: impl Future<Output = T>,
    limit: Duration,
    stop: &Stop,
) -> Result<Option<T>> {
    let mut answer = pin!(answer);
    let started = Stopwatch::start();
    loop {
        stop.check()?;
        let left = limit.saturating_sub(started.elapsed());
        if let Ok(answer) = tokio::time::timeout(left.min(TICK), answer.as_mut()).await {
            return Ok(Some(answer));
        }
        if left.is_zero() {
            return Ok(None);
        }
    }
}

fn headers(address: &Address) -> Result<Vec<(AsciiMetadataKey, AsciiMetadataValue)>> {
    let mut headers = Vec::new();
    let mut pairs = address.headers.clone();
    pairs.extend(address.token.iter().map(|token| ("authorization".to_owned(), format!("Bearer {token}"))));
    for (name, value) in pairs {
        let wrong = || {
            Error::usage(format!("{address}: {name} cannot be sent as a header"))
                .with_code(Code::SparkAddress)
                .with_help("check the address")
        };
        let key = AsciiMetadataKey::from_bytes(name.as_bytes()).map_err(|_| wrong())?;
        let mut value: AsciiMetadataValue = value.parse().map_err(|_| wrong())?;
        value.set_sensitive(true);
        headers.push((key, value));
    }
    Ok(headers)
}

/// Major and minor number of a version. (0, 0) if the text is not a version.
pub(super) fn number(version: &str) -> (u32, u32) {
    let mut numbers = version.split('.').map(|part| part.parse().unwrap_or(0));
    (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0))
}
