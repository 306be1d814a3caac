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
