use super::*;

/// A file of a time and a key: stretches of rows that look alike, with single lines between them that do not.
fn narrow_text() -> impl Strategy<Value = Vec<u8>> {
    let layouts: Vec<fn(u32) -> String> = vec![
        |at| format!("2016-07-28T04:{:02}:{:02}.{:03}Z", at / 60 % 60, at % 60, at % 1000),
        |at| format!("2016-07-28 04:{:02}:{:02}", at / 60 % 60, at % 60),
        |at| format!("2016-07-28T04:{:02}:{:02}+{:02}:30", at / 60 % 60, at % 60, at % 19),
        |at| format!("19{:02}-07-28T04:19", at % 100),
    ];
    let keys: Vec<fn(u32) -> String> = vec![
        |at| ["Open", "Close"][at as usize % 2].to_owned(),
        |at| ["Open", "", "caf\u{e9}", "exactly fifteen", "sixteen bytes it"][at as usize % 5].to_owned(),
        |at| format!("action_{}", at % 40),
        |at| {
            ["Open", "\"a,b\"", "\"Open\"", "\"Op\"\"en\"", "\"a\nb\"", "\"a\r\""][at as usize % 6].to_owned()
        },
        |at| ["a value of more than sixteen bytes", "Open"][at as usize % 2].to_owned(),
    ];
    let stretch =
        (prop::sample::select(layouts), prop::sample::select(keys), 1u32..200, any::<u16>(), any::<bool>())
            .prop_map(|(time, key, rows, seed, crlf)| {
                let numbers = (0..rows).map(|row| (u32::from(seed) + row).wrapping_mul(2_654_435_761) >> 8);
                let end = if crlf { "\r\n" } else { "\n" };
                numbers.map(|at| format!("{},{}{end}", time(at), key(at))).collect::<String>().into_bytes()
            });
    let odd = prop::sample::select(vec![
        "\n",
        "# comment\n",
        "time,action\n",
        "2016-07-28T04:19:60Z,Open\n",
        "2016-07-28T04:19:28Z,Open,\n",
        "2016-07-28T04:19:28Z,a,b\n",
        "2016-07-28T04:19:28Z,a\r\n",
        "2016-07-28T04:19:28Z,Op\"en\n",
        "2016-07-28T04:19:28Z\n",
        "2016-07-28T04:19:28Z,caf\n",
        "\"2016-07-28T04:19:28Z\",Open\n",
        " 2016-07-28T04:19:28Z,Open\n",
        "2016-07-28T04:19:28Z,Op\0en\n",
        "2016-07-28T04:19:28Z,Open\0\n",
        "2016-07-28T04:19:28Z,\0\n",
        "2016-07-28T04:19:28Z,Open",
    ])
    .prop_map(|line| line.as_bytes().to_vec());
    let raw = prop::collection::vec(any::<u8>(), 0..8);
    let piece = prop_oneof![6 => stretch, 3 => odd, 1 => raw];
    prop::collection::vec(piece, 1..12)
        .prop_map(|pieces| [b"time,action\n".to_vec(), pieces.concat()].concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    /// The fast lane takes only rows that the scanner would take the same way.
    #[test]
    fn narrow_files_equal_oracle(
        texts in prop::collection::vec(narrow_text(), 1..3),
        threads in prop::sample::select(vec![1usize, 2]),
        read_size in prop::sample::select(vec![1usize, 100, 1 << 12, 1 << 16]),
        chunk_size in prop::sample::select(vec![300u64, 5_000, 1 << 22]),
        csv in csv_rules(),
    ) {
        let texts = with_line_ends(texts, &csv);
        let mut job = job(&["action"]);
        job.source.csv = csv;
        let folder = tempfile::tempdir().unwrap();
        let inputs = inputs(folder.path(), &texts);
        let oracle = said_by_oracle(&job, &texts);
        match said_by_engine(&job, &inputs, &settings(threads, read_size, chunk_size)) {
            Ok(said) => prop_assert_eq!(said, oracle),
            Err(error) => prop_assert!(oracle.tally.counted == 0, "{error}"),
        }
    }
}

/// A NUL behind a value is not the end of it: a value of up to 16 bytes is compared as a word that NULs fill up.
#[test]
fn a_value_and_a_nul_are_not_that_value() {
    let row = |value: &str| format!("2016-07-28T04:19:28Z,{value}\n");
    for (value, odd) in [("Open", "Open\0"), ("Open", "Open\0\0"), ("", "\0"), ("Open", "Open\0\r")] {
        let text = format!("time,action\n{}{}{}", row(value).repeat(500), row(odd), row(value).repeat(500));
        let folder = tempfile::tempdir().unwrap();
        let inputs = inputs(folder.path(), &[text.into_bytes()]);
        let said = said_by_engine(&job(&["action"]), &inputs, &settings(1, 1 << 16, 1 << 22)).unwrap();
        let rejected = said.tally.rejected[Reason::Nul as usize];
        assert_eq!((said.tally.counted, rejected), (1000, 1), "{odd:?}");
    }
}
