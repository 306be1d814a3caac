//! Tests of encrypted channels, private authorities and certificates, and proxies on the way.

use std::collections::BTreeMap;
use std::process::Command;

use super::super::{Address, Session};
use super::server::{Authority, ConnectProxy, Server};
use crate::error::{Error, Kind, Result};
use crate::settings::Settings;

/// A host name like those of Databricks. Tests do not connect to it, as their proxies lead to this machine.
const HOST: &str = "dbc-a1b2345c-d6e7.cloud.databricks.com";

fn open(address: &str, authority: &Authority) -> Result<Session> {
    let address = Address::parse(address, authority.folder()).unwrap();
    Session::open(&address, &BTreeMap::new(), "test", &Settings::default())
}

#[track_caller]
fn refused(address: &str, authority: &Authority) -> Error {
    let Err(error) = open(address, authority) else { panic!("{address}: a session is open") };
    assert!(error.help_text().is_some(), "{error}");
    error
}

#[test]
fn an_authority_is_trusted_once_its_file_is_named() {
    let (authority, other) = (Authority::new(), Authority::new());
    let server = Server::tls(&authority, "localhost", false);
    let address = format!("sc://localhost:{}/;token=SECRET", server.port);
    drop(open(&format!("{address};ssl_ca_file=ca.pem"), &authority).unwrap());
    let calls = server.calls();
    assert!(calls.len() >= 3, "{calls:?}");
    for call in calls {
        assert_eq!(call.header("authorization"), Some("Bearer SECRET"), "{}", call.method);
    }
    for (address, authority) in
        [(format!("{address};ssl_ca_file=ca.pem"), &other), (format!("{address};use_ssl=true"), &authority)]
    {
        let before = server.calls().len();
        let error = refused(&address, authority);
        assert_eq!(error.kind(), Kind::Usage, "{error}");
        assert!(error.message().contains("is not accepted"), "{error}");
        assert!(error.help_text().unwrap().contains("ssl_ca_file=ca.pem"), "{error:?}");
        assert_eq!(server.calls().len(), before);
    }
    let error = refused(&format!("sc://127.0.0.1:{}/;ssl_ca_file=ca.pem", server.port), &authority);
    assert!(error.message().contains("is not accepted"), "the certificate is for another name: {error}");
}

#[test]
fn a_server_may_ask_for_a_certificate() {
    let (authority, other) = (Authority::new(), Authority::new());
    authority.write("client");
    other.write("stranger");
    let stranger = other.file("stranger.pem").to_str().unwrap().to_owned();
    let server = Server::tls(&authority, "localhost", true);
    let address = format!("sc://localhost:{}/;ssl_ca_file=ca.pem", server.port);
    drop(open(&format!("{address};ssl_cert_file=client.pem;ssl_key_file=client.key"), &authority).unwrap());
    assert!(!server.calls().is_empty());
    let served = server.calls().len();
    assert!(refused(&address, &authority).help_text().unwrap().contains("ssl_cert_file=client.pem"));
    let strange =
        format!("{address};ssl_cert_file={stranger};ssl_key_file={}", stranger.replace(".pem", ".key"));
    assert!(refused(&strange, &authority).help_text().unwrap().contains("accepts the certificate in"));
    assert_eq!(server.calls().len(), served);
}

#[test]
fn a_file_of_tls_that_is_none_is_named() {
    let authority = Authority::new();
    authority.write("client");
    std::fs::write(authority.file("locked.key"), "-----BEGIN ENCRYPTED PRIVATE KEY-----\n").unwrap();
    std::fs::write(authority.file("odd.pem"), "-----BEGIN CERTIFICATE-----\n!\n").unwrap();
    for (parameters, said) in [
        ("ssl_ca_file=no.pem", "ssl_ca_file: cannot read"),
        ("ssl_ca_file=client.key", "client.key has no `BEGIN CERTIFICATE` in it"),
        ("ssl_ca_file=odd.pem", "cannot prepare the connection"),
        ("ssl_cert_file=client.pem;ssl_key_file=client.pem", "client.pem has no `PRIVATE KEY` in it"),
        ("ssl_cert_file=client.pem;ssl_key_file=locked.key", "has a passphrase"),
    ] {
        let error = refused(&format!("sc://localhost:1/;{parameters}"), &authority);
        assert_eq!(error.kind(), Kind::Usage, "{error}");
        assert!(error.message().contains(said), "{parameters}: {error}");
    }
}

#[test]
fn a_token_turns_tls_on_by_itself() {
    let server = Server::plain();
    // This address leads here, but does not look like it, so the token must not be sent unencrypted.
    let error = refused(&format!("sc://0.0.0.0:{}/;token=SECRET", server.port), &Authority::new());
    assert!(error.message().contains("TLS"), "{error}");
    assert!(server.calls().is_empty());
}

/// A variable that is set in the child process of a test.
const CHILD: &str = "WINDROW_TEST_CHILD";

/// Runs the test `child` in a process with these variables, as a test must not set its own. Without them `child` does nothing.
#[track_caller]
fn in_a_process(child: &str, variables: &[(&str, String)]) {
    let mut command = Command::new(std::env::current_exe().unwrap());
    for name in ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy", "NO_PROXY", "no_proxy"] {
        command.env_remove(name);
    }
    let name = format!("{}::{child}", module_path!().split_once("::").unwrap().1);
    let done = command
        .args([&name, "--exact", "--ignored"])
        .env(CHILD, "1")
        .envs(variables.iter().cloned())
        .output()
        .unwrap();
    let out = String::from_utf8_lossy(&done.stdout).into_owned() + &String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success() && out.contains("1 passed"), "{out}");
}

/// The address from the documentation of Databricks, over a proxy that leads here.
#[test]
fn the_address_of_databricks_works_over_a_proxy() {
    let authority = Authority::new();
    let server = Server::tls(&authority, HOST, false);
    let proxy = ConnectProxy::answering("200 OK", server.port);
    in_a_process(
        "as_databricks_says",
        &[
            ("HTTPS_PROXY", format!("http://me:pass%20word@127.0.0.1:{}", proxy.port)),
            ("SSL_CERT_FILE", authority.file("ca.pem").to_str().unwrap().to_owned()),
            ("DATABRICKS_TOKEN", "dapi-SECRET".to_owned()),
        ],
    );
    let heads = proxy.heads();
    assert_eq!(heads.len(), 1, "{heads:?}");
    assert!(heads[0].starts_with(&format!("CONNECT {HOST}:443 HTTP/1.1\r\n")), "{heads:?}");
    // me:pass word
    assert!(heads[0].contains("Proxy-Authorization: Basic bWU6cGFzcyB3b3Jk\r\n"), "{heads:?}");
    let calls = server.calls();
    assert!(calls.len() >= 3, "{calls:?}");
    for call in calls {
        assert_eq!(call.header("authorization"), Some("Bearer dapi-SECRET"), "{}", call.method);
        assert_eq!(call.header("x-databricks-cluster-id"), Some("0927-123456-abcdefgh"), "{}", call.method);
    }
}

#[test]
#[ignore = "the child of another test"]
fn as_databricks_says() {
    if std::env::var_os(CHILD).is_none() {
        return;
    }
    let address =
        format!("sc://{HOST}:443/;token=env:DATABRICKS_TOKEN;x-databricks-cluster-id=0927-123456-abcdefgh");
    drop(open(&address, &Authority::new()).unwrap());
}

#[test]
fn a_proxy_that_refuses_is_named_without_its_password() {
    let authority = Authority::new();
    let server = Server::tls(&authority, HOST, false);
    for (status, said) in [
        ("407 Proxy Authentication Required", "2 asks for a user and a password"),
        ("403 Forbidden", "4 does not connect to it"),
    ] {
        let proxy = ConnectProxy::answering(status, server.port);
        let shown = format!("http://127.0.0.1:{}", proxy.port);
        let variables = [
            ("HTTPS_PROXY", shown.replace("//", "//me:SECRET@")),
            ("WINDROW_EXPECTED", format!("{shown} {said}")),
            ("WINDROW_AUTHORITY", authority.file("ca.pem").to_str().unwrap().to_owned()),
        ];
        in_a_process("over_a_proxy_that_refuses", &variables);
        assert_eq!(proxy.heads().len(), 1);
    }
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    for (proxy, said) in [
        (format!("http://127.0.0.1:{free}"), "4 is not reached"),
        ("socks5://127.0.0.1:1".into(), "2 is not an HTTP proxy"),
    ] {
        let variables = [
            ("ALL_PROXY", proxy.replace("//", "//me:SECRET@")),
            ("WINDROW_EXPECTED", format!("{proxy} {said}")),
            ("WINDROW_AUTHORITY", authority.file("ca.pem").to_str().unwrap().to_owned()),
        ];
        in_a_process("over_a_proxy_that_refuses", &variables);
    }
    assert!(server.calls().is_empty());
}

#[test]
#[ignore = "the child of another test"]
fn over_a_proxy_that_refuses() {
    if std::env::var_os(CHILD).is_none() {
        return;
    }
    let [expected, authority] =
        ["WINDROW_EXPECTED", "WINDROW_AUTHORITY"].map(|name| std::env::var(name).unwrap());
    let [proxy, code, said] = expected.splitn(3, ' ').collect::<Vec<_>>()[..] else { panic!("{expected}") };
    let error = refused(&format!("sc://{HOST}:443/;token=t;ssl_ca_file={authority}"), &Authority::new());
    assert_eq!(error.kind().exit_code().to_string(), code, "{error}");
    assert!(error.message().contains(&format!("the proxy {proxy} ")), "{error}");
    assert!(error.message().contains(said), "{error}");
    assert!(error.help_text().unwrap().contains("NO_PROXY"), "{error:?}");
    assert!(!format!("{error:?}").contains("SECRET"), "{error:?}");
}

/// `HTTPS_PROXY` is not used for unencrypted channels, for this machine, or for hosts in `NO_PROXY`.
#[test]
fn some_are_reached_without_a_proxy() {
    let authority = Authority::new();
    let (plain, tls) = (Server::plain(), Server::tls(&authority, "localhost", false));
    let proxy = ConnectProxy::answering("200 OK", plain.port);
    let here = format!("sc://localhost:{}/;ssl_ca_file={}", tls.port, authority.file("ca.pem").display());
    for address in [format!("sc://0.0.0.0:{}", plain.port), here] {
        let variables =
            [("HTTPS_PROXY", format!("http://127.0.0.1:{}", proxy.port)), ("WINDROW_ADDRESS", address)];
        in_a_process("without_a_proxy", &variables);
    }
    // The address looks like another machine, but is this one.
    let other = format!("sc://0.0.0.0:{}/;ssl_ca_file={}", tls.port, authority.file("ca.pem").display());
    let variables = [
        ("HTTPS_PROXY", format!("http://127.0.0.1:{}", proxy.port)),
        ("NO_PROXY", "0.0.0.0".to_owned()),
        ("WINDROW_ADDRESS", other),
    ];
    in_a_process("without_a_proxy", &variables);
    assert!(proxy.heads().is_empty(), "{:?}", proxy.heads());
    assert!(!plain.calls().is_empty() && !tls.calls().is_empty());
}

#[test]
#[ignore = "the child of another test"]
fn without_a_proxy() {
    if std::env::var_os(CHILD).is_none() {
        return;
    }
    let address = std::env::var("WINDROW_ADDRESS").unwrap();
    match open(&address, &Authority::new()) {
        Ok(session) => assert_eq!(session.version(), "4.3.0"),
        // The server was reached, but has another certificate.
        Err(error) => assert!(error.message().contains("is not accepted"), "{error}"),
    }
}
