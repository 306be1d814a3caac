//! Where a Spark Connect server is and how it is spoken to: `sc://host:port/;name=value;…`, as Spark's own clients write
//! it. What is secret in it is never shown.

use std::fmt;
use std::net::IpAddr;
use std::time::Duration;

use crate::error::{Error, Result};
use crate::text::escape::quoted;

/// The port that a Connect server listens on unless it is told another one.
const PORT: u16 = 15_002;

/// Largest message in either direction, in bytes, unless the address says otherwise.
const MESSAGE_MAX_BYTES: usize = 256 << 20;

/// Whom the server takes the session for when the address names nobody.
const NOBODY: &str = "windrow";

/// A checked address. `Display` and `Debug` show host and port only: tokens and headers are secrets.
#[derive(Clone, PartialEq, Eq)]
pub(in crate::engine::spark) struct Address {
    /// As DNS knows it; an IPv6 address without its brackets.
    pub(super) host: String,
    pub(super) port: u16,
    /// Whether the channel is encrypted.
    pub(super) tls: bool,
    /// Sent as `authorization: Bearer …`.
    pub(super) token: Option<String>,
    /// Whom the session belongs to.
    pub(super) user: String,
    /// What the client calls itself, before windrow's own name.
    pub(super) agent: Option<String>,
    /// Parameters that Spark gives no meaning: headers of every request, for proxies on the way.
    pub(super) headers: Vec<(String, String)>,
    pub(super) message_max_bytes: usize,
    pub(super) keep_alive: Option<KeepAlive>,
}

/// HTTP/2 pings, sent only where the address asks for them: servers before Spark 4.3 hang up on clients that ping.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct KeepAlive {
    /// Between two pings.
    pub(super) every: Duration,
    /// How long one may stay without an answer.
    pub(super) within: Duration,
    /// Whether to ping while nothing is asked.
    pub(super) idle: bool,
}

impl Address {
    /// Reads `sc://host[:port][/;name=value;…]`. `token=env:NAME` takes the token from that environment variable.
    ///
    /// # Errors
    /// Usage: the text has another form, a value is not of its parameter's kind, the variable of the token is not set, or a
    /// token would travel unencrypted to another machine.
    pub(in crate::engine::spark) fn parse(text: &str) -> Result<Address> {
        let rest = text.strip_prefix("sc://").ok_or_else(|| wrong("it does not begin with sc://"))?;
        let cut = rest.find(['/', '?', '#', ';']).unwrap_or(rest.len());
        let (authority, tail) = rest.split_at(cut);
        let (host, port) = authority_of(authority)?;
        let mut address = Address {
            host,
            port,
            tls: false,
            token: None,
            user: NOBODY.to_owned(),
            agent: None,
            headers: Vec::new(),
            message_max_bytes: MESSAGE_MAX_BYTES,
            keep_alive: None,
        };
        let parameters = match tail.strip_prefix('/').unwrap_or(tail) {
            "" => "",
            path => path.strip_prefix(';').ok_or_else(|| {
                wrong("after host and port only parameters may follow, as in sc://host:port/;use_ssl=true")
            })?,
        };
        address.take(parameters)?;
        if address.token.is_some() && !address.tls && !address.is_loopback() {
            return Err(Error::usage(format!(
                "{address}: a token is not sent to another machine unencrypted"
            ))
            .help("add use_ssl=true to the address"));
        }
        Ok(address)
    }

    fn take(&mut self, parameters: &str) -> Result<()> {
        let mut seen = Vec::new();
        let mut pings = None;
        let mut keep_alive =
            KeepAlive { every: Duration::from_secs(60), within: Duration::from_secs(20), idle: true };
        for parameter in parameters.split(';').filter(|parameter| !parameter.is_empty()) {
            let (name, value) = parameter
                .split_once('=')
                .ok_or_else(|| wrong("a parameter is not of the form name=value"))?;
            if seen.contains(&name) {
                return Err(wrong(format_args!("the parameter {name} is there twice", name = quoted(name))));
            }
            seen.push(name);
            let value = decoded(name, value)?;
            match name {
                "use_ssl" => self.tls = truth(name, &value)?,
                "token" => self.token = Some(token(value)?),
                "user_id" if value.is_empty() => return Err(wrong("user_id is empty")),
                "user_id" => self.user = value,
                "user_agent" => self.agent = Some(header(name, value)?),
                "grpc_max_message_size" => self.message_max_bytes = number(name, &value)?,
                "grpc_keepalive_enabled" => pings = Some(truth(name, &value)?),
                "grpc_keepalive_time_ms" => {
                    keep_alive.every = Duration::from_millis(number(name, &value)? as u64);
                    pings = pings.or(Some(true));
                }
                "grpc_keepalive_timeout_ms" => {
                    keep_alive.within = Duration::from_millis(number(name, &value)? as u64);
                }
                "grpc_keepalive_without_calls" => keep_alive.idle = truth(name, &value)?,
                "session_id" => {
                    return Err(wrong("windrow opens a session of its own: leave session_id out"));
                }
                "" => return Err(wrong("a parameter has no name")),
                _ => self.headers.push((name_of_header(name)?, header(name, value)?)),
            }
        }
        self.keep_alive = pings.unwrap_or(false).then_some(keep_alive);
        Ok(())
    }

    /// Whether the server is on this machine, where nobody on the way can read along.
    fn is_loopback(&self) -> bool {
        self.host == "localhost" || self.host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
    }

    /// Host and port as a URL holds them.
    pub(super) fn authority(&self) -> String {
        match self.host.contains(':') {
            true => format!("[{}]:{}", self.host, self.port),
            false => format!("{}:{}", self.host, self.port),
        }
    }
}

/// What is wrong with an address; its text is not repeated, as it may hold a token.
fn wrong(what: impl fmt::Display) -> Error {
    Error::usage(format!("the address of the Spark Connect server is wrong: {what}"))
        .help("write sc://host:port, or sc://host:port/;use_ssl=true;token=env:NAME")
}

fn authority_of(authority: &str) -> Result<(String, u16)> {
    if authority.contains('@') {
        return Err(wrong("a user before the host has no meaning: use user_id=… or token=env:NAME"));
    }
    let (host, port) = match authority.strip_prefix('[') {
        Some(rest) => {
            let (host, after) = rest.split_once(']').ok_or_else(|| wrong("the bracket is not closed"))?;
            if !host.parse::<IpAddr>().is_ok_and(|ip| ip.is_ipv6()) {
                return Err(wrong("only an IPv6 address stands in brackets"));
            }
            (host, after)
        }
        None => authority.split_at(authority.find(':').unwrap_or(authority.len())),
    };
    if host.is_empty() {
        return Err(wrong("the host is missing"));
    }
    let letter = |c: char| c.is_alphanumeric() || matches!(c, '.' | '-' | '_' | ':');
    if !host.chars().all(letter) {
        return Err(wrong("the host has characters that no host has"));
    }
    let port = match port {
        "" | ":" => PORT,
        text => match text.strip_prefix(':').and_then(|digits| digits.parse().ok()) {
            Some(port) if port > 0 => port,
            _ => return Err(wrong("the port is not a number from 1 to 65535")),
        },
    };
    Ok((host.to_ascii_lowercase(), port))
}

fn token(value: String) -> Result<String> {
    let token = match value.strip_prefix("env:") {
        None => value,
        Some(name) => std::env::var(name).map_err(|_| {
            wrong(format_args!(
                "the environment variable {name}, which holds the token, is not set",
                name = quoted(name)
            ))
        })?,
    };
    match token.trim() {
        "" => Err(wrong("the token is empty")),
        trimmed => header("token", trimmed.to_owned()),
    }
}

fn truth(name: &str, value: &str) -> Result<bool> {
    match value {
        _ if value.eq_ignore_ascii_case("true") => Ok(true),
        _ if value.eq_ignore_ascii_case("false") => Ok(false),
        _ => Err(wrong(format_args!("{name} is neither true nor false"))),
    }
}

fn number(name: &str, value: &str) -> Result<usize> {
    match value.parse() {
        Ok(number) if (1..=i32::MAX as usize).contains(&number) => Ok(number),
        _ => Err(wrong(format_args!("{name} is not a number from 1 to 2147483647"))),
    }
}

/// A value that a header can hold.
fn header(name: &str, value: String) -> Result<String> {
    match value.bytes().all(|byte| (b' '..=b'~').contains(&byte)) {
        true => Ok(value),
        false => Err(wrong(format_args!("{name} has characters other than ASCII ones"))),
    }
}

/// A name that a header can have: HTTP/2 knows them in lower case, gRPC keeps some for itself.
fn name_of_header(name: &str) -> Result<String> {
    let name = name.to_ascii_lowercase();
    let plain = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'));
    let reserved = name.starts_with("grpc-") || name.ends_with("-bin") || name == "authorization";
    match plain && !reserved {
        true => Ok(name),
        false => Err(wrong(format_args!(
            "there is no parameter {name}, and no header may have that name",
            name = quoted(name)
        ))),
    }
}

/// `%41` is `A`.
fn decoded(name: &str, value: &str) -> Result<String> {
    let mut bytes = Vec::with_capacity(value.len());
    let mut rest = value.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        let hex = |at: usize| after.get(at).and_then(|&digit| (digit as char).to_digit(16));
        match (byte, hex(0), hex(1)) {
            (b'%', Some(high), Some(low)) => {
                bytes.push((high * 16 + low) as u8);
                rest = &after[2..];
            }
            (b'%', ..) => return Err(wrong(format_args!("{name} has a % without two hexadecimal digits"))),
            _ => {
                bytes.push(byte);
                rest = after;
            }
        }
    }
    String::from_utf8(bytes).map_err(|_| wrong(format_args!("{name} is not UTF-8 when it is decoded")))
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "sc://{}", self.authority())
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Address({self}, tls: {}, token: {})", self.tls, self.token.is_some())
    }
}
