//! Peaks: what they mean, and what is refused.

use super::*;

#[test]
fn peaks_are_checked() {
    let keyed = |lines: &str| {
        format!(
            "name = 'a'\nversion = 1\n[source]\npath = 'a'\ntime = 't'\nkeys = ['k']\n[reports.r]\nevery = '1h'\n{lines}\n"
        )
    };
    let of =
        |lines: &str| Job::from_toml(&keyed(lines), Path::new("job.toml")).unwrap().reports[0].peaks.clone();
    assert_eq!(of(""), None);
    assert_eq!(of("peaks = {}"), Some(Peaks::default()));
    let by = PeaksBy::Value("Open".into());
    let all = Peaks { by, limit: 3, threshold: 4.0, gaps: true };
    assert_eq!(of("peaks = { by = 'Open', limit = 3, threshold = 4, gaps = true }"), Some(all));
    let measured = of("measures = ['p95(ms)']\npeaks = { by = 'p95(ms)' }").unwrap();
    assert_eq!(
        measured.by.clone(),
        PeaksBy::Measure(Measure { function: Function::Quantile(950), column: "ms".into() })
    );
    refused(&keyed("peaks = { limit = 0 }"), "peaks.limit is 0", "1 or more");
    refused(&keyed("peaks = { threshold = 0 }"), "a threshold of 0", "above 0");
    refused(&keyed("peaks = { threshold = nan }"), "a threshold of NaN", "above 0");
    refused(
        &keyed("peaks = { by = 'sum(b)' }"),
        "sum(b) is not one of the measures",
        "measures = [\"sum(b)\"]",
    );
    refused(
        &keyed("measures = ['sum(b)']\npeaks = { by = 'sum(b)', gaps = true }"),
        "sum(b) does not count",
        "leave gaps out",
    );
    refused(
        &keyed("values = ['Open']\npeaks = { by = 'Opne' }"),
        "`Opne` is not one of the values",
        "did you mean `Open`?",
    );
    refused(&keyed("peaks = { by = ' x' }"), "can never occur", "did you mean `x`?");
    refused(&keyed("peaks = { n = 1 }"), "unknown key `n`", "by, limit, threshold, gaps");
}

#[test]
fn moving_views_are_checked() {
    let report = |lines: &str| {
        format!(
            "name = 'a'\nversion = 1\n[source]\npath = 'a'\ntime = 't'\nkeys = ['k']\n[reports.r]\n{lines}\n"
        )
    };
    let of = |lines: &str| {
        Job::from_toml(&report(lines), Path::new("job.toml")).unwrap().reports[0].moving.clone()
    };
    assert_eq!(of("every = '1h'"), Moving::default());
    let step = |text: &str| text.parse::<Step>().unwrap();
    let all = Moving { cumulative: Some(step("1d")), previous: vec![step("1d"), step("1w")] };
    assert_eq!(of("every = '1h'\ncumulative = '1d'\nprevious = ['1d', '1w']"), all);
    assert_eq!(of("every = '1mo'\nprevious = '1y'").previous, [step("1y")]);
    for (lines, message) in [
        ("every = '1h'\nsize = '2h'\ncumulative = '1d'", "overlap"),
        ("every = '1d'\ncumulative = '1d'", "1d is not a period of several windows of 1d"),
        ("every = '1w'\ncumulative = '1mo'", "1mo is not a period of several windows of 1w"),
        ("every = '7h'\ncumulative = '12h'", "12h is not a period"),
        ("every = '1h'\ncumulative = 'day'", "`day`"),
        ("every = '1w'\nprevious = '1d'", "no window of 1w begins 1d before another"),
        ("every = '1h'\nprevious = ['1d', '90m']", "no window of 1h begins 90m before another"),
        ("every = '1h'\nprevious = ['1d', '1d']", "`1d` is named twice"),
        ("every = '1h'\nvalues = ['A', 'A_change_1d']\nprevious = '1d'", ""),
    ] {
        match message {
            "" => assert_eq!(of(lines).previous.len(), 1),
            _ => refused(&report(lines), message, ""),
        }
    }
    let keyed = report("every = '1h'\ncumulative = '1d'").replace("['k']", "['Cumulative']");
    refused(&keyed, "the column cumulative is needed, and is taken already", "rename");
}
