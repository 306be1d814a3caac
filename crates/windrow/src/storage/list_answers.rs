//! Checks the answers of stores to list requests.
//!
//! Only the items of an answer are read. So a web page, sent by a proxy or a wrong endpoint, would pass for an empty list. And
//! a single key that cannot be a path would make the whole list fail.

use std::collections::BTreeSet;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use http::Method;
use object_store::ClientOptions;
use object_store::client::{
    HttpClient, HttpConnector, HttpError as HttpFailure, HttpErrorKind, HttpRequest, HttpResponse,
    HttpService, ReqwestConnector,
};
use object_store::path::Path;

/// The listed keys that cannot be paths: between their slashes is an empty name, `.`, `..` or a control character. Clones share them.
#[derive(Clone, Debug, Default)]
pub(super) struct OddKeys(Arc<Mutex<BTreeSet<String>>>);

impl OddKeys {
    /// The odd keys below a folder.
    pub(super) fn below(&self, folder: &str) -> Vec<String> {
        let is_below = |key: &&String| {
            folder.is_empty() || key.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'))
        };
        self.keys().iter().filter(is_below).cloned().collect()
    }

    fn keys(&self) -> MutexGuard<'_, BTreeSet<String>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Connections that check the answers to list requests.
impl HttpConnector for OddKeys {
    fn connect(&self, options: &ClientOptions) -> object_store::Result<HttpClient> {
        let client = ReqwestConnector::default().connect(options)?;
        Ok(HttpClient::new(ListReader { client, odd: self.clone() }))
    }
}

#[derive(Debug)]
struct ListReader {
    client: HttpClient,
    odd: OddKeys,
}

impl HttpService for ListReader {
    fn call<'s, 'f>(
        &'s self,
        request: HttpRequest,
    ) -> Pin<Box<dyn Future<Output = Result<HttpResponse, HttpFailure>> + Send + 'f>>
    where
        's: 'f,
        Self: 'f,
    {
        Box::pin(async move {
            let query = request.uri().query().unwrap_or_default();
            let asks = |said: &str| query.split('&').any(|parameter| parameter == said);
            let is_list = request.method() == Method::GET && (asks("list-type=2") || asks("comp=list"));
            let response = self.client.execute(request).await?;
            if !is_list || !response.status().is_success() {
                return Ok(response);
            }
            let (parts, body) = response.into_parts();
            let bytes = body.bytes().await?;
            let Some(odd) = std::str::from_utf8(&bytes).ok().and_then(without_odd_keys) else {
                return Err(HttpFailure::new(HttpErrorKind::Decode, NoList));
            };
            self.odd.keys().extend(odd.keys);
            Ok(HttpResponse::from_parts(parts, odd.rest.into()))
        })
    }
}

/// A server answered with something other than a list.
#[derive(Debug)]
pub(super) struct NoList;

/// The text that distinguishes this error from others.
pub(super) const NO_LIST: &str = "the server has answered with something else than a list";

impl fmt::Display for NoList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(NO_LIST)
    }
}

impl std::error::Error for NoList {}

/// A list without the items whose keys are odd.
#[derive(Debug, PartialEq, Eq)]
struct WithoutOdd {
    rest: String,
    keys: Vec<String>,
}

/// Removes items with odd keys and folders with odd names from a list of S3, Google or Azure; none if `answer` is not a list.
fn without_odd_keys(answer: &str) -> Option<WithoutOdd> {
    let (item, name, folder, folder_name) = match answer {
        _ if answer.contains("ListBucketResult") => ("Contents", "Key", "CommonPrefixes", "Prefix"),
        _ if answer.contains("EnumerationResults") => ("Blob", "Name", "BlobPrefix", "Name"),
        _ => return None,
    };
    let mut keys = Vec::new();
    let rest = without(answer, item, |text| {
        let key = within(text, name).map(unescaped).unwrap_or_default();
        let is_odd = is_odd(&key);
        // A folder marker is not a file.
        keys.extend((is_odd && !(key.ends_with('/') && is_empty(text))).then_some(key));
        is_odd
    });
    let rest = without(&rest, folder, |text| {
        let key = within(text, folder_name).map(unescaped).unwrap_or_default();
        let path = key.strip_suffix('/').unwrap_or(&key);
        let is_odd = path.is_empty() || path.ends_with('/') || is_odd(path);
        keys.extend(is_odd.then_some(key));
        is_odd
    });
    Some(WithoutOdd { rest, keys })
}

/// `answer` without the elements `item` for which `odd` is true.
fn without(answer: &str, item: &str, mut odd: impl FnMut(&str) -> bool) -> String {
    let (begin, end) = (format!("<{item}>"), format!("</{item}>"));
    let (mut rest, mut left) = (String::with_capacity(answer.len()), answer);
    while let Some(at) = left.find(&begin) {
        let Some(length) = left[at..].find(&end) else { break };
        let (before, from) = left.split_at(at);
        let (text, after) = from.split_at(length + end.len());
        rest.push_str(before);
        if !odd(text) {
            rest.push_str(text);
        }
        left = after;
    }
    rest + left
}

fn is_odd(key: &str) -> bool {
    key.starts_with('/') || Path::parse(key).is_err()
}

fn is_empty(item: &str) -> bool {
    ["Size", "Content-Length"].iter().any(|name| within(item, name) == Some("0"))
}

/// The text of the element `name`.
fn within<'t>(text: &'t str, name: &str) -> Option<&'t str> {
    let (_, rest) = text.split_once(&format!("<{name}>"))?;
    Some(rest.split_once(&format!("</{name}>"))?.0)
}

/// A text with its XML escapes replaced.
fn unescaped(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut left = text;
    while let Some((before, rest)) = left.split_once('&') {
        plain.push_str(before);
        let Some((name, after)) = rest.split_once(';') else {
            left = &left[before.len()..];
            break;
        };
        let number = match name.strip_prefix("#x") {
            Some(hexadecimal) => u32::from_str_radix(hexadecimal, 16).ok(),
            None => name.strip_prefix('#').and_then(|number| number.parse().ok()),
        };
        let named = [("amp", '&'), ("lt", '<'), ("gt", '>'), ("quot", '"'), ("apos", '\'')];
        let named = named.into_iter().find(|(known, _)| *known == name).map(|(_, c)| c);
        plain.extend(named.or_else(|| number.and_then(char::from_u32)));
        left = after;
    }
    plain + left
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(keys: &[&str]) -> String {
        let item = |key: &&str| format!("<Contents><Key>{key}</Key><Size>3</Size></Contents>");
        let items: String = keys.iter().map(item).collect();
        format!(
            "<?xml version=\"1.0\"?><ListBucketResult xmlns=\"x\"><Name>b</Name>{items}</ListBucketResult>"
        )
    }

    #[test]
    fn odd_keys_are_taken_out_and_told() {
        let odd = ["a//b.csv", "a/../b.csv", "./a.csv", "/a.csv", "a/&#x1;/b.csv", "a&amp;//b.csv"];
        let plain = ["a/b.csv", "a b/&amp;c", "a/..b.csv", "a/"];
        let marker = "<Contents><Key>a//</Key><Size>0</Size></Contents>";
        assert_eq!(
            without_odd_keys(&(marker.to_owned() + &list(&plain))).unwrap().keys,
            Vec::<String>::new()
        );
        let mixed: Vec<&str> = plain.iter().chain(&odd).copied().collect();
        let read = without_odd_keys(&list(&mixed)).unwrap();
        assert_eq!(read.rest, list(&plain));
        assert_eq!(read.keys, ["a//b.csv", "a/../b.csv", "./a.csv", "/a.csv", "a/\u{1}/b.csv", "a&//b.csv"]);
    }

    #[test]
    fn lists_of_azure_are_read_alike() {
        let list = |items: &str| format!("<EnumerationResults><Blobs>{items}</Blobs></EnumerationResults>");
        let [plain, odd] = ["a/b.csv", "a//b.csv"].map(|key| {
            format!(
                "<Blob><Name>{key}</Name><Properties><Content-Length>3</Content-Length></Properties></Blob>"
            )
        });
        let read = without_odd_keys(&list(&format!("{odd}{plain}"))).unwrap();
        assert_eq!((read.rest, read.keys), (list(&plain), vec!["a//b.csv".to_owned()]));
    }

    #[test]
    fn odd_folders_are_taken_out_and_told() {
        let folder = |name: &str| format!("<CommonPrefixes><Prefix>{name}</Prefix></CommonPrefixes>");
        let answer = |names: &[&str]| list(&[]) + &names.iter().map(|name| folder(name)).collect::<String>();
        let read = without_odd_keys(&answer(&["a/b/", "a//", "/", "a/../"])).unwrap();
        assert_eq!(
            (read.rest, read.keys),
            (answer(&["a/b/"]), ["a//", "/", "a/../"].map(str::to_owned).into())
        );
        let blobs = |names: &[&str]| {
            let names = names.iter().map(|name| format!("<BlobPrefix><Name>{name}</Name></BlobPrefix>"));
            format!("<EnumerationResults><Blobs>{}</Blobs></EnumerationResults>", names.collect::<String>())
        };
        let read = without_odd_keys(&blobs(&["a/", "a//"])).unwrap();
        assert_eq!((read.rest, read.keys), (blobs(&["a/"]), vec!["a//".to_owned()]));
    }

    #[test]
    fn a_page_is_no_list_and_an_empty_list_is_one() {
        assert_eq!(without_odd_keys("<!doctype html><html><body>Sign in</body></html>"), None);
        assert_eq!(without_odd_keys(""), None);
        assert_eq!(without_odd_keys(&list(&[])), Some(WithoutOdd { rest: list(&[]), keys: vec![] }));
    }

    #[test]
    fn odd_keys_are_those_of_a_folder() {
        let odd = OddKeys::default();
        odd.keys().extend(["a//b".to_owned(), "ab//c".to_owned()]);
        assert_eq!(odd.below("a"), ["a//b"]);
        assert_eq!(odd.below("b"), Vec::<String>::new());
        assert_eq!(odd.below(""), ["a//b", "ab//c"]);
    }
}
