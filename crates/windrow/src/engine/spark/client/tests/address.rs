//! Tests of addresses: every part, refused addresses, and that no secret is shown.

use super::super::address::{Address, Tls};
use crate::error::Kind;

#[track_caller]
fn read(text: &str) -> Address {
    Address::parse(text, "".as_ref()).unwrap_or_else(|error| panic!("{text}: {error}"))
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
    assert_eq!(address.tls, Some(Tls::default()));
    assert_eq!(address.token.as_deref(), Some("a b=="));
    assert_eq!((address.user.as_str(), address.session), ("me", None));
    assert_eq!(address.headers, [("x-cluster-id".to_owned(), "7".to_owned())]);
    assert_eq!(address.message_max_bytes, 1000);
    assert_eq!(address.keep_alive, None);
    let pings = read("sc://h/;grpc_keepalive_time_ms=30000;user_agent=me").keep_alive.unwrap();
    assert_eq!((pings.every.as_secs(), pings.within.as_secs(), pings.idle), (30, 20, true));
    assert_eq!(read("sc://h/;grpc_keepalive_time_ms=30000;grpc_keepalive_enabled=false").keep_alive, None);
    let session = read("sc://h/;session_id=550E8400-e29b-41d4-a716-446655440000").session;
    assert_eq!(session.as_deref(), Some("550e8400-e29b-41d4-a716-446655440000"));
}

#[test]
fn names_have_any_case() {
    let address = read("sc://h/;Use_SSL=true;TOKEN=t;User_Id=me;X-Databricks-Cluster-ID=7");
    assert_eq!(
        (address.tls.is_some(), address.token.as_deref(), address.user.as_str()),
        (true, Some("t"), "me")
    );
    assert_eq!(address.headers, [("x-databricks-cluster-id".to_owned(), "7".to_owned())]);
    let twice = Address::parse("sc://h/;token=a;Token=b", "".as_ref()).unwrap_err();
    assert!(twice.message().contains("\"token\" is there twice"), "{twice}");
}

/// As in PySpark, except that a token is sent without TLS to every loopback address, not only to `localhost`.
#[test]
fn a_token_and_files_of_tls_ask_for_tls() {
    for (text, tls) in [
        ("sc://far.example/;token=t", true),
        ("sc://far.example/;token=t;use_ssl=false", true),
        ("sc://localhost/;token=t", false),
        ("sc://127.0.0.9/;token=t;use_ssl=false", false),
        ("sc://[::1]/;token=t", false),
        ("sc://localhost/;token=t;use_ssl=true", true),
        ("sc://localhost/;ssl_ca_file=ca.pem", true),
        ("sc://far.example/;ssl_cert_file=c.pem;ssl_key_file=c.key", true),
        ("sc://far.example", false),
        // Neither is sure to be this machine.
        ("sc://127.1/;token=t", true),
        ("sc://localhost.example/;token=t", true),
    ] {
        assert_eq!(read(text).tls.is_some(), tls, "{text}");
    }
}

#[test]
fn files_are_sought_from_the_folder() {
    let text = "sc://h/;ssl_ca_file=tls/ca%20of%20us.pem;ssl_cert_file=/etc/c.pem;ssl_key_file=c.key";
    let tls = Address::parse(text, "jobs".as_ref()).unwrap().tls.unwrap();
    assert_eq!(tls.authorities.as_deref(), Some("jobs/tls/ca of us.pem".as_ref()));
    assert_eq!(tls.identity, Some(("/etc/c.pem".into(), "jobs/c.key".into())));
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
        ("sc://h/;session_id=0", "session_id is not a UUID"),
        ("sc://h/;session_id=550e8400e29b41d4a716446655440000", "session_id is not a UUID"),
        ("sc://h/;ssl_cert_file=c.pem", "belong together"),
        ("sc://h/;ssl_key_file=c.key", "belong together"),
        ("sc://h/;ssl_ca_file=ca.pem;use_ssl=false", "exclude each other"),
        ("sc://h/;ssl_ca_file=", "ssl_ca_file is empty"),
        ("sc://h/;token=t;authorization=Basic%20eDp5", "same header"),
        ("sc://h/;use_ssl=true;x-key-bin=x", "no header may have that name"),
        ("sc://h/;x-key=env:WINDROW_NO_SUCH_VARIABLE", "WINDROW_NO_SUCH_VARIABLE"),
        ("sc://h/;grpc_max_message_size=0", "number"),
        ("sc://h/;authorization=x", "authorization"),
        ("sc://h/;=x", "no name"),
    ] {
        let error = Address::parse(text, "".as_ref()).expect_err(text);
        assert_eq!(error.kind(), Kind::Usage, "{text}");
        assert!(error.message().contains(why), "{text}: {error}");
        assert!(error.help_text().is_some(), "{text}");
    }
}

#[test]
fn a_header_needs_tls_or_this_machine() {
    for header in ["x-cluster-id=7", "x-api-key=SECRET", "authorization=SECRET", "cookie=env:PATH"] {
        let error = Address::parse(&format!("sc://far.example/;{header}"), "".as_ref()).unwrap_err();
        assert_eq!(error.kind(), Kind::Usage);
        assert!(error.help_text().unwrap().contains("use_ssl=true"));
        assert!(!format!("{error:?}").contains("SECRET"), "{error:?}");
        for text in ["sc://localhost/", "sc://127.0.0.9:1/", "sc://[::1]/", "sc://far.example/;token=t"] {
            if !(header.starts_with("authorization") && text.contains("token")) {
                read(&format!("{text};{header}"));
            }
        }
    }
}

#[test]
fn no_secret_is_shown() {
    let address = read("sc://localhost/;token=SECRET;x-key=SECRET;ssl_ca_file=ca.pem");
    assert!(!format!("{address} {address:?}").contains("SECRET"));
    for text in [
        "sc://far/;x-key=SECRET",
        "sc://h/;session_id=SECRET",
        "sc://h:x/;token=SECRET",
        "sc://SECRET@h",
        "sc://h/SECRET",
        "sc://h/;token=SECRET\u{e9}",
        "sc://h/;SECRET",
        "sc://h/;token=SECRET;x",
    ] {
        let error = Address::parse(text, "".as_ref()).unwrap_err();
        assert!(!format!("{error:?}").contains("SECRET"), "{text}: {error:?}");
    }
}

#[test]
fn values_are_taken_from_the_environment() {
    // Every process has this variable, and tests must not set one.
    let path = std::env::var("PATH").unwrap();
    let address = read("sc://localhost/;token=env:PATH;X-Key=env:PATH;user_id=env:PATH");
    assert_eq!((address.token, address.user), (Some(path.clone()), path.clone()));
    assert_eq!(address.headers, [("x-key".to_owned(), path)]);
}
