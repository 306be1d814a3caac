//! Tests of addresses without a Spark.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::thread;
use std::time::Duration;

use super::super::{Address, Session};
use crate::clock::Stopwatch;
use crate::error::{Error, Kind};
use crate::settings::Settings;

#[track_caller]
fn refused(address: &str) -> Error {
    let started = Stopwatch::start();
    let address = Address::parse(address, "".as_ref()).unwrap();
    let Err(error) = Session::open(&address, &BTreeMap::new(), "test", &Settings::default()) else {
        panic!("{address}: a session is open");
    };
    assert!(started.elapsed() < Duration::from_secs(15), "{error} after {:?}", started.elapsed());
    assert!(error.help_text().is_some(), "{error}");
    error
}

/// A port that answers each connection with `answer` after the first bytes, and then keeps or closes it.
fn talking(answer: &'static [u8], keep: bool) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        let mut kept = Vec::new();
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let _ = stream.read(&mut [0; 1024]);
            let _ = stream.write_all(answer);
            if keep {
                kept.push(stream);
            }
        }
    });
    port
}

#[test]
fn nothing_listens() {
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let error = refused(&format!("sc://127.0.0.1:{free}"));
    assert_eq!(error.kind(), Kind::Storage);
    assert_eq!(
        error.message(),
        format!("cannot reach Spark at sc://127.0.0.1:{free}: nothing listens there")
    );
}

#[test]
fn the_host_has_no_address() {
    let error = refused("sc://no-such-host.invalid");
    assert_eq!(error.kind(), Kind::Storage, "{error}");
}

#[test]
fn something_else_listens() {
    const PAGE: &[u8] = b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
    const ALERT: &[u8] = &[0x15, 3, 3, 0, 2, 2, 10];
    for (answer, keep) in [(PAGE, false), (PAGE, true), (ALERT, false), (b"".as_slice(), false)] {
        let port = talking(answer, keep);
        let error = refused(&format!("sc://127.0.0.1:{port}"));
        assert_eq!(error.kind(), Kind::Storage, "{error}");
        assert!(error.message().contains("does not answer as Spark Connect"), "{error}");
        assert!(error.help_text().unwrap().contains("use_ssl=true"), "{error:?}");
    }
}

#[test]
fn tls_where_there_is_none() {
    // The first bytes of a server with plain HTTP/2.
    const SETTINGS: &[u8] = &[0, 0, 0, 4, 0, 0, 0, 0, 0];
    let error = refused(&format!("sc://localhost:{}/;use_ssl=true", talking(SETTINGS, true)));
    assert_eq!(error.kind(), Kind::Usage, "{error}");
    let error = refused(&format!("sc://localhost:{}/;use_ssl=true", talking(b"", false)));
    assert_eq!(error.kind(), Kind::Storage, "{error}");
    assert!(error.help_text().unwrap().contains("leave use_ssl=true out"), "{error:?}");
}

#[test]
fn a_stop_ends_the_wait_for_a_server_that_says_nothing() {
    let settings = Settings::default();
    let address = Address::parse(&format!("sc://127.0.0.1:{}", talking(b"", true)), "".as_ref()).unwrap();
    settings.stop.request(false);
    let started = Stopwatch::start();
    let Err(error) = Session::open(&address, &BTreeMap::new(), "test", &settings) else { panic!("open") };
    assert_eq!(error.kind(), Kind::Interrupted);
    assert!(started.elapsed() < Duration::from_secs(5));
}

#[test]
#[ignore = "takes as long as the patience with a server that says nothing"]
fn a_server_that_says_nothing() {
    let error = refused(&format!("sc://127.0.0.1:{}", talking(b"", true)));
    assert_eq!(error.kind(), Kind::Storage, "{error}");
    assert!(error.message().contains("does not answer"), "{error}");
}
