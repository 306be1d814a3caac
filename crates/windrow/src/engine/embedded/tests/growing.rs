use super::*;
use crate::engine::{Contribution, FingerprintWish, Receiver, Refusal};
use crate::source::CountedPart;

/// Takes one contribution and its rejects.
#[derive(Default)]
struct OneContribution(Option<Contribution>, Vec<Reject>);

impl Receiver for OneContribution {
    fn rejects_wanted(&self) -> usize {
        usize::MAX
    }

    fn fingerprint_wish(&self, _: &InputFile) -> FingerprintWish {
        FingerprintWish::Needed
    }

    fn rejects(&mut self, _: &InputFile, rejects: Vec<Reject>) -> Result<()> {
        self.1.extend(rejects);
        Ok(())
    }

    fn contribution(&mut self, _: &InputFile, contribution: Contribution) -> Result<()> {
        self.0 = Some(contribution);
        Ok(())
    }

    fn refused(&mut self, file: &InputFile, refusal: Refusal) -> Result<()> {
        panic!("{}: {}", file.name, refusal.error)
    }
}

fn count(text: &[u8], counted: Option<CountedPart>, settings: &Settings) -> (Contribution, Vec<Reject>) {
    let mut job = job(&["action"]);
    job.source.growing = true;
    let folder = tempfile::tempdir().unwrap();
    let mut inputs = inputs(folder.path(), &[text.to_vec()]);
    inputs[0].counted = counted.map(Box::new);
    let mut one = OneContribution::default();
    Embedded.count(&job, &inputs, settings, &mut one).unwrap();
    (one.0.unwrap(), one.1)
}

fn listed(counts: &crate::counts::Counts) -> BTreeMap<(i64, Vec<u8>), u64> {
    let mut all = BTreeMap::new();
    for (pane, slot) in counts.panes_in_order() {
        counts.row(slot, |key, n| {
            all.insert((pane.start_us, counts.keys.tuple(key).concat()), n);
        });
    }
    all
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    /// A file counted in two parts, wherever it was cut, is the file counted whole.
    #[test]
    fn part_and_tail_equal_whole(
        start in text(),
        appended in text(),
        longer in prop::sample::select(vec![0usize, 70_000, 200_000]),
        torn in 0usize..40,
        threads in prop::sample::select(vec![1usize, 2]),
        chunk_size in prop::sample::select(vec![40u64, 1 << 16, 1 << 22]),
    ) {
        let mut start = start;
        start.extend(b"x,2016-07-28T04:19:28Z,Open\n".iter().cycle().take(longer));
        let whole = [&start[..], &appended[..]].concat();
        start.truncate(start.len() - torn.min(start.len()));
        let settings = settings(threads, 1 << 16, chunk_size);
        let (part, rejects_before) = count(&start, None, &settings);
        // What a later quote may close is not proven; see the intake.
        prop_assume!(!rejects_before.iter().any(|reject| reject.reason == Reason::UnclosedQuote));
        let bytes = part.tally.bytes_total;
        let line_end = if start.contains(&b'\n') { b'\n' } else { b'\r' };
        prop_assert!(bytes == 0 || start[bytes as usize - 1] == line_end);
        let counted = CountedPart { bytes, proof: part.proof.unwrap() };
        let (tail, rejects) = count(&whole, Some(counted), &settings);
        let (expected, expected_rejects) = count(&whole, None, &settings);
        prop_assert_eq!(tail.fingerprint, expected.fingerprint);
        prop_assert_eq!(tail.proof, expected.proof);
        if tail.proven.is_none() {
            // The header is not all there yet, or the part ends in it.
            prop_assert_eq!(listed(&tail.counts), listed(&expected.counts));
            return Ok(());
        }
        let (mut counts, mut tally) = (part.counts, part.tally);
        counts.merge(tail.counts);
        tally.add(&tail.tally);
        prop_assert_eq!(listed(&counts), listed(&expected.counts));
        prop_assert_eq!(tally, expected.tally);
        prop_assert_eq!([rejects_before, rejects].concat(), expected_rejects);
    }
}

#[test]
fn what_was_counted_and_is_another_now_is_read_whole() {
    let rows = "x,2016-07-28T04:19:28Z,Open\n".repeat(10_000);
    let text = format!("note,time,action\n{rows}").into_bytes();
    let settings = Settings::default();
    let (part, _) = count(&text, None, &settings);
    let counted = CountedPart { bytes: part.tally.bytes_total, proof: part.proof.unwrap() };
    let more = [&text[..], b"x,2016-07-28T04:19:29Z,Close\n"].concat();
    assert_eq!(count(&more, Some(counted), &settings).0.tally.read, 1);
    for place in [20, 60_000, text.len() - 60_000, text.len() - 2] {
        let mut changed = more.clone();
        changed[place] = b'y';
        let (whole, _) = count(&changed, Some(counted), &settings);
        assert_eq!((whole.proven, whole.tally.read), (None, 10_001), "byte {place}");
    }
}
