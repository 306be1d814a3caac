//! What object stores say when a request fails, for people.

use super::list_answers::NO_LIST;
use crate::error::{Code, Error, Kind};
use crate::text::escape::visible;

/// Where clouds tell a machine its role, which is asked where no credentials are set.
pub(super) const METADATA: [&str; 3] = ["169.254.169.254", "169.254.170.2", "metadata.google.internal"];

/// Why the object at `place` cannot be read or written.
pub(super) fn cannot(what: &str, place: &str, error: &object_store::Error) -> Error {
    use object_store::Error as E;
    let said = error.to_string();
    if METADATA.iter().any(|host| said.contains(host)) {
        let message = format!("cannot {what} {place}: no credentials are set, and this machine has no role");
        return Error::usage(message)
            .with_code(Code::PermissionDenied)
            .with_help("set the variables or the profile of the store; docs/stores.md lists them");
    }
    let (kind, code, help) = match (error, status_in(&said)) {
        _ if said.contains(NO_LIST) => (
            Kind::Storage,
            Code::StorageFailed,
            "check the endpoint and the proxy; a retry is safe once they answer",
        ),
        _ if is_expired(&said) => (
            Kind::Storage,
            Code::PermissionDenied,
            "the credentials have expired: get new ones; then a retry is safe",
        ),
        (E::PermissionDenied { .. } | E::Unauthenticated { .. }, _) | (_, Some(401 | 403)) => {
            (Kind::Usage, Code::PermissionDenied, "check the credentials and the rights they give")
        }
        (E::NotFound { .. }, _) | (_, Some(404)) => {
            (Kind::Usage, Code::NotFound, "check the name of the bucket and the path")
        }
        (E::InvalidPath { .. }, _) => (Kind::Usage, Code::Address, "check the path"),
        (E::NotSupported { .. }, _) => (
            Kind::Usage,
            Code::NotBuilt,
            "the server does not give parts of a file: fetch it and pipe it: curl URL | windrow run -",
        ),
        _ => (Kind::Storage, Code::StorageFailed, "a retry is safe"),
    };
    Error::new(kind, format!("cannot {what} {place}: {}", shown(&said))).with_code(code).with_help(help)
}

/// Whether a store says that credentials were valid for a time that is over: S3 by a code, Azure by words.
fn is_expired(said: &str) -> bool {
    [
        "<Code>ExpiredToken</Code>",
        "Signature not valid in the specified time frame",
        "Lifetime validation failed",
    ]
    .iter()
    .any(|words| said.contains(words))
}

/// The status of HTTP in what a store says.
fn status_in(said: &str) -> Option<u16> {
    said.split_once("status code: ")?.1.get(..3)?.parse().ok()
}

/// What a store says, for people: without the requests that led to it, in the words of its XML, and without what follows the path of a
/// URL, which may be a signature.
pub(super) fn shown(said: &str) -> String {
    let tag = |name: &str| {
        let (_, rest) = said.split_once(&format!("<{name}>"))?;
        rest.split_once(&format!("</{name}>")).map(|(text, _)| text)
    };
    match (tag("Code"), tag("Message")) {
        (Some(code), Some(message)) => {
            // What follows the first line is for those who run the store.
            let message = message.lines().next().unwrap_or_default();
            visible(&format!("{code}: {message}")).into_owned()
        }
        _ => {
            let said = without_queries(said);
            // Some send a page for a browser.
            let page = [": <!doctype", ": <!DOCTYPE", ": <html"].iter().find_map(|begin| said.find(begin));
            visible(&said[..page.unwrap_or(said.len())]).into_owned()
        }
    }
}

fn without_queries(said: &str) -> String {
    let is_end = |c: char| c.is_whitespace() || matches!(c, ')' | '"' | ',');
    let (mut text, mut rest) = (String::with_capacity(said.len()), said);
    while let Some(at) = rest.find("://") {
        let end = rest[at..].find(is_end).map_or(rest.len(), |end| at + end);
        let query = rest[at..end].find('?').map_or(end, |query| at + query);
        text.push_str(&rest[..query]);
        rest = &rest[end..];
    }
    text + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_that_have_expired_are_not_wrong() {
        for (said, kind) in [
            (
                "<Error><Code>ExpiredToken</Code><Message>The provided token has expired.</Message></Error>",
                Kind::Storage,
            ),
            (
                "<Code>AuthenticationFailed</Code><Message>Signature not valid in the specified time frame: Start</Message>",
                Kind::Storage,
            ),
            (
                "<Code>AuthenticationFailed</Code><Message>Lifetime validation failed. The token is expired.</Message>",
                Kind::Storage,
            ),
            (
                "<Code>AuthenticationFailed</Code><Message>Server failed to authenticate the request.</Message>",
                Kind::Usage,
            ),
        ] {
            let source = format!("non-2xx status code: 403 Forbidden: {said}").into();
            let path = "a.csv".to_owned();
            let error =
                cannot("read", "s3://b/a.csv", &object_store::Error::PermissionDenied { path, source });
            assert_eq!((error.kind(), error.code()), (kind, Code::PermissionDenied), "{said}");
        }
    }

    #[test]
    fn no_signature_is_shown() {
        for (said, shown) in [
            ("GET https://h/c/a?sig=x%2F&se=1 in 2s: 403", "GET https://h/c/a in 2s: 403"),
            ("url (https://h/a?sig=x): broken", "url (https://h/a): broken"),
            ("https://h/a?sig=x", "https://h/a"),
            ("no? https://h/a https://h/b?c", "no? https://h/a https://h/b"),
            ("500 Internal Server Error: <!doctype html>\n<h1>Error</h1>", "500 Internal Server Error"),
            ("404: <Error><Code>No</Code><Message>None.\nRequestId:1</Message></Error>", "No: None."),
            ("in 2s - status code: 404: <Error><Code>No</Code><Message>None.</Message></Error>", "No: None."),
        ] {
            assert_eq!(super::shown(said), shown);
        }
        assert_eq!(status_in("returned non-2xx status code: 404 Not Found: <?xml"), Some(404));
        assert_eq!(status_in("error sending request"), None);
    }
}
