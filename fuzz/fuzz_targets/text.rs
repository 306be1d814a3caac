//! The fast way of each preset takes lines apart as its pattern does, and no bytes make one panic.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use regex::bytes::Regex;
use windrow::format::text::Preset;
use windrow_scan::text::access::{self, Access};
use windrow_scan::text::logfmt;

static PATTERNS: LazyLock<[Regex; 2]> = LazyLock::new(|| {
    [Preset::Common, Preset::Combined].map(|preset| Regex::new(&preset.pattern().unwrap()).unwrap())
});

fn check(line: &[u8], combined: bool) {
    let read = access::read(line, combined);
    let Some(found) = PATTERNS[usize::from(combined)].captures(line) else {
        assert_eq!(read, None);
        return;
    };
    let place = |name: &str| found.name(name).map(|found| found.range());
    let whole = |name: &str| place(name).unwrap_or_default();
    let expected = Access {
        host: whole("host"),
        ident: whole("ident"),
        user: whole("user"),
        time: whole("time"),
        request: whole("request"),
        status: whole("status"),
        bytes: whole("bytes"),
        referer: whole("referer"),
        user_agent: whole("user_agent"),
        rest: place("rest"),
    };
    let parts = access::parts_of(line, &expected.request);
    assert_eq!(read, Some(expected));
    let of_pattern = place("method").map(|method| (method, whole("path"), place("protocol")));
    assert_eq!(parts, of_pattern);
}

fuzz_target!(|bytes: &[u8]| {
    let wanted = ["time".to_owned(), "level".to_owned()];
    let mut values = Vec::new();
    for line in bytes.split(|byte| *byte == b'\n') {
        if logfmt::read(line, &wanted, &mut values).is_ok() {
            for value in values.iter().flatten() {
                let _ = logfmt::text_of(line, value);
            }
        }
        if std::str::from_utf8(line).is_ok() {
            check(line, false);
            check(line, true);
        }
    }
});
