//! Why a server cannot be reached: errors of the system, TLS or HTTP/2, in words that say what to do.

use std::error::Error as Cause;
use std::io;

use super::address::{Address, Tls};
use super::fault::cut;
use crate::error::{Code, Error, Kind};
use crate::text::escape;

/// The help if the address itself may be right.
const START: &str = "a retry is safe; check the address, and that a Spark Connect server runs there \
                     (sbin/start-connect-server.sh of Spark starts one, on port 15002)";

/// The error for a server that did not answer in time.
pub(super) fn silent(address: &Address, doing: &str) -> Error {
    unreachable(address, doing)
}

/// The error for a connection that failed, or broke before the server answered. It went through `proxy`, if there is one.
pub(super) fn explain(address: &Address, proxy: Option<&str>, error: &(dyn Cause + 'static)) -> Error {
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
    of_texts(address, proxy, &texts, kind)
}

fn of_texts(address: &Address, proxy: Option<&str>, texts: &[String], kind: Option<io::ErrorKind>) -> Error {
    let says = |words: &str| texts.iter().find(|text| text.contains(words));
    let last = texts.last().map_or("the connection failed", String::as_str);
    if let (Some(proxy), Some(tunnel)) = (proxy, says("tunnel error")) {
        return of_proxy(address, proxy, tunnel, last);
    }
    if let Some(text) = says("invalid peer certificate").or_else(|| says("certificate")) {
        return Error::usage(format!("the certificate of {address} is not accepted: {}", cut(text)))
            .with_code(Code::SparkTls)
            .with_help(
            "if its authority is your own, name the file with its certificate (PEM): ssl_ca_file=ca.pem in the address; \
             the host in the address must be the one in the certificate",
        );
    }
    if let Some(tls) = &address.tls {
        if says("InvalidContentType").or_else(|| says("corrupt message")).is_some() {
            return Error::usage(format!("{address} does not speak TLS")).with_code(Code::SparkTls).with_help(
                "leave use_ssl=true out, or give the port of the proxy that does TLS: Spark's own server has none",
            );
        }
        let about_certificate = [
            "CertificateRequired",
            "BadCertificate",
            "CertificateUnknown",
            "UnknownCA",
            "AccessDenied",
            "DecryptError",
        ];
        if let Some(text) = about_certificate.iter().find_map(|alert| says(alert)) {
            return Error::usage(format!("{address} does not accept the client: {}", cut(text)))
                .with_code(Code::SparkTls)
                .with_help(about_identity(tls, ""));
        }
        // With TLS 1.3 a server checks the client's certificate after the handshake, and the connection may end before its alert
        // arrives.
        if says("connection closed").or_else(|| says("stream closed")).is_some() {
            return unreachable(address, "it ends the connection after the TLS handshake")
                .with_help(about_identity(tls, "a retry is safe; "));
        }
        let ended = matches!(
            kind,
            Some(io::ErrorKind::UnexpectedEof | io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe)
        );
        if ended || says("handshake").is_some() {
            return unreachable(address, &format!("it ends the TLS handshake ({})", cut(last)))
                .with_help("a retry is safe; if the port has no TLS (Spark's own server has none), leave use_ssl=true out");
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
            .with_help("check host and port; if the port wants TLS, add use_ssl=true; else a retry is safe")
        }
        _ => unreachable(address, &cut(last)),
    }
}

/// The help if the server may not accept the client's identity.
fn about_identity(tls: &Tls, first: &str) -> String {
    match &tls.identity {
        None => format!(
            "{first}if the server asks clients for a certificate, name the files (PEM) in the address: \
             ssl_cert_file=client.pem;ssl_key_file=client.key"
        ),
        Some((path, _)) => format!(
            "{first}look whether the server accepts the certificate in {path} (ssl_cert_file)",
            path = escape::path(path)
        ),
    }
}

/// The error for a proxy that cannot be reached, or does not connect to the server.
fn of_proxy(address: &Address, proxy: &str, tunnel: &str, last: &str) -> Error {
    if tunnel.contains("authorization required") {
        return Error::usage(format!(
            "the proxy {proxy} on the way to {address} asks for a user and a password"
        ))
        .with_code(Code::SparkAccess)
        .with_help("set HTTPS_PROXY=http://USER:PASSWORD@HOST:PORT, or NO_PROXY to the host of the address");
    }
    let why = match tunnel.contains("underlying") {
        true => format!("the proxy {proxy} is not reached ({})", cut(last)),
        false => format!("the proxy {proxy} does not connect to it ({})", cut(last)),
    };
    unreachable(address, &why)
        .with_help("a retry is safe; check HTTPS_PROXY, or set NO_PROXY to the host of the address")
}

fn unreachable(address: &Address, why: &str) -> Error {
    Error::new(Kind::Storage, format!("cannot reach Spark at {address}: {why}"))
        .with_code(Code::SparkUnreachable)
        .with_help(START)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn explained(address: &str, text: &str, kind: Option<io::ErrorKind>) -> Error {
        of_texts(
            &Address::parse(address, "".as_ref()).unwrap(),
            None,
            &["transport error".to_owned(), text.to_owned()],
            kind,
        )
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
        assert!(authority.help_text().unwrap().contains("ssl_ca_file"));
        let plain =
            explained("sc://h/;use_ssl=true", "received corrupt message of type InvalidContentType", None);
        assert_eq!(plain.kind(), Kind::Usage);
        assert!(plain.help_text().unwrap().contains("leave use_ssl=true out"));
        let secret = explained("sc://h", "connection reset", Some(io::ErrorKind::ConnectionReset));
        assert!(secret.help_text().unwrap().contains("add use_ssl=true"), "{secret:?}");
    }
}
