//! Texts: the values of a key in a row group, page by page, as numbers of distinct texts.

use bytes::Bytes;
use parquet::basic::Encoding;
use parquet::column::page::{Page, PageReader};
use parquet::errors::{ParquetError, Result};
use parquet::file::metadata::RowGroupMetaData;

use super::bits::{NumberRun, PackedNumbers};
use super::bytes::FileBytes;
use super::pages::ColumnPages;
use super::parts::PageParts;
use super::row::fault;
use crate::counts::{KeyId, Keys};

/// The number of a text among the keys, before it is known; and of one that cannot be a key.
const UNKNOWN: KeyId = KeyId::MAX;
pub(super) const FAULTY: KeyId = KeyId::MAX - 1;

/// The texts of a row group.
pub(super) struct ParquetTexts {
    pages: ColumnPages,
    max_definition: i16,
    /// The dictionary, null, and behind it the texts of a page without one.
    texts: Vec<Bytes>,
    ids: Vec<KeyId>,
    /// The number of null; the texts before it are the dictionary.
    null: u32,
    has_dictionary: bool,
    /// Those of the page that was read last.
    pub(super) numbers: PackedNumbers,
    of_page: PackedNumbers,
}

impl ParquetTexts {
    pub(super) fn open(file: &FileBytes, group: &RowGroupMetaData, column: usize) -> Result<ParquetTexts> {
        let max_definition = group.column(column).column_descr().max_def_level();
        let mut texts = ParquetTexts {
            pages: ColumnPages::new(file, group, column)?,
            max_definition,
            texts: Vec::new(),
            ids: Vec::new(),
            null: 0,
            has_dictionary: false,
            numbers: PackedNumbers::default(),
            of_page: PackedNumbers::default(),
        };
        texts.set(Vec::new());
        Ok(texts)
    }

    fn set(&mut self, dictionary: Vec<Bytes>) {
        self.null = dictionary.len() as u32;
        self.texts = dictionary;
        self.texts.push(Bytes::new());
        self.ids = vec![UNKNOWN; self.texts.len()];
    }

    /// The next rows are those of a page, and how many these are; none: there are no more.
    pub(super) fn next(&mut self) -> Result<Option<usize>> {
        while let Some(page) = self.pages.get_next_page()? {
            if matches!(page, Page::DictionaryPage { .. }) {
                if std::mem::replace(&mut self.has_dictionary, true) {
                    return Err(ParquetError::General("there is a second dictionary".to_owned()));
                }
                let texts = plain(page.buffer(), page.num_values() as usize)?;
                self.set(texts);
                continue;
            }
            let parts = PageParts::of(&page, self.max_definition)?;
            self.read(&parts)?;
            if parts.rows > 0 {
                return Ok(Some(parts.rows));
            }
        }
        Ok(None)
    }

    fn read(&mut self, parts: &PageParts) -> Result<()> {
        let wrong = |what: &str| ParquetError::General(what.to_owned());
        let present = parts.present();
        let first = self.null + 1;
        self.texts.truncate(first as usize);
        self.ids.truncate(first as usize);
        match parts.encoding {
            Encoding::PLAIN => {
                self.texts.extend(plain(&parts.values, present)?);
                self.ids.resize(self.texts.len(), UNKNOWN);
                self.of_page.clear();
                self.of_page.packed.extend(first..first + present as u32);
                self.of_page.stretches.push(NumberRun::Packed { len: present });
            }
            Encoding::RLE_DICTIONARY | Encoding::PLAIN_DICTIONARY => {
                let (width, ids) = match parts.values.split_first() {
                    Some((width, ids)) => (u32::from(*width), ids),
                    None if present == 0 => (0, &[][..]),
                    None => return Err(wrong("a page is empty")),
                };
                self.of_page.read(ids, width, present)?;
                let of_runs = self.of_page.stretches.iter().filter_map(|stretch| match stretch {
                    NumberRun::Run { value, .. } => Some(*value),
                    NumberRun::Packed { .. } => None,
                });
                let most = of_runs.chain(self.of_page.packed.iter().copied()).max();
                if most.is_some_and(|most| most >= self.null) {
                    return Err(wrong("a page has values that its dictionary has not"));
                }
            }
            _ => return Err(wrong("texts are in an encoding that they cannot have")),
        }
        match parts.is_there.is_empty() {
            true => std::mem::swap(&mut self.numbers, &mut self.of_page),
            false => self.spread(&parts.is_there),
        }
        Ok(())
    }

    /// Puts null between the numbers.
    fn spread(&mut self, is_there: &[bool]) {
        let mut all = Vec::with_capacity(is_there.len());
        let mut packed = self.of_page.packed.as_slice();
        for stretch in &self.of_page.stretches {
            match *stretch {
                NumberRun::Run { len, value } => all.resize(all.len() + len, value),
                NumberRun::Packed { len } => {
                    all.extend_from_slice(&packed[..len]);
                    packed = &packed[len..];
                }
            }
        }
        let mut all = all.into_iter();
        self.numbers.clear();
        let null = self.null;
        let number = |is_there: &bool| if *is_there { all.next().unwrap_or(null) } else { null };
        self.numbers.packed.extend(is_there.iter().map(number));
        self.numbers.stretches.push(NumberRun::Packed { len: is_there.len() });
    }

    /// How many distinct numbers there may be in a page.
    pub(super) fn len(&self) -> usize {
        self.texts.len()
    }

    /// The text with this number; none: null.
    pub(super) fn text(&self, number: u32) -> Option<&[u8]> {
        match number == self.null {
            true => None,
            false => self.texts.get(number as usize).map(|text| &text[..]),
        }
    }

    /// The number among `keys` of the text with this number, or [`FAULTY`].
    #[inline(always)]
    pub(super) fn key(&mut self, number: u32, keys: &mut Keys) -> KeyId {
        match self.ids[number as usize] {
            UNKNOWN => self.find(number, keys),
            id => id,
        }
    }

    #[inline(never)]
    fn find(&mut self, number: u32, keys: &mut Keys) -> KeyId {
        let text = &self.texts[number as usize];
        let id = match fault(text) {
            Some(_) => FAULTY,
            None => keys.id_of_one(text, text.len()),
        };
        self.ids[number as usize] = id;
        id
    }
}

/// Texts with their lengths before them.
fn plain(bytes: &Bytes, count: usize) -> Result<Vec<Bytes>> {
    let short = || ParquetError::EOF("a page has fewer values than it says".to_owned());
    let mut texts = Vec::with_capacity(count.min(bytes.len() / 4));
    let mut at = 0;
    for _ in 0..count {
        let len = bytes.get(at..).and_then(<[u8]>::first_chunk).ok_or_else(short)?;
        let end = (at + 4).checked_add(u32::from_le_bytes(*len) as usize).ok_or_else(short)?;
        if end > bytes.len() {
            return Err(short());
        }
        texts.push(bytes.slice(at + 4..end));
        at = end;
    }
    Ok(texts)
}
