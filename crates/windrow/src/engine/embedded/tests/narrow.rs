use super::*;
use crate::job::{Function, Measure, MeasuredColumn};

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

/// Rows of a time, a key and a number as lines of JSON, or as CSV with a header. `number` writes the number in JSON.
pub(super) fn text_of(rows: &[[String; 3]], is_json: bool, number: fn(&str) -> serde_json::Value) -> String {
    match is_json {
        false => {
            let lines = rows.iter().map(|[time, action, n]| format!("{time},{action},{n}\n"));
            std::iter::once("time,action,n\n".to_owned()).chain(lines).collect()
        }
        true => {
            let object = |[time, action, n]: &[String; 3]| {
                format!("{}\n", serde_json::json!({"time": time, "action": action, "n": number(n)}))
            };
            rows.iter().map(object).collect()
        }
    }
}

/// Rows of a time, a key and a number, as three fields: stretches that look alike, and odd ones.
pub(super) fn measured_rows() -> impl Strategy<Value = Vec<[String; 3]>> {
    let numbers: Vec<fn(u32) -> String> = vec![
        |at| (at % 100_000_000).to_string(),
        |at| ["", "7", "12345678", "123456789", " 5", "1e3", "-0.25", "00000000"][at as usize % 8].to_owned(),
        |at| format!("{}.{}", at % 977, at % 1_000_003),
        |at| {
            ["1", "\"2\"", "x", "\"1,5\"", "1\t", "12.", "+", "1234567890123456789012345678901234567890"]
                [at as usize % 8]
                .to_owned()
        },
    ];
    let keys: Vec<fn(u32) -> String> = vec![
        |at| ["Open", "Close", "Open\r"][at as usize % 3].to_owned(),
        |at| {
            ["", "caf\u{e9}", "fifteen bytes it", "\"a,b\"", "a key that is a long one"][at as usize % 5]
                .to_owned()
        },
        |at| format!("action_{}", at % 400),
    ];
    let row = |key: fn(u32) -> String, number: fn(u32) -> String, at: u32| {
        let time = format!("2016-07-28T04:{:02}:{:02}.{:03}Z", at / 60 % 60, at % 60, at % 1000);
        let time = if at.is_multiple_of(97) { "no time".to_owned() } else { time };
        [time, key(at), number(at)]
    };
    let stretch = (prop::sample::select(keys), prop::sample::select(numbers), 1u32..200, any::<u16>())
        .prop_map(move |(key, number, rows, seed)| {
            let numbers = (0..rows).map(|row| (u32::from(seed) + row).wrapping_mul(2_654_435_761) >> 8);
            numbers.map(|at| row(key, number, at)).collect::<Vec<_>>()
        });
    prop::collection::vec(stretch, 1..9).prop_map(|stretches| stretches.concat())
}

/// Counts and the bytes of states, by pane and key, and how many rejects of each reason there are.
type NarrowCounts = (BTreeMap<(i64, Vec<u8>), (u64, Vec<u8>)>, Vec<u64>);

/// What a file of a time, a key and a number comes to.
fn measured(text: String, settings: &Settings) -> NarrowCounts {
    let mut job = job(&["action"]);
    let sum = Measure { function: Function::Quantile(500), column: "n".to_owned() };
    job.source.measured = MeasuredColumn::all(std::iter::once(&sum));
    let folder = tempfile::tempdir().unwrap();
    let inputs = inputs(folder.path(), &[text.into_bytes()]);
    let (outcome, said) = outcome_of(&job, &inputs, settings).unwrap();
    let (counts, mut all) = (outcome.raw_counts(), BTreeMap::new());
    for (pane, slot) in counts.panes_in_order() {
        counts.row(slot, |key, n| {
            let state = counts.measured.bytes(slot, key).unwrap();
            all.insert((pane.start_us, counts.keys.tuple(key).concat()), (n, state));
        });
    }
    (all, said.tally.rejected.to_vec())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    /// Columns in an order that has a fast path, and in one that has none, come to the same states.
    #[test]
    fn the_order_of_measured_columns_does_not_matter(
        rows in measured_rows(), crlf in any::<bool>(),
        threads in prop::sample::select(vec![1usize, 2]),
        read_size in prop::sample::select(vec![1usize, 100, 1 << 16]),
        chunk_size in prop::sample::select(vec![300u64, 1 << 22]),
    ) {
        let end = if crlf { "\r\n" } else { "\n" };
        let fast: String = rows.iter().map(|[time, key, n]| format!("{time},{key},{n}{end}")).collect();
        let slow: String = rows.iter().map(|[time, key, n]| format!("{n},{key},{time}{end}")).collect();
        let settings = settings(threads, read_size, chunk_size);
        let found = measured(format!("time,action,n{end}{fast}"), &settings);
        prop_assert_eq!(&found, &measured(format!("n,action,time{end}{slow}"), &settings));
    }
}
