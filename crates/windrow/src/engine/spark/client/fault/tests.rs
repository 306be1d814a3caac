//! What an error of a server means, by its text and class.

use tonic::Code;

use super::*;

#[track_caller]
fn ended(status: &Status) -> Error {
    match judge(status, &Address::parse("sc://here:1", "".as_ref()).unwrap()) {
        CallFailure::Final(error) | CallFailure::Refused(error) => error,
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_kind_follows_from_what_spark_says() {
    let analysis =
        "org.apache.spark.sql.catalyst.ExtendedAnalysisException\",\"org.apache.spark.sql.AnalysisException";
    for (code, text, class, kind) in [
        (Code::Internal, "[UNRESOLVED_COLUMN] no such column", analysis, Kind::Bug),
        (
            Code::Internal,
            "cannot resolve attribute: ObjectName([_metadata, file_path])",
            analysis,
            Kind::Usage,
        ),
        (Code::Internal, "[UNRESOLVED_COLUMN.X] `_metadata`.`file_path` cannot", analysis, Kind::Usage),
        // Spark has the column, and something else is wrong.
        (Code::Internal, "[MISSING_ATTRIBUTES.X] \"_metadata\" missing from \"value\"", analysis, Kind::Bug),
        (Code::Internal, "step cannot be 0.", "java.lang.IllegalArgumentException", Kind::Usage),
        (
            Code::Internal,
            "Unknown relation",
            "org.apache.spark.sql.connect.common.InvalidPlanInput",
            Kind::Usage,
        ),
        (
            Code::Internal,
            "[CATALOG_NOT_FOUND] nowhere",
            "org.apache.spark.sql.connector.catalog.CatalogNotFoundException",
            Kind::Bug,
        ),
        (Code::Internal, "[PATH_NOT_FOUND] Path does not exist: file:/x", analysis, Kind::Storage),
        (
            Code::Internal,
            "\n[PARSE_SYNTAX_ERROR] here",
            "org.apache.spark.sql.catalyst.parser.ParseException",
            Kind::Bug,
        ),
        (
            Code::Internal,
            "Job aborted due to stage failure",
            "org.apache.spark.SparkException",
            Kind::Storage,
        ),
        (Code::Internal, "[DIVIDE_BY_ZERO] zero", "org.apache.spark.SparkArithmeticException", Kind::Data),
        (Code::Internal, "[OPERATION_CANCELED] gone", "org.apache.spark.SparkSQLException", Kind::Storage),
        (
            Code::Internal,
            "[INVALID_HANDLE.SESSION_CHANGED] gone",
            "org.apache.spark.SparkSQLException",
            Kind::Storage,
        ),
        (Code::Unauthenticated, "Invalid authentication token", "", Kind::Usage),
    ] {
        let error = ended(&status(code, text, class));
        assert_eq!(error.kind(), kind, "{text}");
        assert!(error.message().contains("sc://here:1"), "{error}");
        assert!(error.help_text().is_some(), "{error}");
    }
}

#[test]
fn what_is_too_large_names_the_setting_to_raise() {
    let spark = "org.apache.spark.SparkException";
    for (text, setting) in [
        (
            "Job aborted due to stage failure: Total size of serialized results of 9 tasks (1.1 GiB) is bigger than \
             spark.driver.maxResultSize (1024.0 MiB)",
            "spark.driver.maxResultSize",
        ),
        (
            "Lost task 3.3 in stage 1.0: ExecutorLostFailure (executor 1 exited): exit code: 52",
            "spark.executor.memory",
        ),
        ("Java heap space", "spark.driver.memory"),
    ] {
        let error = ended(&status(Code::Internal, text, spark));
        assert_eq!(error.kind(), Kind::Storage, "{text}");
        assert!(error.help_text().is_some_and(|help| help.contains(&format!("raise {setting}"))), "{error}");
    }
}

#[test]
fn a_value_that_is_not_a_number_is_no_wrong_argument() {
    let mut info =
        ErrorInfo { reason: "org.apache.spark.SparkNumberFormatException".into(), ..ErrorInfo::default() };
    let classes = "[\"org.apache.spark.SparkNumberFormatException\",\"java.lang.NumberFormatException\",\
                   \"java.lang.IllegalArgumentException\"]";
    info.metadata.insert("classes".to_owned(), classes.to_owned());
    let address = Address::parse("sc://here:1", "".as_ref()).unwrap();
    assert!(!is_refusal(&info, "[CAST_INVALID_INPUT] x"));
    assert_eq!(of_query(&info, "[CAST_INVALID_INPUT] x", &address).kind(), Kind::Data);
}

#[test]
fn what_breaks_on_the_way_is_tried_again() {
    let address = Address::parse("sc://here", "".as_ref()).unwrap();
    for status in [
        Status::unavailable("connection refused"),
        Status::unknown("transport error"),
        Status::internal("h2 protocol error"),
        status(Code::Internal, "[INVALID_CURSOR.DISCONNECTED] other", "org.apache.spark.SparkSQLException"),
    ] {
        assert!(matches!(judge(&status, &address), CallFailure::Broken(_)), "{status}");
    }
    let unknown = status(
        Code::Internal,
        "[INVALID_HANDLE.OPERATION_NOT_FOUND] x",
        "org.apache.spark.SparkSQLException",
    );
    assert!(matches!(judge(&unknown, &address), CallFailure::Unknown(_)));
}

#[test]
fn the_text_of_the_server_is_cut() {
    assert_eq!(cut("Job aborted\n\n  lost task\nDriver stacktrace:\n\tat x.y"), "Job aborted lost task");
    assert_eq!(cut(&"é".repeat(10_000)).chars().count(), TEXT_MAX_CHARS + 1);
    assert_eq!(cut(""), "no reason is given");
}
