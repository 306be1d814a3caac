//! Kept events: what a job publishes of each event beside its count, by the hour or day that it is in. Until all of their input is
//! counted they are bytes, in memory up to a bound and behind it in a file of the system's folder for such.

use std::borrow::Cow;
use std::fs::{self, File};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use hashbrown::HashMap;

use super::{FastHash, KeyId, Keys};
use crate::error::{Error, Result};
use crate::measure::MeasuredValue;
use crate::text::escape;

/// What is kept of events.
#[derive(Clone, Debug)]
pub struct KeptRules {
    /// How long the stretches of time are in which they lie together.
    pub(crate) width_us: i64,
    /// By measured column: whether its values are kept as they are written, as they need not be numbers.
    pub(crate) texts: Vec<bool>,
    /// The most bytes that are held in memory, approximately.
    pub(crate) bytes_max: usize,
}

/// Keeps the events of one part of a file.
#[derive(Debug)]
pub(crate) struct KeptEvents {
    rules: KeptRules,
    stretches: Vec<KeptSpan>,
    /// Where the stretch of this number is.
    places: HashMap<i64, usize, FastHash>,
    /// The number and the place of the last event's stretch: most events are in the same one.
    last: (i64, usize),
    /// The texts of the row that is being read, by column.
    texts: Vec<Vec<u8>>,
    /// Bytes in memory.
    bytes: usize,
    spill: Option<Spill>,
    /// Why they could not be kept.
    failure: Option<Error>,
}

/// The events of an hour or a day.
#[derive(Debug)]
struct KeptSpan {
    number: i64,
    events: u64,
    /// Those in memory, one after the other.
    bytes: Vec<u8>,
    /// Where the others are in the file, and how many bytes.
    spilled: Vec<(u64, usize)>,
}

/// How an event's value of a column begins: nothing, units of a number, or a text and its length.
const NONE: u8 = 0;
const UNITS: u8 = 1;
const TEXT: u8 = 2;

/// An event's value of a measured column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum KeptValue<'k> {
    None,
    Units(i128),
    Text(&'k [u8]),
}

impl KeptEvents {
    pub(crate) fn new(rules: KeptRules) -> Self {
        KeptEvents {
            texts: vec![Vec::new(); rules.texts.len()],
            rules,
            stretches: Vec::new(),
            places: HashMap::default(),
            last: (i64::MIN, 0),
            bytes: 0,
            spill: None,
            failure: None,
        }
    }

    /// Takes the text of measured column number `at` of the next event, where that is kept as it is written.
    pub(super) fn note_text(&mut self, at: usize, text: &[u8]) {
        if self.rules.texts[at] {
            self.texts[at].clear();
            self.texts[at].extend_from_slice(text.trim_ascii());
        }
    }

    /// Keeps an event at an instant, with its key and its measured values.
    #[inline(never)]
    pub(super) fn push(&mut self, us: i64, key: KeyId, row: &[MeasuredValue]) {
        let number = us.div_euclid(self.rules.width_us);
        if self.last.0 != number || self.stretches.is_empty() {
            self.last = (number, self.place(number));
        }
        let stretch = &mut self.stretches[self.last.1];
        stretch.events += 1;
        let bytes = &mut stretch.bytes;
        let before = bytes.len();
        bytes.extend_from_slice(&us.to_le_bytes());
        bytes.extend_from_slice(&key.to_le_bytes());
        for ((value, is_text), text) in row.iter().zip(&self.rules.texts).zip(&self.texts) {
            match value.units() {
                None => bytes.push(NONE),
                Some(_) if *is_text => {
                    bytes.push(TEXT);
                    bytes.extend_from_slice(&(text.len() as u32).to_le_bytes());
                    bytes.extend_from_slice(text);
                }
                Some(units) => {
                    bytes.push(UNITS);
                    bytes.extend_from_slice(&units.to_le_bytes());
                }
            }
        }
        self.bytes += bytes.len() - before;
        if self.bytes > self.rules.bytes_max {
            self.spill();
        }
    }

    #[cold]
    fn place(&mut self, number: i64) -> usize {
        let next = self.stretches.len();
        let place = *self.places.entry(number).or_insert(next);
        if place == next {
            self.stretches.push(KeptSpan { number, events: 0, bytes: Vec::new(), spilled: Vec::new() });
        }
        place
    }

    #[cold]
    fn spill(&mut self) {
        self.bytes = 0;
        if self.failure.is_none()
            && let Err(error) = self.try_spill()
        {
            self.failure = Some(error);
        }
        // Without a place they are lost, and the failure says so.
        self.stretches.iter_mut().for_each(|stretch| stretch.bytes = Vec::new());
    }

    fn try_spill(&mut self) -> Result<()> {
        let spill = match &mut self.spill {
            Some(spill) => spill,
            None => self.spill.insert(Spill::new(&std::env::temp_dir())?),
        };
        for stretch in self.stretches.iter_mut().filter(|stretch| !stretch.bytes.is_empty()) {
            stretch.spilled.push((spill.write(&stretch.bytes)?, stretch.bytes.len()));
        }
        spill.flush()
    }

    /// What was kept; `keys` are those by whose numbers it was kept.
    pub(super) fn finish(self, keys: &Keys) -> KeptPart {
        let keys = (0..keys.len() as KeyId).map(|id| keys.tuple(id).into_iter().map(Into::into).collect());
        KeptPart {
            keys: keys.collect(),
            columns: self.rules.texts.len(),
            stretches: self.stretches,
            places: self.places,
            spill: self.spill,
            failure: self.failure,
        }
    }
}

/// What is called with each event: its instant, the number of its key, and the bytes of its measured values.
pub(crate) type EachEvent<'e> = dyn FnMut(i64, KeyId, &[u8]) -> Result<()> + 'e;

/// The kept events of one part of a file, to be read by stretch.
#[derive(Debug)]
pub struct KeptPart {
    /// The values of each key, by its number.
    pub(crate) keys: Vec<Vec<Box<[u8]>>>,
    columns: usize,
    stretches: Vec<KeptSpan>,
    places: HashMap<i64, usize, FastHash>,
    spill: Option<Spill>,
    failure: Option<Error>,
}

impl KeptPart {
    /// The same rows, with each key value passed through `decoded`.
    pub(crate) fn with_keys(mut self: Box<Self>, decoded: impl Fn(&[u8]) -> Cow<'_, [u8]>) -> Box<Self> {
        for value in self.keys.iter_mut().flatten() {
            *value = decoded(value).into();
        }
        self
    }

    /// The numbers of its stretches.
    pub(crate) fn numbers(&self) -> impl Iterator<Item = i64> {
        self.stretches.iter().map(|stretch| stretch.number)
    }

    /// Calls `each` with the events of stretch `number`.
    ///
    /// # Errors
    /// They could not be kept, or cannot be read again; what `each` ends with.
    pub(crate) fn each(&self, number: i64, each: &mut EachEvent<'_>) -> Result<()> {
        if let Some(failure) = &self.failure {
            return Err(failure.clone());
        }
        let Some(stretch) = self.places.get(&number).and_then(|at| self.stretches.get(*at)) else {
            return Ok(());
        };
        let mut events = 0;
        let mut spilled = Vec::new();
        for (at, len) in &stretch.spilled {
            spilled.resize(*len, 0);
            let spill = self.spill.as_ref().ok_or_else(|| Error::bug("kept events without their file"))?;
            spill.read(*at, &mut spilled)?;
            events += self.each_of(&spilled, each)?;
        }
        events += self.each_of(&stretch.bytes, each)?;
        match events == stretch.events {
            true => Ok(()),
            false => Err(Error::bug(format!("{events} events are left of {} kept ones", stretch.events))),
        }
    }

    fn each_of(&self, mut bytes: &[u8], each: &mut EachEvent<'_>) -> Result<u64> {
        let mut events = 0;
        let cut = || Error::bug("a kept event is cut off");
        while !bytes.is_empty() {
            let us = i64::from_le_bytes(*take(&mut bytes).ok_or_else(cut)?);
            let key = KeyId::from_le_bytes(*take(&mut bytes).ok_or_else(cut)?);
            let values = bytes;
            for _ in 0..self.columns {
                KeptValue::take(&mut bytes).ok_or_else(cut)?;
            }
            each(us, key, &values[..values.len() - bytes.len()])?;
            events += 1;
        }
        Ok(events)
    }
}

impl<'k> KeptValue<'k> {
    /// Takes the next value off `bytes`.
    pub(crate) fn take(bytes: &mut &'k [u8]) -> Option<Self> {
        let [kind] = *take(bytes)?;
        match kind {
            NONE => Some(KeptValue::None),
            UNITS => Some(KeptValue::Units(i128::from_le_bytes(*take(bytes)?))),
            _ => {
                let len = u32::from_le_bytes(*take(bytes)?) as usize;
                let (text, rest) = bytes.split_at_checked(len)?;
                *bytes = rest;
                Some(KeptValue::Text(text))
            }
        }
    }
}

/// Takes the next N bytes.
fn take<'b, const N: usize>(bytes: &mut &'b [u8]) -> Option<&'b [u8; N]> {
    let (first, rest) = bytes.split_first_chunk()?;
    *bytes = rest;
    Some(first)
}

/// A file for what does not fit into memory. It is deleted while it is open, where the system can do that, so that no end of this
/// program leaves it.
#[derive(Debug)]
struct Spill {
    file: Mutex<File>,
    path: PathBuf,
    /// What is to be written next.
    waiting: Vec<u8>,
    written: u64,
}

/// Bytes that are written at a time.
const WRITE_BYTES: usize = 1 << 20;

impl Spill {
    fn new(folder: &Path) -> Result<Self> {
        let path = folder.join(format!(".windrow-{}.events", uuid::Uuid::new_v4()));
        let file = File::options().read(true).write(true).create_new(true).open(&path);
        let file = file.map_err(|error| cannot_keep(folder, &error))?;
        // Where an open file cannot be deleted, that is done when it is closed.
        let _ = fs::remove_file(&path);
        Ok(Spill { file: Mutex::new(file), path, waiting: Vec::new(), written: 0 })
    }

    /// Writes `bytes`, and says where they are.
    fn write(&mut self, bytes: &[u8]) -> Result<u64> {
        let at = self.written + self.waiting.len() as u64;
        self.waiting.extend_from_slice(bytes);
        if self.waiting.len() >= WRITE_BYTES {
            self.flush()?;
        }
        Ok(at)
    }

    fn flush(&mut self) -> Result<()> {
        let waiting = std::mem::take(&mut self.waiting);
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        let written = file.seek(SeekFrom::Start(self.written)).and_then(|_| file.write_all(&waiting));
        written.map_err(|error| self.failed(&error))?;
        self.written += waiting.len() as u64;
        Ok(())
    }

    fn read(&self, at: u64, bytes: &mut [u8]) -> Result<()> {
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        let read = file.seek(SeekFrom::Start(at)).and_then(|_| file.read_exact(bytes));
        read.map_err(|error| self.failed(&error))
    }

    fn failed(&self, error: &std::io::Error) -> Error {
        cannot_keep(self.path.parent().unwrap_or(&self.path), error)
    }
}

fn cannot_keep(folder: &Path, error: &std::io::Error) -> Error {
    Error::output(format!("cannot keep events in {}", escape::path(folder)), error)
        .with_help("free some space there, or name another folder in the variable TMPDIR, then run again")
}

impl Drop for Spill {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.path);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_folder_that_keeps_nothing_is_named_with_the_variable() {
        let folder = tempfile::tempdir().unwrap();
        let error = Spill::new(&folder.path().join("gone")).unwrap_err();
        assert!(error.message().contains("gone: no such file or directory"), "{error}");
        assert!(error.help_text().unwrap().contains("TMPDIR"), "{error:?}");
    }

    proptest! {
        /// Whatever the bound, each stretch has its events, in their order, with their values.
        #[test]
        fn events_come_back_by_stretch(
            events in prop::collection::vec((-20_000_000_000i64..20_000_000_000, 0..9u32, any::<Option<u32>>()), 0..200),
            bytes_max in prop::sample::select(vec![0usize, 1, 100, 1_000, 1 << 20]),
        ) {
            let width_us = 3_600_000_000;
            let mut kept =
                KeptEvents::new(KeptRules { width_us, texts: vec![false, true], bytes_max });
            let mut keys = Keys::new(1);
            (0..9u32).for_each(|key| { keys.id_of([&b"abcdefghi"[key as usize..]].into_iter()); });
            for (us, key, number) in &events {
                let text = number.map(|number| number.to_string()).unwrap_or_default();
                let value = |states| MeasuredValue::read(states, text.as_bytes()).unwrap();
                kept.note_text(0, text.as_bytes());
                kept.note_text(1, format!(" {text}").as_bytes());
                kept.push(*us, *key, &[value(crate::measure::States::MOMENTS), value(crate::measure::States::DISTINCT)]);
            }
            let part = kept.finish(&keys);
            prop_assert_eq!(&*part.keys[3][0], b"defghi");
            let mut numbers: Vec<i64> = part.numbers().collect();
            numbers.sort_unstable();
            numbers.dedup();
            prop_assert_eq!(numbers.len(), part.numbers().count(), "each stretch once");
            let mut total = 0;
            for stretch in numbers {
                let mut found = Vec::new();
                part.each(stretch, &mut |us, key, mut values| {
                    let (number, text) = (KeptValue::take(&mut values).unwrap(), KeptValue::take(&mut values).unwrap());
                    let number = match number {
                        KeptValue::Units(units) => Some((units / 1_000_000_000) as u32),
                        _ => None,
                    };
                    let expected = number.map(|number| number.to_string());
                    match (text, &expected) {
                        (KeptValue::Text(text), Some(expected)) => assert_eq!(text, expected.as_bytes()),
                        other => assert_eq!(other, (KeptValue::None, &None)),
                    }
                    assert!(values.is_empty());
                    found.push((us, key, number));
                    Ok(())
                }).unwrap();
                total += found.len();
                let expected: Vec<_> =
                    events.iter().copied().filter(|event| event.0.div_euclid(width_us) == stretch).collect();
                prop_assert_eq!(found, expected);
            }
            prop_assert_eq!(total, events.len());
        }
    }
}
