//! Addresses: every part, what is refused, and that no secret is shown.

use super::super::address::Address;
use crate::error::Kind;

#[track_caller]
fn read(text: &str) -> Address {
    Address::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

#[test]
fn host_and_port() {
    for (text, shown) in [
        ("sc://localhost", "sc://localhost:15002"),
        ("sc://Example.COM:1234/", "sc://example.com:1234"),
        ("sc://10.0.0.7:", "sc://10.0.0.7:15002"),
        ("sc://[::1]:7", "sc://[::1]:7"),
        ("sc://[fe80::1]/;user_id=me", "sc://[fe80::1]:15002"),
    ] {
        assert_eq!(read(text).to_string(), shown);
    }
}

#[test]
fn parameters() {
    let address =
        read("sc://h/;use_ssl=TRUE;token=a%20b==;user_id=me;x-cluster-id=7;grpc_max_message_size=1000;");
    assert!(address.tls);
    assert_eq!(address.token.as_deref(), Some("a b=="));
    assert_eq!(address.user, "me");
    assert_eq!(address.headers, [("x-cluster-id".to_owned(), "7".to_owned())]);
    assert_eq!(address.message_max_bytes, 1000);
    assert_eq!(address.keep_alive, None);
    let pings = read("sc://h/;grpc_keepalive_time_ms=30000;user_agent=me").keep_alive.unwrap();
    assert_eq!((pings.every.as_secs(), pings.within.as_secs(), pings.idle), (30, 20, true));
    assert_eq!(read("sc://h/;grpc_keepalive_time_ms=30000;grpc_keepalive_enabled=false").keep_alive, None);
}

#[test]
fn what_is_none_is_refused() {
    for (text, why) in [
        ("localhost:15002", "sc://"),
        ("sc://", "host is missing"),
        ("sc://:15002", "host is missing"),
        ("sc://h:0", "port"),
        ("sc://h:65536", "port"),
        ("sc://h:abc", "port"),
        ("sc://fe80::1", "port"),
        ("sc://[::1", "bracket"),
        ("sc://[name]", "IPv6"),
        ("sc://me@h", "user before the host"),
        ("sc://a b", "characters"),
        ("sc://h/path", "only parameters"),
        ("sc://h/path/;use_ssl=true", "only parameters"),
        ("sc://h/?use_ssl=true", "only parameters"),
        ("sc://h/;use_ssl", "name=value"),
        ("sc://h/;use_ssl=yes", "neither true nor false"),
        ("sc://h/;use_ssl=true;use_ssl=false", "twice"),
        ("sc://h/;token=", "empty"),
        ("sc://h/;token=%zz", "hexadecimal"),
        ("sc://h/;use_ssl=true;token=a%0Ab", "ASCII"),
        ("sc://h/;token=env:WINDROW_NO_SUCH_VARIABLE", "WINDROW_NO_SUCH_VARIABLE"),
        ("sc://h/;session_id=0", "session"),
        ("sc://h/;grpc_max_message_size=0", "number"),
        ("sc://h/;authorization=x", "authorization"),
        ("sc://h/;=x", "no name"),
    ] {
        let error = Address::parse(text).expect_err(text);
        assert_eq!(error.kind(), Kind::Usage, "{text}");
        assert!(error.message().contains(why), "{text}: {error}");
        assert!(error.next().is_some(), "{text}");
    }
}

#[test]
fn a_token_needs_tls_or_this_machine() {
    let error = Address::parse("sc://far.example/;token=SECRET").unwrap_err();
    assert_eq!(error.kind(), Kind::Usage);
    assert!(error.next().unwrap().contains("use_ssl=true"));
    for text in ["sc://localhost", "sc://127.0.0.9:1", "sc://[::1]", "sc://far.example/;use_ssl=true"] {
        let joined = if text.contains('=') { ";" } else { "/;" };
        read(&format!("{text}{joined}token=SECRET"));
    }
}

#[test]
fn no_secret_is_shown() {
    let address = read("sc://localhost/;token=SECRET;x-key=SECRET");
    assert!(!format!("{address} {address:?}").contains("SECRET"));
    for text in [
        "sc://far/;token=SECRET",
        "sc://h:x/;token=SECRET",
        "sc://SECRET@h",
        "sc://h/SECRET",
        "sc://h/;token=SECRET\u{e9}",
        "sc://h/;SECRET",
        "sc://h/;token=SECRET;x",
    ] {
        let error = Address::parse(text).unwrap_err();
        assert!(!format!("{error:?}").contains("SECRET"), "{text}: {error:?}");
    }
}

#[test]
fn a_token_is_taken_from_the_environment() {
    // A variable that every process has, as tests may not set one.
    let address = read("sc://localhost/;token=env:PATH");
    assert_eq!(address.token, std::env::var("PATH").ok());
}
