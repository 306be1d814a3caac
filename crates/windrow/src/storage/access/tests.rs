use std::collections::BTreeMap;

use super::*;

fn at(url: &str) -> ObjectUrl {
    ObjectUrl::parse(url).unwrap().unwrap()
}

fn opened(access: &StoreAccess, url: &str) -> Result<()> {
    open(access, &at(url), "").map(drop)
}

#[test]
fn what_was_copied_along_is_named() {
    assert!(one_line("AWS_SESSION_TOKEN", "a\nb").unwrap_err().to_string().contains("AWS_SESSION_TOKEN"));
    assert_eq!(one_line("AWS_SESSION_TOKEN", "ab"), Ok("ab"));
}

#[test]
fn an_endpoint_of_the_job_is_a_server_and_asked_unencrypted_where_that_is_allowed() {
    let at = |endpoint: &str, allow_http: bool, url: &str| {
        let (endpoint, account) = (Some(endpoint.to_owned()), Some("lake".to_owned()));
        let kind = KindAccess { endpoint, allow_http, account, anonymous: true, ..KindAccess::default() };
        let access = StoreAccess { s3: kind.clone(), gs: kind.clone(), az: kind, ..StoreAccess::default() };
        opened(&access, url)
    };
    for url in ["s3://bucket/a", "gs://bucket/a", "az://bucket/a"] {
        let key = format!("storage.{}.endpoint", &url[..2]);
        assert_eq!(at("https://host:9000", false, url), Ok(()));
        assert_eq!(at("http://127.0.0.1:9000", false, url), Ok(()));
        assert_eq!(at("http://host:9000", true, url), Ok(()));
        let error = at("http://host:9000", false, url).unwrap_err();
        assert_eq!(error.message(), format!("{key} is unencrypted and not on this machine"));
        assert!(error.help_text().unwrap().contains("allow_http = true"), "{error:?}");
        let error = at("https://host:99999", false, url).unwrap_err();
        assert_eq!(error.message(), format!("{key} is not the address of a server"));
    }
}

#[test]
fn a_secret_is_in_the_variable_that_the_job_names() {
    let secrets = |variable: &str| {
        let names = ["access_key_id", "secret_access_key"].map(|key| (key, variable.to_owned()));
        let s3 = KindAccess { secrets: BTreeMap::from(names), ..KindAccess::default() };
        opened(&StoreAccess { s3, ..StoreAccess::default() }, "s3://bucket/a")
    };
    assert_eq!(secrets("PATH"), Ok(()));
    let error = secrets("WINDROW_IS_NOT_SET").unwrap_err();
    assert_eq!((error.code(), error.kind()), (Code::MissingVariable, Kind::Usage));
    assert!(error.message().contains("storage.s3.access_key_id"), "{error}");
    assert!(error.message().contains("WINDROW_IS_NOT_SET"), "{error}");
}

#[test]
fn a_file_of_certificates_holds_some() {
    let folder = tempfile::tempdir().unwrap();
    let message = |name: &str, text: Option<&str>| {
        let file = folder.path().join(name);
        if let Some(text) = text {
            fs::write(&file, text).unwrap();
        }
        let access = StoreAccess { ca_file: Some(file), ..StoreAccess::default() };
        opened(&access, "https://host/a").unwrap_err().message().to_owned()
    };
    assert!(message("none.pem", None).contains("none.pem"));
    assert!(message("empty.pem", Some("")).contains("holds no certificate"));
    let text = "-----BEGIN CERTIFICATE-----\n*\n-----END CERTIFICATE-----\n";
    assert!(message("text.pem", Some(text)).contains("holds no certificate"));
}

#[test]
fn what_is_said_of_a_bucket_holds_for_it_alone() {
    let reached = |endpoint: &str| KindAccess {
        endpoint: Some(endpoint.to_owned()),
        anonymous: true,
        ..KindAccess::default()
    };
    for scheme in ["s3", "gs", "az"] {
        let kind = KindAccess { account: Some("lake".to_owned()), ..reached("https://host") };
        let other = KindAccess { account: Some("lake".to_owned()), ..reached("http://other") };
        let buckets = BTreeMap::from([(format!("{scheme}://b"), other)]);
        let access =
            StoreAccess { s3: kind.clone(), gs: kind.clone(), az: kind, buckets, ..StoreAccess::default() };
        assert_eq!(opened(&access, &format!("{scheme}://bucket/a")), Ok(()));
        let error = opened(&access, &format!("{scheme}://b/a")).unwrap_err();
        assert_eq!(
            error.message(),
            format!("storage.buckets.\"{scheme}://b\".endpoint is unencrypted and not on this machine")
        );
    }
}
