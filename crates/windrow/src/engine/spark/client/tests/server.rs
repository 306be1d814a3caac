//! A Spark Connect server that knows its version and takes every setting, and a proxy before it. Both keep what they hear.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::thread;

use bytes::{BufMut, Bytes, BytesMut};
use http::{HeaderMap, Response};
use prost::Message;
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use spark_connect_proto::config_request::operation::OpType;
use spark_connect_proto::{
    AnalyzePlanRequest, AnalyzePlanResponse, ConfigRequest, ConfigResponse, KeyValue, analyze_plan_request,
    analyze_plan_response,
};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::server::WebPkiClientVerifier;
use tokio_rustls::rustls::{RootCertStore, ServerConfig};

use super::super::fault::status;

/// A call as the server got it.
#[derive(Clone, Debug)]
pub(super) struct Call {
    /// The name of the method.
    pub(super) method: String,
    pub(super) headers: HeaderMap,
    /// The message.
    pub(super) message: Bytes,
}

impl Call {
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// What is asked of the settings, if that is asked.
    pub(super) fn of_settings(&self) -> Option<OpType> {
        let request = ConfigRequest::decode(&self.message[..]).ok().filter(|_| self.method == "Config")?;
        request.operation?.op_type
    }
}

/// What it says it is, unless a test has another wish.
const VERSION: &str = "4.3.0";

/// How queries are answered: with an error; none: well.
type PlannedError = Option<tonic::Status>;

/// The server, on a free port of this machine.
pub(super) struct Server {
    pub(super) port: u16,
    calls: Arc<Mutex<Vec<Call>>>,
}

impl Server {
    pub(super) fn plain() -> Server {
        Server::start(None, VERSION, None)
    }

    /// One that calls itself Spark of this version, and refuses every query like this.
    pub(super) fn refusing(version: &str, text: &str, class: &str) -> Server {
        Server::start(None, version, Some(status(tonic::Code::Internal, text, class)))
    }

    /// With a certificate of `authority` for `host`; with `asks` only clients that show one of it too are served.
    pub(super) fn tls(authority: &Authority, host: &str, asks: bool) -> Server {
        let (certificate, key) = authority.signed(host);
        let provider = Arc::new(tokio_rustls::rustls::crypto::ring::default_provider());
        let builder =
            ServerConfig::builder_with_provider(provider.clone()).with_safe_default_protocol_versions();
        let builder = match asks {
            false => builder.unwrap().with_no_client_auth(),
            true => {
                let mut roots = RootCertStore::empty();
                roots.add(CertificateDer::from_pem_slice(authority.certificate.as_bytes()).unwrap()).unwrap();
                let verifier = WebPkiClientVerifier::builder_with_provider(roots.into(), provider).build();
                builder.unwrap().with_client_cert_verifier(verifier.unwrap())
            }
        };
        let chain = vec![CertificateDer::from_pem_slice(certificate.as_bytes()).unwrap()];
        let mut config =
            builder.with_single_cert(chain, PrivateKeyDer::from_pem_slice(key.as_bytes()).unwrap()).unwrap();
        config.alpn_protocols = vec![b"h2".to_vec()];
        Server::start(Some(TlsAcceptor::from(Arc::new(config))), VERSION, None)
    }

    /// What it was asked, without what it still works on.
    pub(super) fn calls(&self) -> Vec<Call> {
        self.calls.lock().unwrap().clone()
    }

    fn start(tls: Option<TlsAcceptor>, version: &str, refusal: PlannedError) -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let server = Server { port: listener.local_addr().unwrap().port(), calls: Arc::default() };
        let (calls, version) = (server.calls.clone(), version.to_owned());
        thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            listener.set_nonblocking(true).unwrap();
            runtime.block_on(async {
                let listener = tokio::net::TcpListener::from_std(listener).unwrap();
                while let Ok((stream, _)) = listener.accept().await {
                    let (tls, calls) = (tls.clone(), calls.clone());
                    let answers = (version.clone(), refusal.clone());
                    tokio::spawn(async move {
                        match tls {
                            None => serve(stream, answers, calls).await,
                            Some(tls) => {
                                if let Ok(stream) = tls.accept(stream).await {
                                    serve(stream, answers, calls).await
                                }
                            }
                        }
                    });
                }
            });
        });
        server
    }
}

async fn serve<S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin>(
    stream: S,
    answers: (String, PlannedError),
    calls: Arc<Mutex<Vec<Call>>>,
) {
    let Ok(mut connection) = h2::server::handshake(stream).await else { return };
    while let Some(Ok((request, mut respond))) = connection.accept().await {
        let (answers, calls) = (answers.clone(), calls.clone());
        tokio::spawn(async move {
            let method = request.uri().path().rsplit('/').next().unwrap_or_default().to_owned();
            let (parts, mut body) = request.into_parts();
            let mut message = BytesMut::new();
            while let Some(Ok(data)) = body.data().await {
                let _ = body.flow_control().release_capacity(data.len());
                message.extend_from_slice(&data);
            }
            let call = Call { method, headers: parts.headers, message: message.freeze().slice(5..) };
            let answer = answer(&call, answers);
            calls.lock().unwrap().push(call);
            let response = Response::builder().header("content-type", "application/grpc");
            match answer {
                Err(status) => {
                    let mut response = response.body(()).unwrap();
                    status.add_header(response.headers_mut()).unwrap();
                    let _ = respond.send_response(response, true);
                }
                Ok(message) => {
                    let mut data = BytesMut::new();
                    data.put_u8(0);
                    data.put_u32(message.len() as u32);
                    data.extend_from_slice(&message);
                    let mut stream = respond.send_response(response.body(()).unwrap(), false).unwrap();
                    let _ = stream.send_data(data.freeze(), false);
                    let trailers =
                        HeaderMap::from_iter([("grpc-status".parse().unwrap(), "0".parse().unwrap())]);
                    let _ = stream.send_trailers(trailers);
                }
            }
        });
    }
}

fn answer(call: &Call, (version, refusal): (String, PlannedError)) -> Result<Vec<u8>, Box<tonic::Status>> {
    match call.method.as_str() {
        "AnalyzePlan" => {
            let request = AnalyzePlanRequest::decode(&call.message[..]).unwrap();
            let result = match (request.analyze, refusal) {
                (Some(analyze_plan_request::Analyze::SparkVersion(_)), _) => {
                    analyze_plan_response::Result::SparkVersion(analyze_plan_response::SparkVersion {
                        version,
                    })
                }
                (_, Some(refusal)) => return Err(refusal.into()),
                _ => analyze_plan_response::Result::Schema(analyze_plan_response::Schema { schema: None }),
            };
            Ok(AnalyzePlanResponse { result: Some(result), ..Default::default() }.encode_to_vec())
        }
        "Config" => {
            // Of the settings that a session had before, every second one has a value.
            let pairs =
                match call.of_settings() {
                    Some(OpType::GetOption(get)) => get.keys.into_iter().enumerate().map(|(at, key)| {
                        KeyValue { key, value: (at % 2 == 0).then(|| "as it was".to_owned()) }
                    }),
                    _ => return Ok(ConfigResponse::default().encode_to_vec()),
                };
            Ok(ConfigResponse { pairs: pairs.collect(), ..Default::default() }.encode_to_vec())
        }
        _ => Ok(Vec::new()),
    }
}

/// An authority that signs certificates.
pub(super) struct Authority {
    /// Its own, in PEM.
    certificate: String,
    issuer: Issuer<'static, KeyPair>,
    folder: tempfile::TempDir,
}

impl Authority {
    pub(super) fn new() -> Authority {
        let key = KeyPair::generate().unwrap();
        let mut of = CertificateParams::new(Vec::new()).unwrap();
        of.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let certificate = of.self_signed(&key).unwrap().pem();
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("ca.pem"), &certificate).unwrap();
        Authority { certificate, issuer: Issuer::new(of, key), folder }
    }

    /// Where its files are: `ca.pem`, and what `write` has added.
    pub(super) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// A certificate for `name` and its key as `NAME.pem` and `NAME.key`.
    pub(super) fn write(&self, name: &str) {
        let (certificate, key) = self.signed(name);
        std::fs::write(self.file(&format!("{name}.pem")), certificate).unwrap();
        std::fs::write(self.file(&format!("{name}.key")), key).unwrap();
    }

    pub(super) fn file(&self, name: &str) -> PathBuf {
        self.folder().join(name)
    }

    fn signed(&self, name: &str) -> (String, String) {
        let key = KeyPair::generate().unwrap();
        let of = CertificateParams::new(vec![name.to_owned()]).unwrap();
        (of.signed_by(&key, &self.issuer).unwrap().pem(), key.serialize_pem())
    }
}

/// An HTTP proxy that connects to one port of this machine, wherever it is asked to connect to.
pub(super) struct ConnectProxy {
    pub(super) port: u16,
    heads: Arc<Mutex<Vec<String>>>,
}

impl ConnectProxy {
    /// It answers with `status`, and connects where that is 200.
    pub(super) fn answering(status: &'static str, target: u16) -> ConnectProxy {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let proxy = ConnectProxy { port: listener.local_addr().unwrap().port(), heads: Arc::default() };
        let heads = proxy.heads.clone();
        thread::spawn(move || {
            for near in listener.incoming() {
                let (mut near, mut head) = (near.unwrap(), Vec::new());
                let mut byte = [0];
                while !head.ends_with(b"\r\n\r\n") && near.read(&mut byte).unwrap_or(0) == 1 {
                    head.push(byte[0]);
                }
                heads.lock().unwrap().push(String::from_utf8(head).unwrap());
                let _ = near.write_all(format!("HTTP/1.1 {status}\r\n\r\n").as_bytes());
                if status.starts_with("200") {
                    let far = TcpStream::connect(("127.0.0.1", target)).unwrap();
                    let ways = [(near.try_clone().unwrap(), far.try_clone().unwrap()), (far, near)];
                    for (mut from, mut to) in ways {
                        thread::spawn(move || {
                            let _ = std::io::copy(&mut from, &mut to);
                            let _ = to.shutdown(std::net::Shutdown::Both);
                        });
                    }
                }
            }
        });
        proxy
    }

    /// What it was asked to connect to, with the headers.
    pub(super) fn heads(&self) -> Vec<String> {
        self.heads.lock().unwrap().clone()
    }
}
