//! Columns and rows: what stands in a line beside the time.

use windrow::Result;
use windrow::text::escape::push_csv_field;

use super::access::AccessWriter;
use super::dice::{Dice, DrawStream};
use super::flaw::Flaw;
use super::recipe::{Key, LineEnding, Recipe, RowFormat, TimeLayout};
use super::stamp::{StampWriter, write_integer, write_pair};
use super::table::GeneratedTable;

const COUNTRIES: [&str; 16] =
    ["DE", "US", "FR", "GB", "IN", "BR", "JP", "ES", "IT", "NL", "PL", "SE", "TR", "MX", "CA", "AU"];
pub(super) const PLACES: [&str; 8] = ["shop", "cart", "account", "search", "help", "orders", "blog", "news"];
pub(super) const AGENTS: [&str; 6] = [
    "\"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0 Safari/537.36\"",
    "\"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Edge/125.0\"",
    "\"Mozilla/5.0 (iPhone, mobile) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Safari/604.1\"",
    "\"Mozilla/5.0 (Android 14, Mobile; rv:127.0) Gecko/127.0 Firefox/127.0\"",
    "curl/8.8.0",
    "\"Crawler, polite, +https://crawler.example/about\"",
];
const NOTES: [&str; 8] = [
    "",
    "",
    "",
    "ok",
    "retried once",
    "\"said \"\"no\"\", then left\"",
    "\"first line,\nsecond line\"",
    "\"a list:\n- one, two\n- \"\"three\"\"\n\"",
];
/// As many of [`NOTES`] stay in their line.
const NOTES_OF_ONE_LINE: usize = 6;
pub(super) const STATUSES: [&str; 8] = ["200", "200", "200", "200", "204", "302", "404", "500"];
pub(super) const REFERRERS: [&str; 4] =
    ["", "", "https://search.example/?q=windows", "https://news.example/today"];

/// The columns beside time and keys that have a meaning, in the order they are added; numbers follow.
const EXTRAS: [Extra; 10] = [
    Extra::User,
    Extra::Country,
    Extra::Path,
    Extra::Agent,
    Extra::Latency,
    Extra::Note,
    Extra::Session,
    Extra::Status,
    Extra::Amount,
    Extra::Referrer,
];

#[derive(Clone, Copy)]
enum Extra {
    User,
    Country,
    Path,
    Agent,
    Latency,
    Note,
    Session,
    Status,
    Amount,
    Referrer,
    Number,
}

/// The names of the first `n` extra columns.
pub(super) fn extra_names(n: usize) -> impl Iterator<Item = String> {
    extras(n).map(|(i, extra)| extra.name(i))
}

fn extras(n: usize) -> impl Iterator<Item = (usize, Extra)> {
    (0..n).map(|i| (i, EXTRAS.get(i).copied().unwrap_or(Extra::Number)))
}

impl Extra {
    fn name(self, i: usize) -> String {
        match self {
            Extra::User => "user_id".into(),
            Extra::Country => "country".into(),
            Extra::Path => "path".into(),
            Extra::Agent => "user_agent".into(),
            Extra::Latency => "latency_ms".into(),
            Extra::Note => "note".into(),
            Extra::Session => "session".into(),
            Extra::Status => "status".into(),
            Extra::Amount => "amount".into(),
            Extra::Referrer => "referrer".into(),
            Extra::Number => format!("number_{}", i + 1),
        }
    }

    /// A flawed line stays on one line, so that every reader agrees on where it ends.
    fn write(self, dice: &mut Dice, one_line: bool, out: &mut Vec<u8>) {
        match self {
            Extra::User => write_integer(100_000 + dice.below(900_000) as i64, out),
            Extra::Country => out.extend_from_slice(dice.pick(&COUNTRIES).as_bytes()),
            Extra::Path => {
                out.push(b'/');
                out.extend_from_slice(dice.pick(&PLACES).as_bytes());
                out.push(b'/');
                write_integer(dice.below(10_000) as i64, out);
            }
            Extra::Agent => out.extend_from_slice(dice.pick(&AGENTS).as_bytes()),
            Extra::Latency => write_integer((dice.below(40) * dice.below(40)) as i64, out),
            Extra::Note => {
                let notes = if one_line { &NOTES[..NOTES_OF_ONE_LINE] } else { &NOTES };
                out.extend_from_slice(dice.pick(notes).as_bytes());
            }
            Extra::Session => write_hex(dice.below(u64::MAX), out),
            Extra::Status => out.extend_from_slice(dice.pick(&STATUSES).as_bytes()),
            Extra::Amount => {
                write_integer(dice.below(500) as i64, out);
                out.push(b'.');
                write_pair(dice.below(100), out);
            }
            Extra::Referrer => out.extend_from_slice(dice.pick(&REFERRERS).as_bytes()),
            Extra::Number => write_integer(dice.below(1_000_000) as i64, out),
        }
    }
}

fn write_hex(n: u64, out: &mut Vec<u8>) {
    out.extend((0..16).rev().map(|digit| b"0123456789abcdef"[(n >> (4 * digit)) as usize & 15]));
}

enum WrittenColumn {
    Time,
    Key(KeyValues),
    Extra(Extra),
}

/// The values of a key as they are written, and one slot per unit of weight to draw from.
pub(super) struct KeyValues {
    written: Vec<Vec<u8>>,
    slots: Vec<u32>,
}

impl KeyValues {
    fn new(key: &Key) -> Self {
        let weights = key.values.iter().map(|(_, weight)| *weight as usize);
        KeyValues {
            written: key.values.iter().map(|(value, _)| quoted(value)).collect(),
            slots: (0..)
                .zip(weights)
                .flat_map(|(value, weight)| std::iter::repeat_n(value, weight))
                .collect(),
        }
    }

    pub(super) fn draw(&self, dice: &mut Dice) -> &[u8] {
        &self.written[*dice.pick(&self.slots) as usize]
    }
}

/// Writes lines: the columns in their order and where their values come from.
pub(super) struct ColumnWriter {
    columns: Vec<WrittenColumn>,
    time_at: usize,
    /// The first key, or the time where there is none.
    key_at: usize,
    header: Vec<u8>,
    /// The names of the columns, for objects.
    names: Vec<String>,
    format: RowFormat,
    /// For lines of a web server's log.
    access: AccessWriter,
    /// Whether times are numbers.
    time_is_number: bool,
    /// A field that becomes a string.
    field: Vec<u8>,
    line_end: &'static [u8],
    stamp: StampWriter,
    keys: Dice,
    extras: Dice,
}

impl ColumnWriter {
    pub(super) fn new(recipe: &Recipe) -> Self {
        let mut named: Vec<(String, WrittenColumn)> = extras(recipe.extra_columns)
            .map(|(i, extra)| (extra.name(i), WrittenColumn::Extra(extra)))
            .collect();
        let third = recipe.extra_columns.div_ceil(3);
        let keys_at = (2 * third).min(named.len());
        let keys = recipe.keys.iter().map(|key| (key.name.clone(), WrittenColumn::Key(KeyValues::new(key))));
        named.splice(keys_at..keys_at, keys);
        named.insert(third, ("time".into(), WrittenColumn::Time));

        let (names, columns): (Vec<_>, Vec<_>) = named.into_iter().unzip();
        let quoted: Vec<_> = names.iter().map(|name| quoted(name)).collect();
        ColumnWriter {
            columns,
            time_at: third,
            key_at: if recipe.keys.is_empty() { third } else { keys_at + 1 },
            header: quoted.join(&b','),
            names,
            format: recipe.format,
            access: AccessWriter::new(recipe),
            time_is_number: matches!(
                recipe.time_layout,
                TimeLayout::EpochS | TimeLayout::EpochMs | TimeLayout::EpochUs | TimeLayout::EpochNs
            ),
            field: Vec::new(),
            line_end: match recipe.line_end {
                LineEnding::Lf => b"\n",
                LineEnding::Crlf => b"\r\n",
            },
            stamp: StampWriter::new(recipe),
            keys: Dice::new(recipe.seed, DrawStream::Keys),
            extras: Dice::new(recipe.seed, DrawStream::Extras),
        }
    }

    /// An empty table with the columns of the rows.
    pub(super) fn table(&self, layout: TimeLayout) -> Result<GeneratedTable> {
        GeneratedTable::new(&self.names, self.time_at, layout)
    }

    /// Adds a row to `table`.
    pub(super) fn append(&mut self, time_us: i64, table: &mut GeneratedTable) {
        for (i, column) in self.columns.iter().enumerate() {
            self.field.clear();
            match column {
                WrittenColumn::Time => {
                    table.push_time(time_us);
                    continue;
                }
                WrittenColumn::Key(values) => self.field.extend_from_slice(values.draw(&mut self.keys)),
                WrittenColumn::Extra(extra) => extra.write(&mut self.extras, false, &mut self.field),
            }
            table.push_text(i, &unquoted(&self.field));
        }
    }

    /// How many fields a row has.
    pub(super) fn width(&self) -> usize {
        self.columns.len()
    }

    pub(super) fn write_header(&self, out: &mut Vec<u8>) {
        if self.format != RowFormat::Csv {
            return;
        }
        out.extend_from_slice(&self.header);
        out.extend_from_slice(self.line_end);
    }

    /// One line: an event, or what its flaw makes of it.
    pub(super) fn write(&mut self, time_us: i64, flaw: Option<Flaw>, out: &mut Vec<u8>) {
        match flaw {
            _ if self.format == RowFormat::Json => self.write_object(time_us, out),
            _ if self.format == RowFormat::Combined => {
                let keys = self.columns.iter().filter_map(|column| match column {
                    WrittenColumn::Key(values) => Some(values.drawn(&mut self.keys)),
                    _ => None,
                });
                self.access.write((time_us, &mut self.stamp), keys, &mut self.extras, out);
            }
            Some(Flaw::Blank) => {}
            Some(Flaw::RepeatedHeader) => out.extend_from_slice(&self.header),
            _ => self.write_fields(time_us, flaw, out),
        }
        out.extend_from_slice(self.line_end);
    }

    fn write_object(&mut self, time_us: i64, out: &mut Vec<u8>) {
        out.push(b'{');
        for (i, (column, name)) in self.columns.iter().zip(&self.names).enumerate() {
            if i > 0 {
                out.push(b',');
            }
            write_string(name.as_bytes(), out);
            out.push(b':');
            self.field.clear();
            match column {
                WrittenColumn::Time => self.stamp.write(time_us, &mut self.field),
                WrittenColumn::Key(values) => self.field.extend_from_slice(values.draw(&mut self.keys)),
                WrittenColumn::Extra(extra) => extra.write(&mut self.extras, false, &mut self.field),
            }
            if self.time_is_number && i == self.time_at {
                out.extend_from_slice(&self.field);
            } else {
                write_string(&unquoted(&self.field), out);
            }
        }
        out.push(b'}');
    }

    fn write_fields(&mut self, time_us: i64, flaw: Option<Flaw>, out: &mut Vec<u8>) {
        let width = self.columns.len() - usize::from(flaw == Some(Flaw::TooFewFields));
        let struck = if flaw == Some(Flaw::BadTime) { self.time_at } else { self.key_at };
        for (i, column) in self.columns[..width].iter().enumerate() {
            if i > 0 {
                out.push(b',');
            }
            match (flaw.and_then(Flaw::field), column) {
                (Some(text), _) if i == struck => out.extend_from_slice(text),
                (_, WrittenColumn::Time) => self.stamp.write(time_us, out),
                (_, WrittenColumn::Key(values)) => out.extend_from_slice(values.draw(&mut self.keys)),
                (_, WrittenColumn::Extra(extra)) => extra.write(&mut self.extras, flaw.is_some(), out),
            }
        }
        if flaw == Some(Flaw::TooManyFields) {
            out.extend_from_slice(b",surplus");
        }
    }
}

/// The field as CSV: in quotes where it must be.
fn quoted(text: &str) -> Vec<u8> {
    let mut field = Vec::new();
    push_csv_field(text, &mut field);
    field
}

/// The text of a field of CSV.
pub(super) fn unquoted(field: &[u8]) -> Vec<u8> {
    let text = String::from_utf8_lossy(field);
    match text.strip_prefix('"').and_then(|text| text.strip_suffix('"')) {
        Some(inner) => inner.replace("\"\"", "\"").into_bytes(),
        None => field.to_vec(),
    }
}

/// The text as a string of JSON.
fn write_string(text: &[u8], out: &mut Vec<u8>) {
    out.push(b'"');
    for byte in text {
        match byte {
            b'"' | b'\\' => out.extend([b'\\', *byte]),
            0..=0x1F => out.extend(format!("\\u{byte:04x}").into_bytes()),
            _ => out.push(*byte),
        }
    }
    out.push(b'"');
}
