//! What a session is set to, and what of it is left behind.

use std::collections::BTreeMap;

use spark_connect_proto::AnalyzePlanRequest;
use spark_connect_proto::config_request::operation::OpType;

use prost::Message;

use super::super::{Address, Session};
use super::server::Server;
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
    // Of those that the server is asked for, it has a value of every second one.
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
