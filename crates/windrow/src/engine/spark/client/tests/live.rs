//! Tests of the client with a real server, whose address is in `WINDROW_TEST_SPARK`. Its streams should end often, as with
//! `senderMaxStreamDuration=1s` and `senderMaxStreamSize=64k`.

use std::collections::BTreeMap;
use std::sync::atomic::Ordering;
use std::time::Duration;

use arrow_array::RecordBatch;
use arrow_array::cast::AsArray;
use arrow_array::types::Int64Type;
use spark_connect_proto::expression::{ExprType, Literal, UnresolvedAttribute, UnresolvedFunction, literal};
use spark_connect_proto::relation::RelType;
use spark_connect_proto::{Expression, Filter, Range, Relation, Sql};

use super::super::{Address, QueryProgress, Session};
use super::proxy::Proxy;
use crate::clock::Stopwatch;
use crate::error::{Kind, Result};
use crate::settings::Settings;

const ROWS: i64 = 5_000_000;

fn address() -> String {
    std::env::var("WINDROW_TEST_SPARK").expect("WINDROW_TEST_SPARK is the address of a Spark Connect server")
}

fn open_at(address: &str, settings: &Settings) -> Session {
    let conf = BTreeMap::from([("spark.sql.shuffle.partitions".to_owned(), "2".to_owned())]);
    Session::open(&Address::parse(address, "".as_ref()).unwrap(), &conf, "test, of windrow", settings)
        .unwrap()
}

fn open() -> Session {
    open_at(&address(), &Settings::default())
}

fn through(proxy: &Proxy, settings: &Settings) -> Session {
    open_at(&format!("sc://127.0.0.1:{}", proxy.port), settings)
}

fn proxy() -> Proxy {
    Proxy::to(address().trim_start_matches("sc://").split('/').next().unwrap())
}

fn relation(of: RelType) -> Relation {
    Relation { common: None, rel_type: Some(of) }
}

fn range(rows: i64) -> Relation {
    relation(RelType::Range(Range { start: Some(0), end: rows, step: 1, num_partitions: Some(8) }))
}

fn sql(query: &str) -> Relation {
    relation(RelType::Sql(Sql { query: query.to_owned(), ..Default::default() }))
}

/// Tasks that give no rows for some seconds.
fn sleep(seconds: u32, tasks: u32) -> Relation {
    sql(&format!(
        "SELECT id, java_method('java.lang.Thread', 'sleep', {seconds}000L) FROM range(0, {tasks}, 1, {tasks})"
    ))
}

/// Checks that a batch continues where the previous one ended.
fn follows(batch: &RecordBatch, next: &mut i64) {
    for id in batch.column(0).as_primitive::<Int64Type>().values() {
        assert_eq!(*id, *next, "a row is lost, twice or out of order");
        *next += 1;
    }
}

fn all_rows(session: &mut Session, rows: i64) -> Result<()> {
    let mut next = 0;
    session.query(range(rows), &mut |_| (), &mut |batch| {
        follows(&batch, &mut next);
        Ok(())
    })?;
    assert_eq!(next, rows);
    Ok(())
}

fn rows(session: &mut Session, relation: Relation) -> Result<usize> {
    let mut rows = 0;
    session.query(relation, &mut |_| (), &mut |batch| {
        rows += batch.num_rows();
        Ok(())
    })?;
    Ok(rows)
}

#[test]
#[ignore = "needs a Spark Connect server: tests/spark"]
fn rows_arrive_once_and_in_order() {
    let mut session = open();
    assert!(session.version().starts_with(|c: char| c.is_ascii_digit()), "{}", session.version());
    all_rows(&mut session, ROWS).unwrap();
    assert_eq!(rows(&mut session, range(0)), Ok(0));
    assert_eq!(rows(&mut session, sql("SHOW DATABASES")), Ok(1));
}

#[test]
#[ignore = "needs a Spark Connect server: tests/spark"]
fn batches_in_chunks() {
    let mut session = open();
    session.chunk_bytes = Some(10_000);
    all_rows(&mut session, 1_000_000).unwrap();
}

#[test]
#[ignore = "needs a Spark Connect server: tests/spark"]
fn silence_of_a_server_that_works_is_waited_for() {
    let mut session = open();
    let mut watched = Vec::new();
    let mut rows = 0;
    session
        .query(sleep(25, 1), &mut |now| watched.push(*now), &mut |batch| {
            rows += batch.num_rows();
            Ok(())
        })
        .unwrap();
    assert_eq!(rows, 1);
    assert!(watched.iter().any(|watched| watched.tasks_total > 0), "{watched:?}");
}

#[test]
#[ignore = "needs a Spark Connect server: tests/spark"]
fn connections_that_are_cut_cost_nothing() {
    let proxy = proxy();
    let mut session = through(&proxy, &Settings::default());
    for most in [300_000, 1_700_000] {
        proxy.manners.cut_after_bytes.store(most, Ordering::SeqCst);
        all_rows(&mut session, ROWS).unwrap();
    }
    let cuts = proxy.manners.cuts.load(Ordering::SeqCst);
    assert!(cuts > 20, "{cuts} connections were cut");
}

#[test]
#[ignore = "needs a Spark Connect server: tests/spark"]
fn a_server_that_is_gone_ends_the_query() {
    for deaf in [false, true] {
        let proxy = proxy();
        let mut session = through(&proxy, &Settings::default());
        let mut gone: Option<Stopwatch> = None;
        let error = session
            .query(range(ROWS), &mut |_| (), &mut |_| {
                if gone.is_none() {
                    gone = Some(Stopwatch::start());
                    if deaf { proxy.manners.deaf.store(true, Ordering::SeqCst) } else { proxy.die() }
                }
                Ok(())
            })
            .unwrap_err();
        drop(session);
        let after = gone.unwrap().elapsed();
        assert_eq!(error.kind(), Kind::Storage, "{error}");
        assert!(error.help_text().unwrap().contains("a retry is safe"), "{error:?}");
        assert!(after < Duration::from_secs(30), "{error} after {after:?}");
        assert!(after > Duration::from_secs(10), "{error} after {after:?}");
    }
}

#[test]
#[ignore = "needs a Spark Connect server: tests/spark"]
fn a_stop_interrupts_the_query() {
    let settings = Settings::default();
    let mut session = open_at(&address(), &settings);
    let mut stopped = None;
    let mut watch = |watched: &QueryProgress| {
        if watched.tasks_running > 0 {
            settings.stop.request(false);
            stopped = Some(Stopwatch::start());
        }
    };
    // Enough tasks to occupy every core of a small cluster.
    let error = session.query(sleep(600, 64), &mut watch, &mut |_| Ok(())).unwrap_err();
    assert_eq!(error.kind(), Kind::Interrupted);
    assert!(stopped.unwrap().elapsed() < Duration::from_secs(5));
    // The session still exists, so it is the interruption that frees the cores.
    all_rows(&mut open(), 1_000_000).unwrap();
    assert!(stopped.unwrap().elapsed() < Duration::from_secs(120));
    drop(session);
}

#[test]
#[ignore = "needs a Spark Connect server: tests/spark"]
fn an_error_of_the_receiver_ends_the_query() {
    let mut session = open();
    let error = session
        .query(range(ROWS), &mut |_| (), &mut |_| Err(crate::error::Error::limit("enough")))
        .unwrap_err();
    assert_eq!(error.message(), "enough");
    assert_eq!(rows(&mut session, range(10)), Ok(10));
}

#[test]
#[ignore = "needs a Spark Connect server: tests/spark"]
fn failures_of_queries_have_their_kinds() {
    let mut session = open();
    for (query, kind, part) in [
        ("SELECT nothing FROM range(1)", Kind::Bug, "UNRESOLVED_COLUMN"),
        ("SELECT 1 +", Kind::Bug, "PARSE_SYNTAX_ERROR"),
        ("SELECT * FROM csv.`/no/such/file.csv`", Kind::Storage, "no/such/file.csv"),
        ("SELECT raise_error('on purpose') FROM range(1)", Kind::Storage, "on purpose"),
        ("SELECT CAST(concat('x', id) AS int) FROM range(1)", Kind::Data, "CAST_INVALID_INPUT"),
    ] {
        let error = rows(&mut session, sql(query)).expect_err(query);
        assert_eq!(error.kind(), kind, "{query}: {error}");
        assert!(error.message().contains(part), "{query}: {error}");
        assert!(error.message().chars().count() < 800, "{error}");
    }
    assert_eq!(rows(&mut session, range(10)), Ok(10), "the session goes on");
}

#[test]
#[ignore = "needs a Spark Connect server: tests/spark"]
fn a_setting_that_spark_refuses() {
    let conf = BTreeMap::from([("spark.sql.warehouse.dir".to_owned(), "/nowhere".to_owned())]);
    let address = Address::parse(&address(), "".as_ref()).unwrap();
    let Err(error) = Session::open(&address, &conf, "test", &Settings::default()) else { panic!("open") };
    assert_eq!(error.kind(), Kind::Usage, "{error}");
    assert!(error.message().contains("spark.sql.warehouse.dir"), "{error}");
}

#[test]
#[ignore = "needs a Spark Connect server: tests/spark"]
fn a_session_of_others_is_as_it_was() {
    let text = format!("{}/;user_id=test;session_id={}", address(), uuid::Uuid::new_v4());
    let address = Address::parse(&text, "".as_ref()).unwrap();
    let setting = |partitions: Option<&str>| {
        let pair = |value: &str| ("spark.sql.shuffle.partitions".to_owned(), value.to_owned());
        let conf = partitions.map(pair).into_iter().collect();
        let mut session = Session::open(&address, &conf, "test", &Settings::default()).unwrap();
        let mut value = String::new();
        let set = sql("SET spark.sql.shuffle.partitions");
        session
            .query(set, &mut |_| (), &mut |batch| {
                value += batch.column(1).as_string::<i32>().value(0);
                Ok(())
            })
            .unwrap();
        value
    };
    let before = setting(None);
    assert_ne!(before, "7");
    assert_eq!(setting(Some("7")), "7");
    assert_eq!(setting(None), before);
}

#[test]
#[ignore = "needs a Spark Connect server: tests/spark"]
fn a_plan_is_analysed_before_it_runs() {
    let session = open();
    session.analyze(sql("SELECT raise_error('it ran')")).unwrap();
    for (query, kind, part) in [
        ("SELECT nothing FROM range(1)", Kind::Bug, "UNRESOLVED_COLUMN"),
        ("SELECT * FROM csv.`/no/such/file.csv`", Kind::Storage, "no/such/file.csv"),
    ] {
        let error = session.analyze(sql(query)).expect_err(query);
        assert_eq!(error.kind(), kind, "{query}: {error}");
        assert!(error.message().contains(part), "{query}: {error}");
    }
}

#[test]
#[ignore = "needs a Spark Connect server: tests/spark"]
fn a_request_with_very_many_names() {
    let expression = |of| Expression { common: None, expr_type: Some(of) };
    let text = |value: String| {
        let literal_type = Some(literal::LiteralType::String(value));
        expression(ExprType::Literal(Literal { literal_type, ..Default::default() }))
    };
    let function = |name: &str, arguments| {
        expression(ExprType::UnresolvedFunction(UnresolvedFunction {
            function_name: name.to_owned(),
            arguments,
            ..Default::default()
        }))
    };
    let column = expression(ExprType::UnresolvedAttribute(UnresolvedAttribute {
        unparsed_identifier: "id".to_owned(),
        ..Default::default()
    }));
    let mut arguments = vec![function("concat", vec![text("/".repeat(140)), column])];
    arguments.extend((0..20_000).map(|path| text(format!("{}{path}", "/".repeat(140)))));
    let filter = relation(RelType::Filter(Box::new(Filter {
        input: Some(Box::new(range(20_100))),
        condition: Some(function("in", arguments)),
    })));
    assert_eq!(rows(&mut open(), filter), Ok(20_000));
}
