//! The channel to a server: over TCP or through a proxy, encrypted or not.

use std::fs;
use std::path::Path;
use std::time::Duration;

use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::proxy::Tunnel;
use hyper_util::client::proxy::matcher::Matcher;
use tonic::transport::{Certificate, Channel, ClientTlsConfig, Endpoint, Error as ChannelError, Identity};

use super::address::{Address, Tls};
use super::link::{CLIENT, CONNECT_LIMIT};
use crate::error::{Code, Error, Result};
use crate::text::escape;

/// Bytes that the server may send ahead, in one stream and in all streams.
const WINDOWS_BYTES: (u32, u32) = (4 << 20, 8 << 20);

/// How long a connection may be silent before the system checks that it is still alive.
const TCP_KEEP_ALIVE: Duration = Duration::from_secs(10);

/// The first lines of the parts of a PEM file, without the dashes.
const CERTIFICATE: &str = "BEGIN CERTIFICATE";
const KEY: &str = "PRIVATE KEY";
const ENCRYPTED: &str = "ENCRYPTED";

/// How the server is reached.
#[derive(Debug)]
pub(super) struct Route {
    endpoint: Endpoint,
    proxy: Option<HttpProxy>,
}

/// The HTTP proxy that connections go through.
#[derive(Debug)]
struct HttpProxy {
    tunnel: Tunnel<HttpConnector>,
    /// Its address for messages, without user and password.
    shown: String,
}

impl Route {
    /// The way to `address`, with a proxy from the environment if there is one.
    ///
    /// # Errors
    /// Usage: the host, a file for TLS, or the proxy cannot be used.
    pub(super) fn to(address: &Address) -> Result<Route> {
        Route::past(address, &Matcher::from_env())
    }

    /// The same with these proxies.
    pub(super) fn past(address: &Address, proxies: &Matcher) -> Result<Route> {
        let endpoint = endpoint(address)?;
        // As with other clients, `HTTPS_PROXY` is for encrypted channels only, and never for this machine.
        let is_for_proxies = address.tls.is_some() && !address.is_loopback();
        let intercept = is_for_proxies.then(|| proxies.intercept(endpoint.uri())).flatten();
        let proxy = match intercept {
            None => None,
            Some(proxy) => {
                let uri = proxy.uri();
                let shown = uri.authority().map_or("", |authority| authority.as_str());
                let shown = format!(
                    "{}://{}",
                    uri.scheme_str().unwrap_or("http"),
                    shown.rsplit('@').next().unwrap_or("")
                );
                if uri.scheme_str() != Some("http") {
                    return Err(Error::usage(format!("{address}: the proxy {shown} is not an HTTP proxy"))
                        .with_code(Code::SparkAddress)
                        .with_help(
                            "set HTTPS_PROXY=http://host:port, or NO_PROXY to the host of the address",
                        ));
                }
                let mut connector = HttpConnector::new();
                connector.set_nodelay(true);
                connector.set_keepalive(Some(TCP_KEEP_ALIVE));
                let tunnel = Tunnel::new(uri.clone(), connector);
                let tunnel = match proxy.basic_auth() {
                    Some(user) => tunnel.with_auth(user.clone()),
                    None => tunnel,
                };
                Some(HttpProxy { tunnel, shown })
            }
        };
        Ok(Route { endpoint, proxy })
    }

    /// The proxy on the way, for messages.
    pub(super) fn proxy(&self) -> Option<&str> {
        self.proxy.as_ref().map(|proxy| proxy.shown.as_str())
    }

    pub(super) async fn connect(&self) -> Result<Channel, ChannelError> {
        match &self.proxy {
            Some(proxy) => self.endpoint.connect_with_connector(proxy.tunnel.clone()).await,
            None => self.endpoint.connect().await,
        }
    }

    /// A channel that connects on first use.
    pub(super) fn connect_later(&self) -> Channel {
        match &self.proxy {
            Some(proxy) => self.endpoint.connect_with_connector_lazy(proxy.tunnel.clone()),
            None => self.endpoint.connect_lazy(),
        }
    }
}

fn endpoint(address: &Address) -> Result<Endpoint> {
    let scheme = if address.tls.is_some() { "https" } else { "http" };
    let agent = address.agent.iter().map(|agent| format!("{agent} ")).collect::<String>() + CLIENT;
    let mut endpoint = Channel::from_shared(format!("{scheme}://{}", address.authority()))
        .map_err(|error| {
            Error::usage(format!("{address} is not an address: {error}"))
                .with_code(Code::SparkAddress)
                .with_help("write sc://host:port")
        })?
        .user_agent(agent)
        .map_err(|error| unusable(address, &error))?
        .connect_timeout(CONNECT_LIMIT)
        .tcp_keepalive(Some(TCP_KEEP_ALIVE))
        .initial_stream_window_size(WINDOWS_BYTES.0)
        .initial_connection_window_size(WINDOWS_BYTES.1);
    if let Some(pings) = address.keep_alive {
        endpoint = endpoint
            .http2_keep_alive_interval(pings.every)
            .keep_alive_timeout(pings.within)
            .keep_alive_while_idle(pings.idle);
    }
    if let Some(files) = &address.tls {
        endpoint =
            endpoint.tls_config(encryption(address, files)?).map_err(|error| unusable(address, &error))?;
    }
    Ok(endpoint)
}

fn encryption(address: &Address, files: &Tls) -> Result<ClientTlsConfig> {
    // Proxies that forward bytes do not know ALPN, so HTTP/2 is assumed. Anything else fails.
    let tls =
        ClientTlsConfig::new().domain_name(address.host.clone()).assume_http2(true).timeout(CONNECT_LIMIT);
    let tls = match &files.authorities {
        None => tls.with_native_roots(),
        Some(path) => tls.ca_certificate(Certificate::from_pem(pem("ssl_ca_file", path, CERTIFICATE)?)),
    };
    Ok(match &files.identity {
        None => tls,
        Some((certificate, key)) => tls.identity(Identity::from_pem(
            pem("ssl_cert_file", certificate, CERTIFICATE)?,
            pem("ssl_key_file", key, KEY)?,
        )),
    })
}

/// The text of a PEM file, which must have a part of this kind.
fn pem(parameter: &str, path: &Path, part: &str) -> Result<String> {
    let shown = escape::path(path);
    let text = fs::read_to_string(path).map_err(|error| {
        Error::usage(format!("{parameter}: cannot read {shown}: {error}"))
            .with_code(Code::SparkTls)
            .with_help("check the path")
    })?;
    if part == KEY && text.contains(ENCRYPTED) {
        return Err(Error::usage(format!("{parameter}: the key in {shown} has a passphrase"))
            .with_code(Code::SparkTls)
            .with_help("name a file with the key without a passphrase, which only you can read"));
    }
    match text.contains(part) {
        true => Ok(text),
        false => Err(Error::usage(format!("{parameter}: {shown} has no `{part}` in it"))
            .with_code(Code::SparkTls)
            .with_help("name a file in PEM format")),
    }
}

fn unusable(address: &Address, error: &ChannelError) -> Error {
    let cause = std::error::Error::source(error).map_or_else(|| error.to_string(), ToString::to_string);
    Error::usage(format!("cannot prepare the connection to {address}: {cause}")).with_code(Code::SparkTls).with_help(
        "check the address and its ssl_ files; without ssl_ca_file also SSL_CERT_FILE, or the certificates of the system",
    )
}
