//! Files of JSON: which ones Spark reads, and what is left to windrow.

use super::*;

/// windrow reads the other files of JSON, and lines of which Spark does not tell what they are.
#[test]
fn spark_reads_files_with_an_object_per_line() {
    let row = "{\"time\":\"2016-07-28T04:19:28Z\",\"action\":\"Open\"}\n";
    let two = format!("{row}{row}");
    for (text, rules, expected) in [
        (two.as_str(), "", Some(true)),
        ("{\"time\":\"2016-07-28T04:19Z\"}\n", "", Some(false)),
        (&format!("[{}]", row.trim()), "", None),
        ("{\n\"time\":\"2016-07-28T04:19:28Z\"\n}\n", "", None),
        ("", "", None),
        ("\u{feff}", "", None),
        (&two, "growing = true\n", None),
        (&two, "time_format = \"%Y %m %d\"\n", None),
        (&two, "time_format = \"epoch_ms\"\n", Some(true)),
        (&two.replace('Z', ""), "zone = \"Europe/Berlin\"\n", None),
    ] {
        let (job, file) = objects(text, rules);
        let input = SparkInput::open(&job, &file, &TimeReader::new(&job.source.time).unwrap()).unwrap();
        let is_asked = |at: usize| {
            asked_objects(
                &job,
                &[Ok(SparkInput::open(&job, &file, &TimeReader::new(&job.source.time).unwrap()).unwrap())],
            )[at]
                .0
                .len()
                == 1
        };
        assert_eq!(
            (is_asked(0), is_asked(1)),
            (expected == Some(true), expected == Some(false)),
            "{text:?} {rules:?}"
        );
        assert_eq!(input.read_through, expected.is_none(), "{text:?} {rules:?}");
    }
}

/// Spark leaves out such files, or takes them for compressed ones.
#[test]
fn files_of_json_that_spark_does_not_find_are_read_here() {
    let (job, file) = objects("{\"time\":\"2016-07-28T04:19:28Z\"}\n", "");
    let time = TimeReader::new(&job.source.time).unwrap();
    for (name, is_left) in [("a.json", false), ("_a.json", true), ("a.json.gz", true), ("a:b.json", true)] {
        let path = file.path.with_file_name(name);
        std::fs::copy(&file.path, &path).unwrap();
        let file = InputFile { path, ..file.clone() };
        let input = SparkInput::open(&job, &file, &time).unwrap();
        assert_eq!((input.read_through, input.objects.is_none()), (is_left, is_left), "{name}");
    }
}

fn objects(text: &str, rules: &str) -> (Job, InputFile) {
    let folder = tempfile::tempdir().unwrap().keep();
    let (_, file) = job(&folder, "action", "#");
    std::fs::write(&file.path, text).unwrap();
    let toml = format!(
        "name = \"j\"\nversion = 1\n[source]\npath = \"a.csv\"\nformat = \"json\"\ntime = \"time\"\nkeys = [\"action\"]\n{rules}[reports.r]\nevery = \"10m\"\n"
    );
    (Job::from_toml(&toml, &folder.join("job.toml")).unwrap(), file)
}

#[test]
fn lines_of_json_that_are_left_to_windrow_are_read_here() {
    let text = "{\"time\":\"2016-07-28T04:19:28Z\",\"action\":\"\\u004fpen\"}\nno\n\n{\"time\":\"soon\"}\n{\"time\":\"2016-07-28T04:19:28Z\"";
    let (job, file) = objects(text, "");
    let odd = [1, 2, 3, 4, 5].map(|line| (line, LineKind::Unsure));
    for first in 0..=5 {
        let (read, rejects) = read_by(&job, &file, text, first, &odd).unwrap();
        let tally = read.added.unwrap().tally;
        assert_eq!(
            (tally.counted, tally.blank, tally.rejected_total(), tally.read, read.unsure),
            (1, 1, 3, 5, 5)
        );
        let reasons: Vec<_> = rejects.iter().map(|reject| (line_of(reject), reject.reason)).collect();
        assert_eq!(reasons, [(2, Reason::NotObject), (4, Reason::BadTime), (5, Reason::Unclosed)]);
    }
}

#[test]
fn no_path_is_in_the_text_of_a_query() {
    let of = |key: &str| {
        let (mut job, file) = objects("{\"time\":\"2016-07-28T04:19:28Z\"}\n", "");
        job.source.keys = vec![key.to_owned()];
        let time = TimeReader::new(&job.source.time).unwrap();
        let looked = || Ok(SparkInput::open(&job, &file, &time).unwrap());
        let files = asked_objects(&job, &[looked(), looked()]).map(|(files, _)| files).concat();
        [true, false].map(|has_clock| {
            text_of(plan::count(&job, &files, LineCheck::Objects { has_clock }, true).unwrap())
        })
    };
    let expected = of("action");
    for key in ["a`b", "'; DROP TABLE lines --", ":gate", "gr\u{f6}\u{df}e", "user.id", "${s0}"] {
        assert_eq!(of(key), expected, "{key}");
    }
}
