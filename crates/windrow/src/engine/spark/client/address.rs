//! The address of a Spark Connect server, and how to talk to it: `sc://host:port/;name=value;…`, as Spark's own clients write
//! it. Secrets in it are never shown.

use std::fmt;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use uuid::Uuid;

use super::parameter::{self, Parameter};
use crate::error::{Code, Error, Result};

/// The default port of a Connect server.
const PORT: u16 = 15_002;

/// Default maximum size of a message in either direction, in bytes.
const MESSAGE_MAX_BYTES: usize = 256 << 20;

/// The user of the session if the address names none.
const ANONYMOUS: &str = "windrow";

/// A checked address. `Display` and `Debug` show host and port only: tokens and headers are secrets.
#[derive(Clone, PartialEq, Eq)]
pub(in crate::engine::spark) struct Address {
    /// The host name, or an IP address; an IPv6 address without brackets.
    pub(super) host: String,
    pub(super) port: u16,
    /// How the channel is encrypted. `None` if it is not.
    pub(super) tls: Option<Tls>,
    /// Sent as `authorization: Bearer …`.
    pub(super) token: Option<String>,
    /// The user that the session belongs to.
    pub(super) user: String,
    /// An existing session to work in. `None` for a new session.
    pub(super) session: Option<String>,
    /// What the client calls itself, before windrow's own name.
    pub(super) agent: Option<String>,
    /// Parameters without a meaning for Spark. They are sent as headers of every request, for proxies on the way.
    pub(super) headers: Vec<(String, String)>,
    pub(super) message_max_bytes: usize,
    pub(super) keep_alive: Option<KeepAlive>,
}

/// The files of an encrypted channel, in PEM.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Tls {
    /// The certificate authorities that are trusted. `None` for those of the system.
    pub(super) authorities: Option<PathBuf>,
    /// The certificate that windrow shows, and its key.
    pub(super) identity: Option<(PathBuf, PathBuf)>,
}

/// HTTP/2 pings, sent only if the address asks for them: servers before Spark 4.3 disconnect clients that ping.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct KeepAlive {
    /// The time between two pings.
    pub(super) every: Duration,
    /// How long to wait for the answer to a ping.
    pub(super) within: Duration,
    /// Whether to ping while no request is running.
    pub(super) idle: bool,
}

/// The parameters about TLS, before they are checked together.
#[derive(Default)]
struct Wishes {
    use_ssl: Option<bool>,
    authorities: Option<PathBuf>,
    certificate: Option<PathBuf>,
    key: Option<PathBuf>,
}

impl Address {
    /// Reads `sc://host[:port][/;name=value;…]`. A value that begins with `env:` is taken from an environment variable. Files
    /// are relative to `folder`.
    ///
    /// # Errors
    /// Usage: the text has another form, a value does not fit its parameter, a variable is not set, or a possible secret would
    /// be sent unencrypted to another machine.
    pub(in crate::engine::spark) fn parse(text: &str, folder: &Path) -> Result<Address> {
        let rest = text.strip_prefix("sc://").ok_or_else(|| wrong("it does not begin with sc://"))?;
        let cut = rest.find(['/', '?', '#', ';']).unwrap_or(rest.len());
        let (authority, tail) = rest.split_at(cut);
        let (host, port) = authority_of(authority)?;
        let mut address = Address {
            host,
            port,
            tls: None,
            token: None,
            user: ANONYMOUS.to_owned(),
            session: None,
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
        let wishes = address.take(parameters, folder)?;
        address.tls = address.encryption(wishes)?;
        address.check_headers()?;
        Ok(address)
    }

    fn take(&mut self, parameters: &str, folder: &Path) -> Result<Wishes> {
        let (mut wishes, mut pings) = (Wishes::default(), None);
        let mut keep_alive =
            KeepAlive { every: Duration::from_secs(60), within: Duration::from_secs(20), idle: true };
        for Parameter { name, value } in parameter::all(parameters)? {
            match name.as_str() {
                "use_ssl" => wishes.use_ssl = Some(parameter::truth(&name, &value)?),
                "ssl_ca_file" => wishes.authorities = Some(parameter::file(&name, &value, folder)?),
                "ssl_cert_file" => wishes.certificate = Some(parameter::file(&name, &value, folder)?),
                "ssl_key_file" => wishes.key = Some(parameter::file(&name, &value, folder)?),
                "token" => self.token = Some(parameter::token(&value)?),
                "user_id" if value.is_empty() => return Err(wrong("user_id is empty")),
                "user_id" => self.user = value,
                "session_id" => self.session = Some(session(&value)?),
                "user_agent" => self.agent = Some(parameter::header(&name, value)?),
                "grpc_max_message_size" => self.message_max_bytes = parameter::number(&name, &value)?,
                "grpc_keepalive_enabled" => pings = Some(parameter::truth(&name, &value)?),
                "grpc_keepalive_time_ms" => {
                    keep_alive.every = Duration::from_millis(parameter::number(&name, &value)? as u64);
                    pings = pings.or(Some(true));
                }
                "grpc_keepalive_timeout_ms" => {
                    keep_alive.within = Duration::from_millis(parameter::number(&name, &value)? as u64);
                }
                "grpc_keepalive_without_calls" => keep_alive.idle = parameter::truth(&name, &value)?,
                _ => {
                    let value = parameter::header(&name, value)?;
                    self.headers.push((parameter::name_of_header(name)?, value));
                }
            }
        }
        self.keep_alive = pings.unwrap_or(false).then_some(keep_alive);
        Ok(wishes)
    }

    /// A token or files for TLS turn TLS on. On this machine a token is sent without TLS, as Spark's own server has no TLS.
    fn encryption(&self, wishes: Wishes) -> Result<Option<Tls>> {
        let Wishes { use_ssl, authorities, certificate, key } = wishes;
        let identity = match (certificate, key) {
            (Some(certificate), Some(key)) => Some((certificate, key)),
            (None, None) => None,
            _ => return Err(wrong("ssl_cert_file and ssl_key_file belong together: one of them is missing")),
        };
        let tls = Tls { authorities, identity };
        let has_files = tls != Tls::default();
        match use_ssl {
            Some(false) if has_files => {
                Err(wrong("use_ssl=false and the files of an encrypted connection exclude each other"))
            }
            Some(true) => Ok(Some(tls)),
            _ => Ok((has_files || (self.token.is_some() && !self.is_loopback())).then_some(tls)),
        }
    }

    /// Refuses to send headers unencrypted to another machine, as any header may be a secret.
    fn check_headers(&self) -> Result<()> {
        if self.token.is_some() && self.headers.iter().any(|(name, _)| name == "authorization") {
            return Err(wrong("token and authorization are the same header: leave one of them out"));
        }
        match self.headers.first() {
            Some((name, _)) if self.tls.is_none() && !self.is_loopback() => Err(Error::usage(format!(
                "{self}: the header {name} is not sent to another machine unencrypted, as it may be a secret"
            ))
            .with_code(Code::Secret)
            .with_help("add use_ssl=true to the address")),
            _ => Ok(()),
        }
    }

    /// Whether the server is on this machine, so that nothing travels over a network.
    pub(super) fn is_loopback(&self) -> bool {
        self.host == "localhost" || self.host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
    }

    /// Host and port as in a URL.
    pub(super) fn authority(&self) -> String {
        match self.host.contains(':') {
            true => format!("[{}]:{}", self.host, self.port),
            false => format!("{}:{}", self.host, self.port),
        }
    }
}

/// The error for a wrong address. It does not repeat the address, which may hold a token.
pub(super) fn wrong(what: impl fmt::Display) -> Error {
    Error::usage(format!("the address of the Spark Connect server is wrong: {what}"))
        .with_code(Code::SparkAddress)
        .with_help("write sc://host:port, or sc://host:port/;token=env:NAME")
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

/// The id of a session, as Spark writes it.
fn session(value: &str) -> Result<String> {
    match Uuid::try_parse(value) {
        Ok(id) if value.len() == id.hyphenated().to_string().len() => Ok(id.hyphenated().to_string()),
        _ => Err(wrong("session_id is not a UUID of the form 00112233-4455-6677-8899-aabbccddeeff")),
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "sc://{}", self.authority())
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Address({self}, tls: {}, token: {})", self.tls.is_some(), self.token.is_some())
    }
}
