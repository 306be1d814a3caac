//! What an error of a server means: the connection broke, the operation is unknown, or the query failed for good.

use std::collections::HashMap;

use bytes::Bytes;
use prost::Message;
use tonic::Status;

use super::address::Address;
use crate::error::{Code, Error, Kind};

/// Maximum characters of the server's text in messages, because Spark adds plans and stack traces.
const TEXT_MAX_CHARS: usize = 600;

/// Spark's conditions for files that it cannot find or read.
const NOT_THERE: [&str; 3] = ["PATH_NOT_FOUND", "FILE_NOT_EXIST", "FAILED_READ_FILE"];

/// What the failure of a call means.
#[derive(Debug)]
pub(super) enum CallFailure {
    /// The connection broke, or something on the way failed. Another attempt may work.
    Broken(String),
    /// The server does not know the operation: the request never arrived, or the server has forgotten it.
    Unknown(Error),
    /// The server already runs the operation, because an earlier attempt arrived.
    Exists,
    /// Spark refuses the request before it begins to work on it.
    Refused(Error),
    /// Another attempt would fail in the same way.
    Final(Error),
}

/// What the error `status` of the server at `address` means.
pub(super) fn judge(status: &Status, address: &Address) -> CallFailure {
    let text = status.message();
    let lost = || {
        Error::new(Kind::Storage, format!("Spark at {address} has lost the query: {}", cut(text)))
            .with_code(Code::SparkLost)
            .with_help("the server was started anew or has given the session up; a retry is safe")
    };
    let says = |condition: &str| text.contains(condition);
    if says("INVALID_HANDLE.OPERATION_NOT_FOUND") {
        return CallFailure::Unknown(lost());
    }
    if says("INVALID_HANDLE.OPERATION_ALREADY_EXISTS") {
        return CallFailure::Exists;
    }
    if says("INVALID_CURSOR.DISCONNECTED") {
        return CallFailure::Broken(cut(text));
    }
    if says("[INVALID_HANDLE") || says("[INVALID_CURSOR") {
        return CallFailure::Final(lost());
    }
    match status.code() {
        tonic::Code::Unauthenticated | tonic::Code::PermissionDenied => CallFailure::Final(
            Error::usage(format!("Spark at {address} refuses the token: {}", cut(text))).with_code(Code::SparkAccess)
                .with_help("check the token of the address (token=env:NAME)"),
        ),
        tonic::Code::Unimplemented | tonic::Code::NotFound if info(status).is_none() => CallFailure::Final(
            Error::usage(format!("what answers at {address} is not Spark Connect: {}", cut(text)))
            .with_code(Code::SparkUnsupported)
                .with_help("check host and port: a Spark Connect server listens on port 15002 unless told otherwise"),
        ),
        tonic::Code::OutOfRange | tonic::Code::ResourceExhausted if info(status).is_none() => CallFailure::Final(
            Error::limit(format!("a message between windrow and Spark at {address} is too large: {}", cut(text)))
            .with_code(Code::MessageTooLarge)
                .with_help("raise grpc_max_message_size in the address or spark.connect.grpc.maxInboundMessageSize on the server"),
        ),
        _ => match info(status) {
            Some(info) if is_refusal(&info, text) => refused(text, address),
            Some(info) => CallFailure::Final(of_query(&info, text, address)),
            None if is_transport(status) => CallFailure::Broken(cut(&innermost(status))),
            None => CallFailure::Final(failed(text, address)),
        },
    }
}

/// Whether `status` may come from the way to the server. Errors of Spark itself have details.
fn is_transport(status: &Status) -> bool {
    let codes = [
        tonic::Code::Unavailable,
        tonic::Code::Cancelled,
        tonic::Code::DeadlineExceeded,
        tonic::Code::Unknown,
        tonic::Code::Internal,
    ];
    codes.contains(&status.code()) || std::error::Error::source(status).is_some()
}

/// The text of the innermost cause. The outer ones only say that there was an error.
fn innermost(status: &Status) -> String {
    let mut error: &dyn std::error::Error = status;
    while let Some(source) = error.source() {
        error = source;
    }
    match std::error::Error::source(status) {
        Some(_) => error.to_string(),
        None => status.message().to_owned(),
    }
}

/// Whether Spark itself refuses the request and says why.
pub(super) fn is_of_spark(status: &Status) -> bool {
    !status.message().contains("INVALID_HANDLE") && info(status).is_some()
}

/// Whether Spark refuses the query itself, so that another attempt would fail in the same way. Missing paths do not count,
/// though Spark finds them in the same step.
fn is_refusal(info: &ErrorInfo, text: &str) -> bool {
    let of_query = ["ParseException", "AnalysisException", "InvalidPlanInput", "CatalogNotFoundException"];
    // Subclasses of this class also stand for faults of values.
    let is_argument = info.reason.ends_with("IllegalArgumentException");
    (is_argument || of_query.iter().any(|class| info.is(class)))
        && !NOT_THERE.iter().any(|condition| text.contains(condition))
}

fn refused(text: &str, address: &Address) -> CallFailure {
    // Apache Spark names a condition if it refuses a query. Its parser writes it on a line of its own.
    let text = text.trim_start();
    let has_condition = text.starts_with('[');
    // The column that says which file a line is from.
    if text.contains("_metadata") && (!has_condition || text.starts_with("[UNRESOLVED_COLUMN")) {
        return CallFailure::Final(
            Error::usage(format!("the server at {address} has no `_metadata`: {}", cut(text)))
            .with_code(Code::SparkUnsupported)
                .with_help("name a server of Apache Spark 4; others that speak Spark Connect do not say which file a row is from"),
        );
    }
    CallFailure::Refused(match has_condition {
        true => Error::bug(format!("Spark at {address} does not accept windrow's query: {}", cut(text))),
        false => Error::usage(format!("the server at {address} does not accept windrow's query: {}", cut(text)))
            .with_code(Code::SparkUnsupported)
            .with_help("name a server of Apache Spark 4, as others may lack what windrow needs; if it is one, look at the settings of its sessions"),
    })
}

/// The error for a query that failed for a reason that Spark gives.
fn of_query(info: &ErrorInfo, text: &str, address: &Address) -> Error {
    if NOT_THERE.iter().any(|condition| text.contains(condition)) {
        return failed(text, address).with_help(
            "the cluster must see every input under the path that windrow sees, or where [engine.spark.paths] says; if so, a retry is safe",
        );
    }
    if let Some(help) = of_size(text) {
        return failed(text, address).with_help(help);
    }
    if text.contains("OPERATION_CANCELED") {
        return Error::new(Kind::Storage, format!("the query was cancelled on Spark at {address}"))
            .with_code(Code::SparkLost)
            .with_help("somebody or the cluster stopped it; a retry is safe");
    }
    let of_values = ["SparkArithmeticException", "SparkDateTimeException", "SparkNumberFormatException"];
    if of_values.iter().any(|class| info.is(class)) {
        return Error::data(format!(
            "an expression fails on a value, says Spark at {address}: {}",
            cut(text)
        ))
        .with_code(Code::SparkFailed)
        .with_help("make the job's SQL accept every value (try_cast, try_divide, coalesce)");
    }
    failed(text, address)
}

/// The help if an answer is too large for the cluster. `None` if `text` is about something else.
fn of_size(text: &str) -> Option<&'static str> {
    let says = |any: &[&str]| any.iter().any(|words| text.contains(words));
    if says(&["spark.driver.maxResultSize"]) {
        return Some(
            "raise spark.driver.maxResultSize, and spark.driver.memory with it, where the Connect server is started; or count fewer \
             values or wider windows",
        );
    }
    if says(&[
        "ExecutorLostFailure",
        "exit code: 137",
        "exit code: 52",
        "exceeding memory limits",
        "FetchFailed",
        "MetadataFetchFailed",
    ]) {
        return Some(
            "an executor was lost; if it ran out of memory, raise spark.executor.memory where the Connect server is started, or \
             spark.sql.shuffle.partitions in [engine.spark.conf]; a retry is safe",
        );
    }
    says(&["OutOfMemoryError", "SparkOutOfMemoryError", "UNABLE_TO_ACQUIRE_MEMORY", "Java heap space"]).then_some(
        "raise spark.driver.memory and spark.executor.memory where the Connect server is started; or count fewer values or wider \
         windows",
    )
}

fn failed(text: &str, address: &Address) -> Error {
    Error::new(Kind::Storage, format!("the query failed on Spark at {address}: {}", cut(text)))
        .with_code(Code::SparkFailed)
        .with_help("a retry is safe; the cluster's logs say more")
}

/// The server's text without stack traces, cut to [`TEXT_MAX_CHARS`] characters.
pub(super) fn cut(text: &str) -> String {
    let lines = text.lines().map(str::trim).take_while(|line| {
        !line.starts_with("at ") && *line != "Driver stacktrace:" && !line.starts_with("JVM stacktrace")
    });
    let mut whole = String::new();
    for line in lines.filter(|line| !line.is_empty()) {
        if !whole.is_empty() {
            whole.push(' ');
        }
        whole.push_str(line);
    }
    let whole = whole.replace(|c: char| c.is_control(), " ");
    match whole.char_indices().nth(TEXT_MAX_CHARS) {
        Some((at, _)) => format!("{}…", &whole[..at]),
        None if whole.is_empty() => "no reason is given".to_owned(),
        None => whole,
    }
}

/// `google.rpc.Status`, which gRPC sends with errors.
#[derive(Clone, PartialEq, Message)]
struct Details {
    #[prost(message, repeated, tag = "3")]
    details: Vec<Detail>,
}

/// `google.protobuf.Any`.
#[derive(Clone, PartialEq, Message)]
struct Detail {
    #[prost(string, tag = "1")]
    type_url: String,
    #[prost(bytes = "bytes", tag = "2")]
    value: Bytes,
}

/// `google.rpc.ErrorInfo`: the class of the exception, and its superclasses in `metadata`.
#[derive(Clone, PartialEq, Message)]
struct ErrorInfo {
    #[prost(string, tag = "1")]
    reason: String,
    #[prost(map = "string, string", tag = "3")]
    metadata: HashMap<String, String>,
}

impl ErrorInfo {
    /// Whether the exception is of this class or a subclass.
    fn is(&self, class: &str) -> bool {
        let classes = self.metadata.get("classes").map_or("", String::as_str);
        self.reason.ends_with(class) || classes.contains(class)
    }
}

fn info(status: &Status) -> Option<ErrorInfo> {
    let details = Details::decode(status.details()).ok()?.details;
    let detail = details.into_iter().find(|detail| detail.type_url.ends_with("google.rpc.ErrorInfo"))?;
    ErrorInfo::decode(detail.value).ok()
}

/// The answer of a server that refuses with an exception of `class`.
#[cfg(test)]
pub(super) fn status(code: tonic::Code, text: &str, class: &str) -> Status {
    let metadata = HashMap::from([("classes".to_owned(), format!("[\"{class}\",\"java.lang.Exception\"]"))]);
    let info = ErrorInfo { reason: class.to_owned(), metadata };
    let type_url = "type.googleapis.com/google.rpc.ErrorInfo".into();
    let detail = Detail { type_url, value: info.encode_to_vec().into() };
    Status::with_details(code, text, Details { details: vec![detail] }.encode_to_vec().into())
}

#[cfg(test)]
mod tests;
