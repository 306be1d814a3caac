//! Why a server cannot be reached: what the system, TLS or HTTP/2 said, in words that say what to do.

use std::error::Error as Cause;
use std::io;

use super::address::Address;
use super::fault::cut;
use crate::error::{Error, Kind};

/// What to do where nothing is wrong with the address itself.
const START: &str = "a retry is safe; check the address, and that a Spark Connect server runs there \
                     (sbin/start-connect-server.sh of Spark starts one, on port 15002)";

/// The server did not answer in time.
pub(super) fn silent(address: &Address, doing: &str) -> Error {
    unreachable(address, doing)
}

/// The connection was not made, or broke before the server said anything.
pub(super) fn explain(address: &Address, error: &(dyn Cause + 'static)) -> Error {
    let mut texts = Vec::new();
    let mut kind = None;
    let mut cause = Some(error);
    while let Some(error) = cause {
        if let Some(io) = error.downcast_ref::<io::Error>() {
            kind = Some(io.kind());
            // An I/O error that wraps another one hides it from `source`.
            if let Some(inner) = io.get_ref() {
                texts.push(inner.to_string());
            }
        }
        texts.push(error.to_string());
        cause = error.source();
    }
    of_texts(address, &texts, kind)
}

fn of_texts(address: &Address, texts: &[String], kind: Option<io::ErrorKind>) -> Error {
    let says = |words: &str| texts.iter().find(|text| text.contains(words));
    if let Some(text) = says("invalid peer certificate").or_else(|| says("certificate")) {
        return Error::usage(format!("the certificate of {address} is not accepted: {}", cut(text))).help(
            "if its authority is your own, name the file with its certificate (PEM): SSL_CERT_FILE=ca.pem; \
             the host in the address must be the one in the certificate",
        );
    }
    let last = texts.last().map_or("the connection failed", String::as_str);
    if address.tls {
        if says("InvalidContentType").or_else(|| says("corrupt message")).is_some() {
            return Error::usage(format!("{address} does not speak TLS")).help(
                "leave use_ssl=true out, or give the port of the proxy that does TLS: Spark's own server has none",
            );
        }
        let ended = matches!(
            kind,
            Some(io::ErrorKind::UnexpectedEof | io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe)
        );
        if ended || says("handshake").is_some() {
            return unreachable(address, &format!("it ends the TLS handshake ({})", cut(last)))
                .help("a retry is safe; if the port has no TLS (Spark's own server has none), leave use_ssl=true out");
        }
        return unreachable(address, &cut(last));
    }
    match kind {
        Some(io::ErrorKind::ConnectionRefused) => unreachable(address, "nothing listens there"),
        Some(io::ErrorKind::TimedOut) => unreachable(address, "no answer to the connection"),
        _ if says("http2").or_else(|| says("h2")).or_else(|| says("broken pipe")).is_some()
            || matches!(kind, Some(io::ErrorKind::ConnectionReset | io::ErrorKind::UnexpectedEof)) =>
        {
            unreachable(
                address,
                &format!("what listens there does not answer as Spark Connect ({})", cut(last)),
            )
            .help("check host and port; if the port wants TLS, add use_ssl=true; else a retry is safe")
        }
        _ => unreachable(address, &cut(last)),
    }
}

fn unreachable(address: &Address, why: &str) -> Error {
    Error::new(Kind::Storage, format!("cannot reach Spark at {address}: {why}")).help(START)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn explained(address: &str, text: &str, kind: Option<io::ErrorKind>) -> Error {
        of_texts(&Address::parse(address).unwrap(), &["transport error".to_owned(), text.to_owned()], kind)
    }

    #[test]
    fn each_way_to_fail_has_its_words() {
        let refused = explained(
            "sc://h:7",
            "Connection refused (os error 111)",
            Some(io::ErrorKind::ConnectionRefused),
        );
        assert_eq!(refused.message(), "cannot reach Spark at sc://h:7: nothing listens there");
        assert_eq!(refused.kind(), Kind::Storage);
        let authority = explained("sc://h/;use_ssl=true", "invalid peer certificate: UnknownIssuer", None);
        assert_eq!(authority.kind(), Kind::Usage);
        assert!(authority.next().unwrap().contains("SSL_CERT_FILE"));
        let plain =
            explained("sc://h/;use_ssl=true", "received corrupt message of type InvalidContentType", None);
        assert_eq!(plain.kind(), Kind::Usage);
        assert!(plain.next().unwrap().contains("leave use_ssl=true out"));
        let secret = explained("sc://h", "connection reset", Some(io::ErrorKind::ConnectionReset));
        assert!(secret.next().unwrap().contains("add use_ssl=true"), "{secret:?}");
    }
}
