//! What is kept: how it is written, and what is refused.

use super::*;

#[test]
fn what_is_kept_is_part_of_the_job() {
    let job = read(SHORTEST).unwrap();
    assert_eq!((job.output, job.rejects), (None, Rejects { raw: RawText::Full, keep_days: None }));
    let kept = (job.source.growing, job.source.duplicates, job.source.on_gone);
    assert_eq!(kept, (false, Duplicates::Refuse, OnGone::Keep));
    let text = source("root = '/logs'\ngrowing = true\nduplicates = 'count'\non_gone = 'subtract'");
    let text = format!("{text}[output]\npath = 'out'\n[rejects]\nraw = 'none'\nkeep = '4w'\n");
    let job = read(&text).unwrap();
    assert_eq!(job.output, Some(Output { path: "jobs/out".into(), events: None }));
    assert_eq!(job.rejects, Rejects { raw: RawText::None, keep_days: Some(28) });
    let kept = (job.source.growing, job.source.duplicates, job.source.on_gone);
    assert_eq!(kept, (true, Duplicates::Count, OnGone::Subtract));
}

#[test]
fn what_is_kept_is_refused_with_the_nearest_word() {
    let end = |lines: &str| format!("{SHORTEST}{lines}");
    refused(&source("growing = 'yes'"), "toml:6:11: invalid type", "");
    refused(
        &source("duplicates = 'cuont'"),
        "toml:6:14: source.duplicates: `cuont`",
        "did you mean `count`?",
    );
    assert_eq!(read(&source("look_back = '2w'")).unwrap().source.look_back_days, Some(14));
    refused(
        &source("look_back = '1mo'"),
        "source.look_back: `1mo` is not a number of days",
        "list all folders",
    );
    refused(
        &source("format = 'delta'\nlook_back = '7d'"),
        "source.look_back: the log of a Delta table",
        "leave look_back out",
    );
    refused(&source("on_gone = 'substract'"), "source.on_gone: `substract`", "did you mean `subtract`?");
    refused(&source("duplicate = 'count'"), "unknown key `duplicate`", "did you mean `duplicates`?");
    refused(&end("[output]\n"), "toml:8:2: output.path: path is missing", "path = \"out\"");
    refused(&end("[output]\npath = ''"), "output.path: the path is empty", "out");
    refused(&end("[output]\npaht = 'out'"), "unknown key `paht`", "did you mean `path`?");
    refused(&end("[output]\npath = 'hdfs://node/out'"), "nothing is written through Spark", "s3://");
    refused(&end("[output]\npath = 'https://host/out'"), "a web server keeps no tables", "a folder");
    let by = |by: &str| format!("[output]\npath = 'out'\n[output.events]\npartition_by = {by}");
    let parted = |keys: &str| format!("{}{}", source("keys = ['action']"), by(keys));
    refused(&end(&by("['action']")), "partition_by: the job has no keys", "source.keys");
    refused(&parted("['actoin']"), "output.events.partition_by: `actoin`", "did you mean `action`?");
    refused(&parted("['action', 'action']"), "`action` is there twice", "once");
    for after in ["1mo", "1", "-1h", "sometimes"] {
        let text = end(&format!("[output]\npath = 'out'\n[output.events]\ncompact_after = '{after}'"));
        refused(&text, "output.events.compact_after: ", "`1h`");
    }
    refused(&end("[rejects]\nraw = 'ful'"), "rejects.raw: `ful`", "did you mean `full`?");
    for days in ["30", "30m", "1mo", "0d", "-1d", "d"] {
        refused(&end(&format!("[rejects]\nkeep = '{days}'")), "rejects.keep: ", "`30d`");
    }
}

#[test]
fn a_refusal_names_the_place_of_a_key() {
    let text = format!("{}[output]\npath = 'out'\n", source("growing = true"));
    let at = |keys: &[&str]| {
        name_refused(keys, crate::Error::usage("no"), &text, Path::new("job.toml")).message().to_owned()
    };
    assert_eq!(at(&["output"]), "job.toml:9:2: no");
    assert_eq!(at(&["source", "growing"]), "job.toml:6:1: no");
}

#[test]
fn words_of_other_programs_are_answered_with_keys() {
    let job = |source: &str, report: &str| {
        format!(
            "name = 'a'\nversion = 1\n[source]\npath = 'a'\ntime = 't'\n{source}\n[reports.r]\nevery = '1h'\n{report}\n"
        )
    };
    for name in ["timezone", "time_zone", "tz"] {
        let (said, line) = (format!("unknown key `{name}`"), format!("{name} = 'UTC'"));
        refused(&job(&line, ""), &said, "did you mean `zone`? it is the zone of times without an offset");
        refused(&job("", &line), &said, "did you mean `zone`? the keys here");
    }
    for name in ["limit", "count"] {
        let said = format!("unknown key `{name}`");
        refused(
            &job("", &format!("top = {{ {name} = 1 }}")),
            &said,
            "did you mean `n`? the keys here are by, n",
        );
    }
    refused(&job("", "peaks = { n = 1 }"), "unknown key `n`", "did you mean `limit`?");
    // The key that is usually meant does not exist here.
    refused(&job("limit = 1", ""), "unknown key `limit`", "the keys here are path");
}
