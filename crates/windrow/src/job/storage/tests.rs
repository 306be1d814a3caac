use std::path::Path;

use crate::error::Code;
use crate::job::Job;

const JOB: &str =
    "name = 'a'\nversion = 1\n[source]\npath = 'a.csv'\ntime = 't'\n[reports.r]\nevery = '1h'\n";

fn read(storage: &str) -> crate::error::Result<Job> {
    Job::from_toml(&format!("{JOB}{storage}"), Path::new("jobs/job.toml"))
}

#[test]
fn what_is_said_of_stores_is_said_again() {
    let text = "[storage]\nproxy = 'env:PROXY'\nca_file = 'ca.pem'\n\
                [storage.s3]\nendpoint = 'https://minio:9000'\nallow_http = true\nregion = 'eu-central-1'\n\
                virtual_hosted = false\naccess_key_id = 'env:ID'\nsecret_access_key = 'env:SECRET'\n\
                session_token = 'env:TOKEN'\n\
                [storage.gs]\nendpoint = 'http://localhost:1'\nanonymous = true\n\
                [storage.az]\naccount = 'lake'\nendpoint = 'https://h/lake'\nsas_token = 'env:SAS'\n\
                [storage.buckets.'s3a://archive']\nendpoint = 'https://amazon'\nanonymous = false\n\
                [storage.buckets.'az://logs@old.dfs.core.windows.net']\naccount_key = 'env:OLD'\n";
    let job = read(text).unwrap();
    assert_eq!(job.storage.ca_file.as_deref(), Some(Path::new("jobs/ca.pem")));
    assert_eq!(job.storage.s3.secrets["secret_access_key"], "SECRET");
    for (place, file) in [("jobs/job.toml", "jobs/ca.pem"), ("job.toml", "jobs/ca.pem")] {
        let text = job.to_toml(Path::new(place));
        let saved = Job::from_toml(&text, Path::new(place)).unwrap();
        assert_eq!(saved.storage.ca_file.as_deref(), Some(Path::new(file)), "{text}");
        assert_eq!(saved.storage, job.storage, "{text}");
    }
    assert!(!read("").unwrap().to_toml(Path::new("job.toml")).contains("storage"));
}

#[test]
fn what_is_not_said_of_a_bucket_is_as_for_its_kind() {
    let of_kind = "[storage.s3]\nendpoint = 'http://minio'\nallow_http = true\nregion = 'eu-1'\naccess_key_id = 'env:ID'\n\
                   secret_access_key = 'env:SECRET'\nsession_token = 'env:TOKEN'\n";
    let bucket = |says: &str| {
        let job = read(&format!("{of_kind}[storage.buckets.'s3://b']\n{says}")).unwrap();
        assert_eq!(job.storage.kind_of("s3://b"), Some(&job.storage.s3));
        job.storage.buckets["s3://b"].clone()
    };
    let kind = read(of_kind).unwrap().storage.s3;
    assert_eq!(bucket(""), kind);
    let other = bucket("region = 'us-1'\n");
    assert_eq!((other.region.as_deref(), &other.secrets), (Some("us-1"), &kind.secrets));
    let other = bucket("endpoint = 'https://other'\n");
    assert_eq!(
        (other.allow_http, &other.secrets),
        (false, &kind.secrets),
        "leave was given for another endpoint"
    );
    let other = bucket("access_key_id = 'env:A'\nsecret_access_key = 'env:B'\n");
    let named: Vec<_> = other.secrets.iter().map(|(key, name)| (*key, name.as_str())).collect();
    assert_eq!(named, [("access_key_id", "A"), ("secret_access_key", "B")], "a token belongs to its key");
    let other = bucket("anonymous = true\n");
    assert_eq!((other.anonymous, other.secrets.len(), other.endpoint), (true, 0, kind.endpoint));
}

#[test]
fn how_stores_are_reached_changes_no_answer() {
    let (job, other) =
        (read("").unwrap(), read("[storage.buckets.'s3://b']\nendpoint = 'https://h'\n").unwrap());
    assert_eq!(job.count_fingerprint(), other.count_fingerprint());
    assert_eq!(job.report_fingerprint("r"), other.report_fingerprint("r"));
    assert_eq!(job.refusal_fingerprint(), other.refusal_fingerprint());
    assert_ne!(job, other);
}

#[test]
fn secrets_are_named_never_written_and_never_shown() {
    for (text, help) in [
        ("[storage.s3]\nsecret_access_key = 'geheim'\n", "secret_access_key = \"env:NAME\""),
        ("[storage.s3]\naccess_key_id = 'geheim'\n", "access_key_id = \"env:NAME\""),
        ("[storage.s3]\nsession_token = 'env:geheim='\n", "session_token = \"env:NAME\""),
        ("[storage.s3]\nendpoint = 'https://me:geheim@host'\n", "https://host:port"),
        ("[storage.gs]\nservice_account_key = '{\"geheim\": 1}'\n", "service_account_key = \"env:NAME\""),
        ("[storage.az]\naccount_key = 'geheim'\n", "account_key = \"env:NAME\""),
        ("[storage.az]\nsas_token = '?sig=geheim'\n", "sas_token = \"env:NAME\""),
        ("[storage.az]\nendpoint = 'https://host/?sig=geheim'\n", "https://host:port"),
        ("[storage]\nproxy = 'http://me:geheim@proxy:3128'\n", "proxy = \"env:NAME\""),
        ("[storage.buckets.'s3://b']\nsecret_access_key = 'geheim'\n", "secret_access_key = \"env:NAME\""),
    ] {
        let error = read(text).unwrap_err();
        assert_eq!((error.code(), error.kind().exit_code()), (Code::Secret, 2), "{text}");
        assert!(error.help_text().unwrap().contains(help), "{text}: {error:?}");
        assert!(!format!("{error:?} {error}").contains("geheim"), "{error:?}");
        let written = crate::job::JobFile::from_toml(text, Path::new("job.toml")).unwrap();
        assert!(!format!("{written:?}").contains("geheim"), "{written:?}");
    }
}

#[test]
fn what_cannot_be_is_refused_where_it_stands() {
    for (text, part) in [
        (
            "[storage]\nproxy = 'proxy:3128'\n",
            "jobs/job.toml:9:9: storage.proxy: this is not the address of a proxy",
        ),
        (
            "[storage]\nca_file = '-----BEGIN CERTIFICATE-----'\n",
            "storage.ca_file: this is not the name of a file",
        ),
        (
            "[storage.s3]\nendpoint = 'minio:9000'\n",
            "storage.s3.endpoint: this is not the address of a server",
        ),
        ("[storage.s3]\nregion = 'eu west'\n", "storage.s3.region: this is not the name of a region"),
        (
            "[storage.s3]\naccess_key_id = 'env:ID'\n",
            "storage.s3: an access key is an ID and a secret, and secret_access_key",
        ),
        (
            "[storage.s3]\nanonymous = true\naccess_key_id = 'env:A'\nsecret_access_key = 'env:B'\n",
            "storage.s3.anonymous: requests without credentials need no secret",
        ),
        ("[storage.gs]\nendpoint = 'https://host'\n", "storage.gs.endpoint: a server of the job's choice"),
        (
            "[storage.az]\nendpoint = 'https://host'\naccount = 'lake'\n",
            "storage.az.endpoint: a server of the job's choice",
        ),
        (
            "[storage.az]\naccount_key = 'env:A'\nsas_token = 'env:B'\n",
            "storage.az: a key and a token are both named",
        ),
        ("[storage.az]\naccount = 'a.b'\n", "storage.az.account: this is not the name of an account"),
        ("[storage.s3]\nregoin = 'eu'\n", "unknown key `regoin`"),
        (
            "[storage.buckets.archive]\nregion = 'eu'\n",
            "storage.buckets.archive: this is not the address of a bucket",
        ),
        (
            "[storage.buckets.'s3://b/logs']\nregion = 'eu'\n",
            "storage.buckets.s3://b/logs: this is not the address of a bucket",
        ),
        (
            "[storage.buckets.'gs://b']\nregion = 'eu'\n",
            "jobs/job.toml:9:10: storage.buckets.gs://b.region: this is for s3:// alone",
        ),
        (
            "[storage.buckets.'az://b']\nendpoint = 'https://host'\n",
            "storage.buckets.az://b.endpoint: a server of the job's choice",
        ),
        (
            "[storage.buckets.'s3://b']\n[storage.buckets.'s3a://b']\n",
            "storage.buckets.s3a://b: this bucket is named twice",
        ),
    ] {
        let error = read(text).unwrap_err();
        assert_eq!(error.kind().exit_code(), 2, "{text}");
        assert!(error.to_string().contains(part), "{text}: {error}");
    }
}
