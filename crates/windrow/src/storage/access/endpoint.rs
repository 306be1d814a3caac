//! Endpoints: the servers of stores. Requests to them are unencrypted only if that was allowed, or on this machine.

/// What kind of endpoint a store has.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Endpoint {
    Https,
    Http,
    /// Unencrypted, on this machine.
    Here,
    Wrong,
}

pub(super) fn endpoint_of(endpoint: &str) -> Endpoint {
    let Ok(uri) = endpoint.parse::<http::Uri>() else { return Endpoint::Wrong };
    let host = match uri.authority() {
        Some(authority) if authority.as_str().contains('@') => return Endpoint::Wrong,
        // Whatever follows the host must be a port.
        Some(authority) if authority.host() != authority.as_str() && authority.port_u16().is_none() => {
            return Endpoint::Wrong;
        }
        Some(authority) => authority.host(),
        None => return Endpoint::Wrong,
    };
    match uri.scheme_str() {
        Some("https") => Endpoint::Https,
        Some("http") if ["127.0.0.1", "localhost", "[::1]"].contains(&host) => Endpoint::Here,
        Some("http") => Endpoint::Http,
        _ => Endpoint::Wrong,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endpoints_are_servers_and_only_this_machine_is_asked_unencrypted() {
        for (endpoint, expected) in [
            ("http://127.0.0.1:5000", Endpoint::Here),
            ("http://localhost", Endpoint::Here),
            ("http://[::1]:9000/", Endpoint::Here),
            ("http://127.0.0.1.example.com", Endpoint::Http),
            ("http://minio:9000", Endpoint::Http),
            ("https://s3.example.com", Endpoint::Https),
            ("127.0.0.1:9000", Endpoint::Wrong),
            ("localhost", Endpoint::Wrong),
            ("http://", Endpoint::Wrong),
            ("http://127.0.0.1:99999", Endpoint::Wrong),
            ("http://me:secret@host", Endpoint::Wrong),
        ] {
            assert_eq!(endpoint_of(endpoint), expected, "{endpoint}");
        }
    }
}
