use super::packed::{in_ways, ways};
use super::*;
use crate::engine::{Contribution, FingerprintWish, Receiver, Refusal};
use crate::fingerprint::Fingerprint;

/// Takes the fingerprints of the files with an even number.
#[derive(Default)]
pub(super) struct Fingerprints(pub(super) BTreeMap<String, Option<Fingerprint>>);

fn is_wanted(name: &str) -> bool {
    name.starts_with(['0', '2'])
}

impl Receiver for Fingerprints {
    fn rejects_wanted(&self) -> usize {
        0
    }

    fn fingerprint_wish(&self, file: &InputFile) -> FingerprintWish {
        if is_wanted(&file.name) { FingerprintWish::IfFree } else { FingerprintWish::No }
    }

    fn rejects(&mut self, _: &InputFile, _: Vec<Reject>) -> Result<()> {
        Ok(())
    }

    fn contribution(&mut self, file: &InputFile, contribution: Contribution) -> Result<()> {
        self.0.insert(file.name.clone(), contribution.fingerprint);
        Ok(())
    }

    fn refused(&mut self, file: &InputFile, refusal: Refusal) -> Result<()> {
        panic!("{}: {}", file.name, refusal.error)
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    /// A fingerprint is that of the file's bytes, however they are read.
    #[test]
    fn fingerprints_are_of_all_bytes(
        texts in prop::collection::vec(text(), 1..4),
        longer in prop::sample::select(vec![0usize, 1, 70_000, 300_000]),
        threads in prop::sample::select(vec![1usize, 2, 7]),
        read_size in prop::sample::select(vec![1_000usize, 1 << 16, 1 << 18]),
        chunk_size in prop::sample::select(vec![1u64, 1 << 16, 1 << 17]),
        ways in ways(),
    ) {
        let texts: Vec<Vec<u8>> = texts.into_iter().map(|mut text| {
            text.extend(b"x,2016-07-28T04:19:28Z,Open\n".iter().cycle().take(longer));
            text
        }).collect();
        let folder = tempfile::tempdir().unwrap();
        let inputs = in_ways(inputs(folder.path(), &texts), &texts, &ways);
        let mut said = Fingerprints::default();
        Embedded.count(&job(&["action"]), &inputs, &settings(threads, read_size, chunk_size), &mut said).unwrap();
        for (input, text) in inputs.iter().zip(&texts) {
            let expected = is_wanted(&input.name).then(|| Fingerprint::of(text));
            prop_assert_eq!(said.0[&input.name], expected);
        }
    }
}

#[test]
fn files_without_rows_have_fingerprints() {
    let folder = tempfile::tempdir().unwrap();
    for text in ["", "note,time,action\n"] {
        let inputs = inputs(folder.path(), &[text.as_bytes().to_vec()]);
        let mut said = Fingerprints::default();
        Embedded.count(&job(&["action"]), &inputs, &Settings::default(), &mut said).unwrap();
        assert_eq!(said.0["0.csv"], Some(Fingerprint::of(text.as_bytes())));
    }
}
