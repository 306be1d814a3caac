//! Tests of the settings of a session, and of what is left behind in it.

use std::collections::BTreeMap;

use spark_connect_proto::config_request::operation::OpType;
use spark_connect_proto::{AnalyzePlanRequest, Relation};

use prost::Message;

use super::super::{Address, Session};
use super::server::Server;
use crate::error::{Error, Kind};
use crate::settings::Settings;

const SESSION: &str = "550e8400-e29b-41d4-a716-446655440000";

#[test]
fn a_session_of_others_is_used_and_has_its_settings_again() {
    let server = Server::plain();
    let text = format!("sc://localhost:{}/;user_id=Martin;session_id={SESSION}", server.port);
    let address = Address::parse(&text, "".as_ref()).unwrap();
    let conf =
        BTreeMap::from([("a.b", "1"), ("c.d", "2")].map(|(name, value)| (name.to_owned(), value.to_owned())));
    drop(Session::open(&address, &conf, "test", &Settings::default()).unwrap());
    let calls = server.calls();
    let first = AnalyzePlanRequest::decode(&calls[0].message[..]).unwrap();
    assert_eq!(first.session_id, SESSION);
    assert_eq!(first.user_context.unwrap().user_id, "Martin");
    assert!(calls.iter().all(|call| call.method != "ReleaseSession"), "others may work in it");
    let of_settings: Vec<OpType> = calls.iter().filter_map(|call| call.of_settings()).collect();
    let pairs = |pairs: &[spark_connect_proto::KeyValue]| -> Vec<(String, String)> {
        pairs.iter().map(|pair| (pair.key.clone(), pair.value.clone().unwrap())).collect()
    };
    let [OpType::GetOption(asked), OpType::Set(set), OpType::Set(back), OpType::Unset(unset)] =
        &of_settings[..]
    else {
        panic!("{of_settings:?}");
    };
    // The server has a value for every second setting that it is asked for.
    assert_eq!(asked.keys.len(), set.pairs.len());
    assert!(pairs(&set.pairs).contains(&("a.b".to_owned(), "1".to_owned())));
    assert_eq!(back.pairs.len() + unset.keys.len(), asked.keys.len());
    assert!(pairs(&back.pairs).iter().all(|(_, value)| value == "as it was"));
    let keys = |keys: Vec<&String>| keys.into_iter().cloned().collect::<std::collections::BTreeSet<_>>();
    let returned = keys(back.pairs.iter().map(|pair| &pair.key).chain(&unset.keys).collect());
    assert_eq!(returned, keys(asked.keys.iter().collect()));
}

#[test]
fn a_session_of_its_own_ends_with_it() {
    let server = Server::plain();
    let address = Address::parse(&format!("sc://localhost:{}", server.port), "".as_ref()).unwrap();
    drop(Session::open(&address, &BTreeMap::new(), "test", &Settings::default()).unwrap());
    let methods: Vec<String> = server.calls().into_iter().map(|call| call.method).collect();
    assert_eq!(methods, ["AnalyzePlan", "Config", "ReleaseSession"]);
}

const ANALYSIS: &str = "org.apache.spark.sql.AnalysisException";

/// The error for a query that such a server refuses. The job has settings of its own with `has_wishes`.
fn refusal(version: &str, text: &str, class: &str, has_wishes: bool) -> Error {
    let server = Server::refusing(version, text, class);
    let address = Address::parse(&format!("sc://localhost:{}", server.port), "".as_ref()).unwrap();
    let mut session = Session::open(&address, &BTreeMap::new(), "test", &Settings::default()).unwrap();
    session.has_wishes(has_wishes);
    let error = session.analyze(Relation::default()).unwrap_err();
    assert!(error.help_text().is_some(), "{error}");
    error
}

#[test]
fn a_query_that_is_refused_says_why_it_may_be() {
    let bug = refusal("4.3.0", "[UNRESOLVED_ROUTINE] no such function", ANALYSIS, false);
    assert_eq!(bug.kind(), Kind::Bug, "{bug}");
    let wish = refusal(
        "4.3.0",
        "[CATALOG_NOT_FOUND] nowhere",
        "org.apache.spark.sql.connector.catalog.CatalogNotFoundException",
        true,
    );
    assert_eq!(wish.kind(), Kind::Usage, "{wish}");
    assert!(wish.help_text().unwrap().contains("[engine.spark.conf]"), "{wish:?}");
    let wish = refusal("4.3.0", "step cannot be 0.", "java.lang.IllegalArgumentException", true);
    assert_eq!(wish.kind(), Kind::Usage, "{wish}");
    assert!(wish.help_text().unwrap().contains("[engine.spark.conf]"), "{wish:?}");
    let old = refusal(
        "3.5.6",
        "Unknown relation not supported.",
        "org.apache.spark.sql.connect.common.InvalidPlanInput",
        true,
    );
    assert_eq!(old.kind(), Kind::Usage, "{old}");
    assert!(old.message().contains("it is Spark 3.5.6"), "{old}");
    assert!(old.help_text().unwrap().contains("Apache Spark 4.0 or later"), "{old:?}");
}

/// Sail 0.7.2 answers with this text, and calls itself Spark 4.1.0.
#[test]
fn a_server_that_is_not_apache_spark_is_refused_by_name() {
    let text = "attribute ObjectName([Identifier(\"_metadata\"), Identifier(\"file_path\")]) is missing from the schema: \
                cannot resolve attribute";
    for has_wishes in [false, true] {
        let error = refusal("4.1.0", text, ANALYSIS, has_wishes);
        assert_eq!(error.kind(), Kind::Usage, "{error}");
        assert!(error.message().contains("has no `_metadata`"), "{error}");
        assert!(error.help_text().unwrap().contains("Apache Spark 4"), "{error:?}");
    }
    let error = refusal("4.1.0", "not supported: monotonically_increasing_id", ANALYSIS, false);
    assert_eq!(error.kind(), Kind::Usage, "{error}");
    assert!(error.help_text().unwrap().contains("Apache Spark 4"), "{error:?}");
}
