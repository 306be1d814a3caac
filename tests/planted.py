"""Planted bugs: each is put into a copy of the sources, and a test must fail.

    tests/planted.py [NAME...]        all of them take some ten minutes; not part of ./test
    tests/planted.py --check          only whether the text of each is still there once

A bug is a text of the product and what it becomes. A text that is no longer there is an error too, so that the list
follows the code.
"""

import os
import pathlib
import shutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
CACHE = pathlib.Path(os.environ.get("XDG_CACHE_HOME", pathlib.Path.home() / ".cache")) / "windrow" / "planted"

CSV, JSON, LIB = "crates/windrow-scan/src/csv", "crates/windrow-scan/src/json", "crates/windrow/src"
SQL = "crates/windrow-sql/src"
CLIENT = f"{LIB}/engine/spark/client"
# What is built with a feature alone, by a part of its path.
FEATURES = {
    "/spark/": "spark", "/pixels": "png", "/storage/": "object-store", "/list/objects": "object-store", "/record/": "sql",
}
BUGS = [
    # name, file, what is there, what it becomes, package, tests
    ("quote may open anywhere", f"{CSV}/find/blocks.rs", "opening & !may_open", "opening & !may_open & 0", "windrow-scan", "find"),
    ("text after a closing quote", f"{CSV}/find/blocks.rs", "& !(ends | opening | returns) & valid", "& !(ends | opening | returns) & 0", "windrow-scan", "find"),
    ("quotes forgotten between blocks", f"{CSV}/find/blocks.rs", "((inside as i64) >> 63) as u64", "0", "windrow-scan", "find"),
    ("comments inside records", f"{CSV}/find/blocks.rs", "comments & (bits.newlines << 1 | carry.line_ended)", "comments", "windrow-scan", "find"),
    ("half of a surrogate pair is text", f"{JSON}/text.rs", "let pair = char::from_u32(code).filter(|_| is_pair);", "let pair = char::from_u32(code).or(Some('?')).filter(|_| is_pair || code > 0);", "windrow-scan", "json"),
    ("an object ends with its first bracket", f"{JSON}/object.rs", "if levels.is_empty() {", "if levels.len() <= 1 {", "windrow-scan", "json"),
    ("a name that is wanted may stand twice", f"{JSON}/object.rs", "std::mem::replace(&mut self.seen[next as usize], true)", "std::mem::replace(&mut self.seen[next as usize], false)", "windrow-scan", "json"),
    ("a quote is escaped by the backslash before the last one", f"{JSON}/find/blocks.rs", "backslashes & !*carry", "backslashes", "windrow-scan", "json"),
    ("a string ends with its block", f"{JSON}/find/blocks.rs", "((inside as i64) >> 63) as u64", "0", "windrow-scan", "json"),
    ("a control character in a string is text", f"{JSON}/find/blocks.rs", "controls & (inside | !white)", "controls & !inside & !white", "windrow-scan", "json"),
    ("text that is not UTF-8 is text", f"{JSON}/find/mod.rs", "error.error_len().is_some()", "error.error_len().is_none()", "windrow-scan", "json"),
    ("tokens: a wanted name may stand twice", f"{JSON}/tokens.rs", "std::mem::replace(values.seen.get_mut(node as usize)?, true)", "std::mem::replace(values.seen.get_mut(node as usize)?, false)", "windrow-scan", "json"),
    ("tokens: something follows on a number", f"{JSON}/tokens.rs", "scalar(bytes, place).ok().filter(|(end, _)| is_end(*end))", "scalar(bytes, place).ok()", "windrow-scan", "json"),
    ("tokens: numbers may begin with zeros", f"{JSON}/tokens.rs", "(whole == 1 || bytes[place] != b'0')", "(whole >= 1 || bytes[place] != b'0')", "windrow-scan", "json"),
    ("tokens: a level too many", f"{JSON}/tokens.rs", "self.depth + depth == DEPTH_MAX", "self.depth + depth == DEPTH_MAX + 1", "windrow-scan", "json"),
    ("tokens: escapes are not checked", f"{JSON}/tokens.rs", "Err(_) => return false,", "Err(_) => break,", "windrow-scan", "json"),
    ("templates: text that is not UTF-8 is text", f"{JSON}/quotes.rs", "if has_high {", "if has_high && at == 1 {", "windrow-scan", "template"),
    ("templates: a backslash that begins no escape is text", f"{JSON}/quotes.rs", "Err(_) => self.wrong.push(place as u32),", "Err(_) => {}", "windrow-scan", "template"),
    ("templates: half of a surrogate pair is wrong in its whole", f"{JSON}/quotes.rs", "if place >= checked {", "if place >= at {", "windrow-scan", "template"),
    ("templates: a quote in an escape ends its string", f"{JSON}/quotes.rs", "quotes &= !escaped;", "quotes &= !0;", "windrow-scan", "template"),
    ("templates: what is wrong at the end of a line is passed over", f"{JSON}/template.rs", "|wrong| *wrong as usize >= at);", "|wrong| *wrong as usize + 20 >= at);", "windrow-scan", "template"),
    ("templates: a null may become a value", f"{JSON}/template.rs", "Value::Null if is_seen(path) => return None,", "Value::Null if is_seen(path) && path > 9 => return None,", "windrow-scan", "template"),
    ("templates: what is absent keeps the value of another kind of line", f"{JSON}/template.rs", "for (path, value) in &self.constants {", "for (path, value) in self.constants.iter().skip(1) {", "windrow-scan", "template"),
    ("templates: control characters are text", f"{JSON}/template.rs", "(*last_control as usize + 1 == at && is_right)", "(*last_control as usize + 1 <= at && is_right)", "windrow-scan", "template"),
    ("a member is shorter than it says", f"{LIB}/codec/parts.rs", "number(extra, 4, 2)? as usize + 1", "number(extra, 4, 2)? as usize", "windrow", "codec"),
    ("a damaged part is passed over", f"{LIB}/codec/parallel.rs", "self.at = begin;", "self.at = end;", "windrow", "codec"),
    ("a first row too long is all rows", f"{LIB}/format/csv/mismatch.rs", "if sample.odd.iter().any(|odd| odd.fault == Fault::TooLong) {", "if sample.odd.is_empty() && sample.rows.len() > 9 {", "windrow", "mismatch"),
    ("the end of lines is looked for in all of a file", f"{LIB}/format/csv/head.rs", "if read < bytes.len() || at > RECORD_BYTES_MAX as u64 {", "if read < bytes.len() {", "windrow", "head"),
    ("a bracket closes any other", f"{JSON}/stream.rs", "if open.pop() != Some(*byte) {", "if open.pop().is_none() {", "windrow-scan", "json"),
    ("the fast path of JSON takes a longer key for a shorter one", f"{LIB}/format/json/fast_path.rs", "let len = value_len + behind.len() + line_end + 1;", "let len = value_len;", "windrow", "embedded"),
    ("the fast path of JSON takes escaped keys for plain ones", f"{LIB}/format/json/fast_path.rs", "!matches!(byte, b'\"' | b'\\\\' | 0..=0x1F)", "!matches!(byte, b'\"')", "windrow", "embedded"),
    ("a user may be the host of a line with two", "crates/windrow-scan/src/text/access.rs", "[] | [b' ', ..] | [b'-', b' ', ..] => None,", "[] | [b' ', ..] => None,", "windrow", "text::tests"),
    ("a quote in a request ends it", "crates/windrow-scan/src/text/mod.rs", "_ => at += 2,", "_ => at += 1,", "windrow", "text::tests"),
    ("the common format may go on", "crates/windrow-scan/src/text/access.rs", "false => (access.bytes.end == line.len()).then_some(access),", "false => Some(access),", "windrow", "text::tests"),
    ("text may follow on a quoted value of logfmt", "crates/windrow-scan/src/text/logfmt.rs", "if line.get(end).is_some_and(|byte| !is_white(*byte)) {", "if false {", "windrow", "text::tests"),
    ("of a wanted name of logfmt the last is taken", "crates/windrow-scan/src/text/logfmt.rs", "Some(number) => Err(Fault::DuplicateName(number)),", "Some(_) => Ok(()),", "windrow", "text::tests"),
    ("half of the lines tell a layout", f"{LIB}/format/text/preset.rs", "*found * 2 > lines", "*found * 2 >= lines", "windrow", "text::tests"),
    ("the offset of the last access is taken for all", f"{LIB}/event/common_log.rs", "if *offset != last.offset {", "if false {", "windrow", "common_log"),
    ("a CR belongs to a line of text", "crates/windrow-scan/src/text/lines.rs", "let content = if whole.is_some() && bytes[..end].ends_with(b\"\\r\") { end - 1 } else { end };", "let content = end;", "windrow", "embedded::tests::text"),
    ("a stream is read in chunks", f"{LIB}/format/header.rs", "Written::Json(objects) => objects.shape == json::Shape::Lines,", "Written::Json(objects) => objects.shape != json::Shape::Array,", "windrow", "embedded"),
    ("one delimiter too many is a row", f"{CSV}/scan.rs", "others.first().is_none_or(|next| *next as usize > newline)", "others.first().is_none_or(|_| true)", "windrow-scan", "scan"),
    ("limit off by one", f"{CSV}/scan.rs", "*place as usize + 1 < limit", "*place as usize + 0 < limit", "windrow-scan", "scan"),
    ("UTF-8 unchecked", f"{CSV}/scan.rs", "(!has_high || std::str::from_utf8(line).is_ok())", "true", "windrow-scan", "scan"),
    ("unclosed quote swallows the file", f"{CSV}/record.rs", "let (window, at_eof) = match bytes.get(..WINDOW)", "let (window, at_eof) = match bytes.get(..WINDOW * 64)", "windrow-scan", "record"),
    ("CR stays in the last field", f"{CSV}/record.rs", "== b'\\r' { at - 1 }", "== b'\\r' { at }", "windrow-scan", ""),
    ("wrong guesses are believed", f"{LIB}/engine/embedded/queue.rs", "Some(start) => start == progress.end", "Some(_) => true", "windrow", "engine"),
    ("a chunk without a line end is believed", f"{LIB}/engine/embedded/queue.rs", "None => counted.end <= progress.end", "None => true", "windrow", "engine"),
    ("a long line is left at the end of its chunk", f"{LIB}/format/csv/fast_path.rs", "(scanner.is_in_line() || done.bytes < limit)", "done.bytes < limit", "windrow", "engine"),
    ("rejects twice after counting again", f"{LIB}/engine/embedded/order.rs", "reject.place.order() >= self.rejects_to", "true", "windrow", "engine"),
    ("lines numbered per chunk", f"{LIB}/engine/embedded/order.rs", "reject.place.below(lines_before + 1);", "reject.place.below(1);", "windrow", "engine"),
    ("Parquet: nanoseconds before 1970 are cut up", f"{LIB}/format/parquet/kind.rs", "number.div_euclid(1_000)", "number / 1_000", "windrow", "nanoseconds"),
    ("JSON: a fault in the first object hides the shape", f"{JSON}/shape.rs", "Ok(Some(len)) if first + len <= line_end => on_a_line(first + len)", "Ok(Some(len)) if first + len <= line_end => Shape::Lines", "windrow-scan", "json"),
    ("a DuckDB database is read as CSV", f"{LIB}/format/binary.rs", "head.get(*at..)", "head.get(0 * *at..)", "windrow", "content"),
    ("Parquet: rows are numbered per row group", f"{LIB}/format/parquet/table.rs", "*first..*first +", "0..", "windrow", "engine"),
    ("Parquet: a clock without a zone is UTC", f"{LIB}/format/parquet/value.rs", "on_clock(unit.in_us(number), reader)", "instant(unit.in_us(number), reader)", "windrow", "engine"),
    ("Parquet: the faster way is never taken", f"{LIB}/format/parquet/lanes.rs", "(keys_fit && is_read(", "(false && keys_fit && is_read(", "windrow", "parquet"),
    ("Parquet: a page that is passed over lies where its first time does", f"{LIB}/format/parquet/lanes.rs", "widths.pane_of(first) == widths.pane_of(last)", "widths.pane_of(first) <= widths.pane_of(last)", "windrow", "parquet"),
    ("Parquet: null in a page of ids is the last text", f"{LIB}/format/parquet/texts.rs", "all.next().unwrap_or(null) } else { null }", "all.next().unwrap_or(null) } else { null.saturating_sub(1) }", "windrow", "parquet"),
    ("Parquet: rows in one pane that may be rejects are counted", f"{LIB}/format/parquet/texts.rs", "Some(_) => FAULTY,", "Some(_) if text.len() > 9 => FAULTY,\n            Some(_) => keys.id_of_one(b\"\", 0),", "windrow", "parquet"),
    ("Parquet: packed numbers lose their highest bits", f"{LIB}/format/parquet/bits.rs", "(low | high) & mask", "low & mask", "windrow", "parquet"),
    ("Arrow: rows are numbered per batch", f"{LIB}/format/arrow/decoder.rs", ".count(first + row as u64, ", ".count(row as u64, ", "windrow", "arrow"),
    ("Arrow: a block of usual rows has a null time", f"{LIB}/format/arrow/values.rs", "null_count() > 0", "null_count() > 1", "windrow", "arrow"),
    ("Arrow: a key goes on behind a NUL", f"{LIB}/format/arrow/texts.rs", "texts.is_ascii() && memchr::memchr(0, texts).is_none()", "texts.is_ascii()", "windrow", "arrow"),
    ("Arrow: the numbers of a dictionary hold for the next batch", f"{LIB}/format/arrow/texts.rs", "        self.numbers.clear();\n", "", "windrow", "arrow"),
    ("Arrow: seconds are milliseconds", f"{LIB}/format/parquet/kind.rs", "Unit::S => number.checked_mul(1_000_000)", "Unit::S => number.checked_mul(1_000)", "windrow", "arrow"),
    ("Arrow: the usual rows are counted one by one", f"{LIB}/format/arrow/decoder.rs", "let Some(unit) = self.unit() else { return false };", "let Some(unit) = self.unit().filter(|_| false) else { return false };", "windrow", "arrow"),
    ("Arrow: rows begin with their batch", f"{LIB}/storage/memory.rs", "let start = rows.start.max(*first);", "let start = *first;", "windrow", "storage::memory"),
    ("Arrow: tables of as many rows are equal", f"{LIB}/storage/memory.rs", "if a.slice(of_a.start, len).columns() != b.slice(of_b.start, len).columns() {", "if len == 0 {", "windrow", "storage::memory"),
    ("files out of order", f"{LIB}/engine/embedded/order.rs", "if at != self.turn {", "if at > self.turn + 1 {", "windrow", "engine"),
    ("BOM is part of a name", f"{LIB}/format/csv/head.rs", "head.take(&mut held, BOM.len());", "", "windrow", "engine"),
    ("keys stay in the encoding of the file", f"{LIB}/format/csv/decoder.rs", "with_values(|value| encoding.decode(value))", "with_values(|value| value.into())", "windrow", "engine"),
    ("times in another encoding are not read", f"{LIB}/format/csv/rows.rs", "!self.encoding.is_utf8() && !value.is_ascii()", "false", "windrow", "engine"),
    ("lines that are left out are forgotten", f"{LIB}/format/csv/head.rs", "self.skipped += 1;", "self.skipped += 0;", "windrow", "head"),
    ("CR ends lines though there is an LF", f"{LIB}/format/csv/head.rs", "if memchr(b'\\n', piece).is_some()", "if false", "windrow", "head"),
    ("delimiters in quotes are counted", f"{LIB}/format/csv/head.rs", "is_quoted ^= *byte == dialect.quote();", "", "windrow", "head"),
    ("repeated header is a reject", f"{LIB}/format/csv/rows.rs", "if is_header(&self.header.line, content) {", "if false {", "windrow", "engine"),
    ("the fast path takes quoted keys for plain ones", f"{LIB}/format/csv/fast_path.rs", "keys.tuple(id).into_iter().flatten().all(is_plain)", "keys.tuple(id).len() == 1 && is_plain(&0)", "windrow", "engine"),
    ("the fast path forgets the delimiter", f"{LIB}/format/csv/fast_path.rs", "time.is_none() || row[self.time_len] != self.delimiter", "time.is_none()", "windrow", "engine"),
    ("the fast path takes a longer key for a shorter one", f"{LIB}/format/csv/fast_path.rs", "KEY_BYTES_MAX - end - 1", "KEY_BYTES_MAX - end", "windrow", "engine"),
    ("a file's last block is not hashed", f"{LIB}/fingerprint.rs", "if !self.next.is_multiple_of(BLOCK_BYTES) {\n            self.end_block();\n        }\n        self.hashes", "self.hashes", "windrow", "fingerprint"),
    ("second 60 in the fast way", f"{LIB}/event/iso.rs", "second <= 59", "second <= 61", "windrow", "event"),
    ("offset added instead of subtracted", f"{LIB}/event/iso.rs", "last.us + us - offset_us.unwrap_or(0)", "last.us + us + offset_us.unwrap_or(0)", "windrow", "event"),
    ("the minute before is kept", f"{LIB}/event/iso.rs", "if *head != last.text {", "if head[..15] != last.text[..15] {", "windrow", "event"),
    ("leap years of centuries", f"{LIB}/event/time.rs", "- past / 100", "", "windrow", "event"),
    ("epochs cut towards zero", f"{LIB}/event/time.rs", "ns.div_euclid(1_000)", "ns / 1_000", "windrow", "event"),
    ("cut digits before 1970 forgotten", f"{LIB}/event/time.rs", "-ns - i128::from(is_cut)", "-ns", "windrow", "event"),
    ("fractions before 1970 go forward", f"{LIB}/event/pattern.rs", "{ -us - i64::from(self.is_cut) }", "{ -us + 2 * self.fraction_us }", "windrow", "event"),
    ("the year of all times is forgotten", f"{LIB}/event/pattern.rs", "Found { year: self.year, ..Found::default() }", "Found::default()", "windrow", "event"),
    ("a year of two digits", f"{LIB}/event/pattern.rs", "(&mut self.year, at.digits(4)?)", "(&mut self.year, small(at, 4)?)", "windrow", "event"),
    ("the afternoon contradicts nothing", f"{LIB}/event/pattern.rs", "afternoon == u32::from(hour >= 12)", "afternoon < 2", "windrow", "event"),
    ("an instant contradicts nothing", f"{LIB}/event/pattern.rs", "told.is_none_or(|told| told == shown)", "told.is_none_or(|told| told == shown || told > 0)", "windrow", "event"),
    ("noon is midnight", f"{LIB}/event/pattern.rs", "Some(hour % 12 + 12 * afternoon)", "Some(hour % 12)", "windrow", "event"),
    ("offsets of any size", f"{LIB}/event/time.rs", "minutes > 59 || hours * 60 + minutes > 18 * 60", "minutes > 59", "windrow", "event"),
    ("the year 9999 is believed", f"{LIB}/calendar/civil.rs", "253_370_764_799_999_999", "253_402_300_799_999_999", "windrow", "event"),
    ("capitals that begin a word lose their form", f"{LIB}/event/clean.rs", "_ if c.to_lowercase().ne([c]) => to.push(c),", "", "windrow", "event"),
    ("windows end after all readers", f"{LIB}/window/mod.rs", "boundary_us.min(LAST_BOUNDARY_US)", "boundary_us", "windrow", "window"),
    ("windows begin before the year 1", f"{LIB}/window/mod.rs", "self.mark_before(us).max(FIRST_BOUNDARY_US)", "self.mark_before(us)", "windrow", "window"),
    ("dates before the year 1", f"{LIB}/calendar/label.rs", "if clock.is_before_year_1() && !is_utc {", "if false {", "windrow", "window"),
    ("panes are even too early", f"{LIB}/pane.rs", "-(-from_us.unwrap_or(0)).div_euclid(even_us) * even_us", "-(-from_us.unwrap_or(0)).div_euclid(even_us) * even_us - 40 * 366 * DAY_US", "windrow", "pane"),
    ("keys of any size", f"{LIB}/counts/keys.rs", "self.bytes += value.len() as u64;", "self.bytes += 1;", "windrow", "counts"),
    ("a job that is saved elsewhere reads from there", f"{LIB}/job/save.rs", "        let root = if root.as_os_str().is_empty() { Path::new(\".\") } else { root };\n", "", "windrow", "job"),
    ("a column that is mostly empty is the time", f"{LIB}/sniff/mod.rs", "times * 2 >= sample.rows.len()", "times > 0", "windrow", "sniff"),
    ("the first value decides", f"{LIB}/sniff/readings.rs", "let looked_at: Vec<&str> = values.iter().copied().step_by(step).collect();", "let looked_at: Vec<&str> = values.iter().copied().step_by(step).take(1).collect();", "windrow", "readings"),
    ("a time of day is dropped", f"{LIB}/sniff/suggest.rs", "clocks * 2 > sample.rows.len()", "clocks > sample.rows.len()", "windrow", "sniff"),
    ("panes cut towards zero", f"{LIB}/pane.rs", ".div_euclid(width_us) * width_us", "/ width_us * width_us", "windrow", ""),
    ("halves are rounded up", f"{LIB}/measure/decimal.rs", "(has_more || units % 2 == 1)", "(has_more || units % 2 < 2)", "windrow", "measure"),
    ("nothing past 38 digits matters", f"{LIB}/measure/decimal.rs", "has_more |= *byte != b'0';", "has_more |= *byte > b'9';", "windrow", "measure"),
    ("a tie is not told from what is more", f"{LIB}/measure/decimal.rs", "quotient | u128::from(rest > 0)", "quotient", "windrow", "measure"),
    ("null is true", f"{SQL}/column.rs", "*value && *state == State::There", "*value || *state == State::Null", "windrow-sql", "tests"),
    ("what is decided is looked at again", f"{SQL}/evaluate.rs", "_ if is_decided => {}", "_ if is_decided && states[row] == State::Wrong => {}", "windrow-sql", "tests"),
    ("a wrong condition takes the next branch", f"{SQL}/evaluate.rs", "(_, State::Wrong) => return None,", "(_, State::Wrong) => {}", "windrow-sql", "tests"),
    ("an empty text is compared", f"{SQL}/translate/pair.rs", "&& text.is_empty()", "&& text.len() > 1 && text.is_empty()", "windrow-sql", "tests"),
    ("ten digits are a decimal", f"{SQL}/translate/literal.rs", "*digits > 9)", "*digits > 10)", "windrow-sql", "tests"),
    ("a wrong value is null", f"{SQL}/compare.rs", "(State::Wrong, _) | (_, State::Wrong) => State::Wrong,", "(State::Wrong, _) | (_, State::Wrong) => State::Null,", "windrow-sql", "tests"),
    ("sums wrap in SQL", f"{SQL}/arithmetic.rs", "left.checked_add(right),\n        Operation::Subtract => left.checked_sub(right),\n        Operation::Multiply => left.checked_mul(right),\n        Operation::Divide => None,", "Some(left.wrapping_add(right)),\n        Operation::Subtract => left.checked_sub(right),\n        Operation::Multiply => left.checked_mul(right),\n        Operation::Divide => None,", "windrow-sql", "tests"),
    ("halves are rounded up in SQL", f"{SQL}/arithmetic.rs", "twice == divisor_size && quotient % 2 != 0", "twice == divisor_size", "windrow-sql", "tests"),
    ("a sum wraps", f"{LIB}/measure/moments.rs", "other.sum.checked_mul(i128::from(times))", "Some(other.sum.wrapping_mul(i128::from(times)))", "windrow", "measure"),
    ("buckets are twice as wide", f"{LIB}/measure/buckets.rs", "const BITS: u32 = 6;", "const BITS: u32 = 5;", "windrow", "measure"),
    ("the rank of a quantile is rounded down", f"{LIB}/measure/buckets.rs", ".div_ceil(1_000).max(1);", ".div_euclid(1_000).max(1);", "windrow", "measure"),
    ("hashes in both sets are two", f"{LIB}/measure/distinct.rs", "list.dedup();", "", "windrow", "measure"),
    ("few hashes are lost where there are many", f"{LIB}/measure/distinct.rs", "                list.iter().for_each(|hash| raise(&mut registers, *hash));\n                *self", "                *self", "windrow", "measure"),
    ("a window keeps what has left it", f"{LIB}/report/sliding.rs", "if held.start > self.middle {", "if held.start > self.middle + 1 {", "windrow", "sliding"),
    ("states before a mark are made from the wrong one", f"{LIB}/report/sliding.rs", "if *at > start => (*at, states.clone()),", "if *at > start => (*at, WindowStates::default()),", "windrow", "sliding"),
    ("every pane of a window is kept with all behind it", f"{LIB}/report/sliding.rs", "let apart = stay.len().isqrt().max(1);", "let apart = stay.len().max(1);", "windrow", "sliding"),
    ("measures that are exact may differ a little", f"{LIB}/compare/measured.rs", "if is_exact || a == b => a == b,", "if a == b => true,", "windrow", "compare"),
    ("thousands are any groups of digits", f"{LIB}/measure/decimal.rs", "group.len() == 3 && is_number(group)", "is_number(group)", "windrow", "decimal"),
    ("negative floats rank as large ones", f"{LIB}/measure/number.rs", "bits ^ ((bits >> 63).cast_unsigned() >> 1).cast_signed()", "bits & i64::MAX", "windrow", "number"),
    ("two measures in one text are one", f"{LIB}/job/measures.rs", "column.split_once(')').filter(|(_, rest)| rest.contains('('))", "column.split_once(')').filter(|_| false)", "windrow", "measures"),
    ("states of keys with large numbers are not merged", f"{LIB}/counts/measured.rs", "for ((slot, key), number) in &other.far {", "for ((slot, key), number) in other.far.iter().take(0) {", "windrow", "counts"),
    ("what is measured is not in the fingerprint", f"{LIB}/job/fingerprint.rs", "if !source.measured.is_empty() {", "if source.measured.len() > 99 {", "windrow", "fingerprint"),
    ("the fast path takes a number with more behind it", f"{LIB}/format/csv/fast_path.rs", "if text[len] != self.line_end {", "if text[len] != self.line_end && len == 0 {", "windrow", "narrow"),
    ("a key is followed by a line end where a number comes", f"{LIB}/format/csv/fast_path.rs", ".filter(|_| is_last)", "", "windrow", "narrow"),
    ("carry forgotten", f"{LIB}/counts/mod.rs", "*self.carried.entry((slot, key)).or_default() += n;", "let _ = (slot, key, n);", "windrow", "counts"),
    ("carry forgotten when tables merge", f"{LIB}/counts/merge.rs", "is_carried |= carries;", "is_carried |= carries && sum > 1 << 31;", "windrow", "counts"),
    ("groups that carry over when tables merge", f"{LIB}/counts/merge.rs", "+ were_empty - are_empty", "+ were_empty - are_empty.min(0)", "windrow", "counts"),
    ("columns of tables taken for alike", f"{LIB}/counts/merge.rs", "let cell = &mut cells[*id as usize];", "let cell = &mut cells[row.len().min(*id as usize)];", "windrow", "counts"),
    ("keys that never occur", f"{LIB}/report/assemble.rs", ".map(|bits| bits != 0)", ".map(|_| true)", "windrow", "report"),
    ("counts of one are gathered as none", f"{LIB}/report/assemble.rs", "usize::from(*n != 0)", "usize::from(*n > 1)", "windrow", "report"),
    ("the total of a full row forgotten", f"{LIB}/report/assemble.rs", "        self.total += sum(cells);\n", "        self.total += sum(&cells[1..]);\n", "windrow", "report"),
    ("a directory made anew forgets the far pages", f"{LIB}/counts/panes.rs", "        for (page, at) in &self.page_places {", "        for (page, at) in [(&page, &at)] {", "windrow", "counts"),
    ("the directory grows without a bound", f"{LIB}/counts/panes.rs", "len > DIRECTORY_MIN + 4 * self.pages.len() as u64", "len > DIRECTORY_MIN << 10", "windrow", "counts"),
    ("the directory never grows", f"{LIB}/counts/panes.rs", "        if len > DIRECTORY_MIN", "        if len > 1 || len > DIRECTORY_MIN", "windrow", "counts"),
    ("waiting events forgotten", f"{LIB}/counts/counter.rs", "    fn make_room(&mut self, slot: Slot, key: KeyId) {\n        self.settle();", "    fn make_room(&mut self, slot: Slot, key: KeyId) {", "windrow", "counts"),
    ("waiting events forgotten when a table thins out", f"{LIB}/counts/counter.rs", "if self.counts.is_due_to_thin_out(self.counts.panes.len() + 1) {", "if false {", "windrow", "counts"),
    ("limits judged per thread", f"{LIB}/engine/mod.rs", "        counts.check_limit()\n    }", "        let _ = counts.check_limit();\n        Ok(())\n    }", "windrow", "engine"),
    ("quota of rejects taken twice", f"{LIB}/counts/events.rs", "saturating_sub(self.rejects.len())", "saturating_sub(2 * self.rejects.len())", "windrow", "engine"),
    ("limit of rejects is one more", f"{LIB}/job/mod.rs", "rejected > most", "rejected > most + 1", "windrow", ""),
    ("times not believed are no times", f"{LIB}/sniff/mod.rs", "!matches!(reader.read_plainly(text.as_bytes()), Err(Reason::BadTime))", "reader.read_plainly(text.as_bytes()).is_ok()", "windrow", "sniff"),
    ("a few times need a format", f"{LIB}/sniff/suggest.rs", "if !some.is_empty() {", "if false {", "windrow", "sniff"),
    ("the time is taken from the keys", f"{LIB}/sniff/mod.rs", "!keys.contains(name) && !is_usual(name)", "!is_usual(name)", "windrow", "sniff"),
    ("no command for a key", f"{LIB}/sniff/mod.rs", "    if keys.is_empty() {\n        keys = ", "    if false {\n        keys = ", "windrow", "sniff"),
    ("help shows one change of two", f"{LIB}/error/help.rs", "Some(before) if before == own => text += \", \"", "Some(before) if before == own => continue", "windrow", "sniff"),
    ("an error forgets its place", f"{LIB}/error.rs", "line: line.or(place.line),", "line,", "windrow-cli", "errors_are_data"),
    ("a refused file has no code of its own", f"{LIB}/run/outcome.rs", "error.map_or_else(|| self.code_of(reconciled), Error::code)", "self.code_of(reconciled)", "windrow-cli", "summary"),
    ("files that were not read are read", f"{LIB}/run/summing.rs", "file.read != Read::Skip && counts", "counts", "windrow-cli", "summary"),
    ("a job file is told flags", "crates/windrow-cli/src/remedy.rs", "job_file.is_none() || setting.table().is_none()", "true", "windrow-cli", "remedy"),
    ("empty files lack a key", f"{LIB}/sniff/mod.rs", "    if sample.header.is_empty() {", "    if false {", "windrow", "sniff"),
    ("header in the sample", f"{LIB}/format/csv/sample.rs", "What::Record if head.is_line(", "What::Record if sample.rows.is_empty() && head.is_line(", "windrow", "sample"),
    ("only a folder is proposed", f"{LIB}/source/list/nowhere.rs", "path.strip_prefix(folder).unwrap_or(path)", "path.strip_prefix(folder).unwrap_or(path).iter().take(1)", "windrow", "list"),
    ("blocks of an object are fetched twice", f"{LIB}/storage/object.rs", "|| state.blocks.contains_key(&number)", "", "windrow", "storage"),
    ("nothing is fetched ahead", f"{LIB}/storage/object.rs", "(self.ahead * 2).clamp(1, AHEAD_MAX)", "0", "windrow", "storage"),
    ("all blocks of an object are held", f"{LIB}/storage/object.rs", ".count() > HELD_MAX", ".count() > usize::MAX", "windrow", "storage"),
    ("a store that waits cannot be stopped", f"{LIB}/storage/object.rs", "Some(Block::OnItsWay) => stop.check()?", "Some(Block::OnItsWay) => {}", "windrow", "storage"),
    ("a signature is shown", f"{LIB}/storage/said.rs", "text.push_str(&rest[..query]);", "let _ = query;\n        text.push_str(&rest[..end]);", "windrow", "storage"),
    ("a table in a store counts as its files", f"{LIB}/source/list/objects.rs", "if tables.contains(&folder) {", "if false {", "windrow", "source::list"),
    ("objects of hidden folders count", f"{LIB}/source/list/objects.rs", "(end > depth).then(", "false.then(", "windrow", "source::list"),
    ("measures are compared as counts", f"{LIB}/compare/measured.rs", "is_own && !is_key && (column::is_measure(name) || column::is_moving(name))", "false && is_own && is_key", "windrow-cli", "compare"),
    ("an unencrypted store elsewhere is asked", f"{LIB}/storage/access.rs", "Some(\"http\") => Endpoint::Http,", "Some(\"http\") => Endpoint::Here,", "windrow", "storage"),
    ("objects are called by another scheme on Spark", f"{LIB}/engine/spark/place.rs", 'format!("s3a://{bucket}")', 'format!("s3://{bucket}")', "windrow", "engine::spark::place"),
    ("an unfinished upload keeps its parts", f"{LIB}/storage/upload.rs", "            parts.abort();", "            let _ = parts;", "windrow", "storage"),
    ("an output in a store may be an input", f"{LIB}/source/output_overlap.rs", "is_inside && counts_in_folder(", "false && counts_in_folder(", "windrow", "source"),
    ("a tag with quotes is another tag", f"{LIB}/storage/remote.rs", "inside.unwrap_or(etag)", "inside.map_or(etag.clone(), |_| etag)", "windrow", "storage"),
    ("folder markers are files", f"{LIB}/storage/remote.rs", "entry.size_bytes == 0 && (folders", "false && (folders", "windrow", "storage"),
    ("two objects of one name are one", f"{LIB}/storage/remote.rs", "Some(two) => Err(two[0].path.clone()),", "Some(_) => Ok(entries),", "windrow", "storage"),
    ("a day far away overflows", f"{LIB}/format/parquet/value.rs", "Clock::on(days.into())", "Clock::at(i64::from(days) * DAY_US)", "windrow", "parquet::value"),
    ("racy files are trusted", f"{LIB}/increment/plan.rs", "} else if seen.racy {", "} else if false {", "windrow", "increment"),
    ("stamps are not compared", f"{LIB}/increment/plan.rs", "} else if listed.version.stamp != seen.version.stamp {", "} else if false {", "windrow", "increment"),
    ("files that return are the same", f"{LIB}/increment/plan.rs", "return (Cause::Returned, Read::Whole);", "return (Cause::Same, Read::Skip);", "windrow", "increment"),
    ("duplicates of nothing", f"{LIB}/increment/plan.rs", "rules.duplicates == Duplicates::Refuse && is_held", "rules.duplicates == Duplicates::Refuse", "windrow", "increment"),
    ("a change frees no contribution", f"{LIB}/increment/reconcile.rs", "if !listed || candidates[at].contribution() != Some(id) {", "if !listed {", "windrow", "increment"),
    ("a moved file counts twice", f"{LIB}/increment/candidate.rs", "(FileState::Moved, None, Some(other.clone()))", "(FileState::Moved, row.contribution.clone(), Some(other.clone()))", "windrow", "increment"),
    ("proofs are believed", f"{LIB}/increment/candidate.rs", "if proof == proven => became", "if proof != proven || proof == proven => became", "windrow", "increment"),
    ("files without rows are duplicates", f"{LIB}/increment/reconcile.rs", "(!row.has_rows() || content.is_none())", "content.is_none()", "windrow", "increment"),
    ("no fingerprint is one", f"{LIB}/increment/candidate.rs", "row.is_equal_to(seen) == Some(true)", "row.is_equal_to(seen) != Some(false)", "windrow", "increment"),
    ("a hash is not kept", f"{LIB}/increment/candidate.rs", "(row.fingerprint, row.lines) = (Some(bytes), Some(lines));", "let _ = (&row, bytes, lines);", "windrow", "increment"),
    ("lines in any order are the same", f"{LIB}/fingerprint/lines.rs", "(line % MODULUS + MODULUS - first % MODULUS) % MODULUS", "(line * 0 + first * 0) % MODULUS", "windrow", "fingerprint"),
    ("lines have the numbers that Spark gives them", f"{LIB}/fingerprint/lines.rs", "MODULUS - first % MODULUS)", "MODULUS - first % 1)", "windrow", "fingerprint"),
    ("lines say nothing of bytes", f"{LIB}/increment/content.rs", "self.0.get(&lines).map_or(", "self.0.get(&lines).filter(|_| false).map_or(", "windrow", "increment"),
    ("what is gone is not compared by its lines", f"{LIB}/increment/unverified.rs", "true => one.is_new && other.row.is_hashed(),", "true => one.is_new && other.row.fingerprint.is_some(),", "windrow", "increment"),
    ("what may be gone counts", f"{LIB}/increment/unverified.rs", "(rules.duplicates == Duplicates::Refuse).then(|| Doubt::Gone(name.clone()))", "None", "windrow", "increment"),
    ("limits hold for what is read alone", f"{LIB}/increment/candidate.rs", "if rules.rejects.is_passed(rejected, read) {", "if false {", "windrow", "increment"),
    ("renamed files that have grown count twice", f"{LIB}/increment/renamed.rs", "candidates[gone].move_to(file.identity.clone());", "", "windrow", "increment"),
    ("early panes are taken for even ones", f"{LIB}/pane.rs", "let fit_early = first_us >= wider.even_from_us || ", "let fit_early = true || ", "windrow", "pane"),
    ("a tenth is too much", f"{LIB}/increment/mod.rs", "gone * 10 <= counted", "gone * 10 < counted", "windrow", "increment"),
    ("values pass for others", f"{LIB}/job/fingerprint.rs", '"{key} {}:{value}", value.len()', '"{key} {value}"', "windrow", "fingerprint"),
    ("a token stands in a job file", f"{LIB}/job/engine.rs", "is_secret_header(name) && !value.starts_with(VARIABLE);", "is_secret(name) && value.is_empty();", "windrow", "job"),
    ("secrets of a job file are shown", f"{LIB}/job/engine.rs", 'Some((name, _)) => format!("{name}=…"),', "Some(_) => parameter.to_owned(),", "windrow", "job"),
    ("more is taken away than there is", f"{LIB}/counts/merge.rs", "taken.values().all(|n| *n == 0).then_some(left)", "Some(left)", "windrow", "counts"),
    ("a token goes out in the clear", f"{CLIENT}/address.rs", "self.token.is_some() && !self.is_loopback()", "false", "windrow", "spark::client"),
    ("a header goes out in the clear", f"{CLIENT}/address.rs", "Some((name, _)) if self.tls.is_none() && !self.is_loopback()", "Some((name, _)) if false", "windrow", "spark::client"),
    ("a token in capitals is a header", f"{CLIENT}/parameter.rs", "let name = name.to_ascii_lowercase();", "let name = name.to_owned();", "windrow", "spark::client"),
    ("variables hold tokens alone", f"{CLIENT}/parameter.rs", "match value.strip_prefix(VARIABLE)", "match value.strip_prefix(VARIABLE).filter(|_| name == \"token\")", "windrow", "spark::client"),
    ("the proxy is passed by", f"{CLIENT}/channel.rs", "let is_for_proxies = address.tls.is_some()", "let is_for_proxies = false", "windrow", "spark::client"),
    ("this machine is reached over the proxy", f"{CLIENT}/channel.rs", "let is_for_proxies = address.tls.is_some() && !address.is_loopback();", "let is_for_proxies = true;", "windrow", "spark::client"),
    ("a session of others is ended", f"{CLIENT}/link.rs", "before: address.session.is_some().then(Vec::new)", "before: None", "windrow", "spark::client"),
    ("every refusal is windrow's fault", f"{CLIENT}/link.rs", "match self.has_wishes {", "match false {", "windrow", "spark::client"),
    ("every server is Apache Spark", f"{CLIENT}/fault.rs", "let has_condition = text.starts_with('[');", "let has_condition = true;", "windrow", "spark::client"),
    ("the outermost folder decides where Spark reads", f"{LIB}/engine/spark/place.rs", "here.max_by_key(", "here.min_by_key(", "windrow", "spark::place"),
    ("a host is left out of a place", f"{LIB}/engine/spark/place.rs", "format!(\"{scheme}://{host}\")", "format!(\"{scheme}:\")", "windrow", "spark::place"),
    ("an address of another machine is a path here", f"{LIB}/text/percent.rs", "(\"\" | \"localhost\", path) => path,", "(_, path) => path,", "windrow", "percent"),
    ("a job file has another limit than its reference", f"{LIB}/job/mod.rs", "groups: 50_000_000", "groups: 5_000_000", "windrow", "job::file"),
    ("the schema has another list of words", f"{LIB}/job/file.rs", '"default" = "keep", "examples" = ["subtract"], "enum" = words::<OnGone>()', '"default" = "keep", "examples" = ["subtract"], "enum" = words::<Duplicates>()', "windrow", "job::file"),
    ("paths of Spark are lost when a job is saved", f"{LIB}/job/engine.rs", "for (here, there) in &self.spark_paths {", "for (here, there) in self.spark_paths.iter().take(1) {", "windrow", "job"),
    ("settings of Spark are lost when a job is saved", f"{LIB}/job/engine.rs", "for (name, value) in &self.spark_conf {", "for (name, value) in self.spark_conf.iter().take(1) {", "windrow", "job"),
    ("names are not encoded", f"{LIB}/text/percent.rs", "if c == '%' || c.is_control() {", "if c.is_control() {", "windrow", "identity"),
    ("ways up are taken by their text", f"{LIB}/source/identity.rs", "path = without_links(&path);", "", "windrow", "identity"),
    ("times before 1970 are cut towards zero", f"{LIB}/storage/version.rs", "(-ns).div_euclid(1_000)", "-ns / 1_000", "windrow", "storage"),
    ("a file that became shorter passes where it grows", f"{LIB}/storage/version.rs", "grows && now.size_bytes >= self.size_bytes", "grows", "windrow", "storage"),
    ("staged files are inputs", f"{LIB}/source/skip.rs", " || is_staged(name)", "", "windrow", "skip"),
    ("grid limit is one less", f"{LIB}/report/batches.rs", "in_grid <= limits.grid_rows", "in_grid < limits.grid_rows", "windrow", "report"),
    ("a file's name cut from another's", f"{LIB}/run/outcome.rs", ".filter(|rest| rest.starts_with([':', ' ']))", "", "windrow", "outcome"),
    ("blocks lost at the end", f"{LIB}/publish/background_writer.rs", "out.write_all(&self.block).and_then(|()| out.flush())", "out.flush()", "windrow", "behind"),
    ("key columns that differ in case alone", f"{LIB}/job/column.rs", "while !taken.insert(name.to_lowercase())", "while !taken.insert(name.clone())", "windrow", "column"),
    ("a key takes the name of a later one", f"{LIB}/job/column.rs", "[true, false]", "[false]", "windrow", "column"),
    ("named values without events are left out of a long grid", f"{LIB}/report/batches.rs", "if !listed.iter().any(|(known, _)| *known == values) {", "if false {", "windrow", "report"),
    ("runs are put in order by the clock", f"{LIB}/inspect/order.rs", "(ledgers.of_run(run), run.started.0, run.run.clone())", "(run.started.0, ledgers.of_run(run), run.run.clone())", "windrow", "trace"),
    ("versions after a clock that was set back are hidden", f"{LIB}/inspect/since.rs", "(self.rank(change), change.at.0) > self.after || ", "", "windrow", "trace"),
    ("deletion vectors count rows from 1", f"{LIB}/compare/result/parquet.rs", "!deleted.contains(row)", "!deleted.contains(row + 1)", "windrow", "compare"),
    ("a removed data file comes back with its deletion vector", f"{LIB}/delta/foreign/mod.rs", "adds.remove(&(remove.path, id(&remove.deletion_vector)));", "adds.retain(|(path, _), _| *path != remove.path || true);", "windrow", "compare"),
    ("partition values are not columns", f"{LIB}/compare/result/part.rs", "row.extend(self.partition.iter()", "row.extend(self.partition.iter().take(0)", "windrow", "compare"),
    ("unsorted results are merged too", f"{LIB}/compare/answer.rs", "            (false, false) => Answer::of_result(rows, u64::MAX),", "            (false, false) => Ok(Answer { rows: Some(rows), ..answer }),", "windrow", "compare"),
    ("the last window of a merged result is lost", f"{LIB}/compare/merge.rs", "    current.map_or(Ok(()), |window| sender.push(window))\n", "    let _ = current;\n    Ok(())\n", "windrow", "compare"),
    ("a block is filled again unemptied", f"{LIB}/publish/background_writer.rs", "        block.clear();\n", "        block.truncate(9);\n", "windrow", "behind"),
    ("what the system says is forgotten", f"{LIB}/publish/background_writer.rs", ".map_err(failed)?;\n        }\n        made?;", ".map_err(failed).ok();\n        }\n        made?;", "windrow", "behind"),
    ("blocks wait without a bound", f"{LIB}/publish/background_writer.rs", "sync_channel(BLOCKS_WAITING)", "sync_channel(BLOCKS_WAITING << 9)", "windrow", "behind"),
    ("flushed although the sink has failed", f"{LIB}/publish/background_writer.rs", "        made?;\n        let mut out = lock(self.out);\n        out.write_all(&self.block).and_then(|()| out.flush()).map_err(failed)\n", "        let mut out = lock(self.out);\n        out.write_all(&self.block).and_then(|()| out.flush()).map_err(failed)?;\n        made\n", "windrow", "behind"),
    ("an ending that is refused is proposed", f"{LIB}/publish/mod.rs", 'format!(".{}", format.ending())', 'format!(".{format}")', "windrow", "publish"),
    ("a commit overwrites", f"{LIB}/storage/local.rs", "match fs::hard_link(&staged.0, &place) {", "match fs::rename(&staged.0, &place) {", "windrow", "delta"),
    ("links are followed", f"{LIB}/storage/local.rs", "found(inside.metadata())?", "found(fs::metadata(inside.path()))?", "windrow", "delta"),
    ("short ranges are believed", f"{LIB}/storage/local.rs", "if bytes.len() as u64 == length { Ok(bytes.into()) } else { Err(ErrorKind::UnexpectedEof.into()) }", "Ok(bytes.into())", "windrow", "delta"),
    ("taken is lost", f"{LIB}/delta/commit.rs", "Ok(Some(found)) if found == body => {", "Ok(Some(found)) if found == body && put.is_err() => {", "windrow", "delta"),
    ("taken is done", f"{LIB}/delta/commit.rs", "    if let Ok(Put::Done) = put {", "    if put.is_ok() {", "windrow", "delta"),
    ("an error is lost", f"{LIB}/delta/commit.rs", "    if let Ok(Put::Done) = put {", "    if put.is_err() { put?; return Ok(Attempt::Won); }\n    if let Ok(Put::Done) = put {", "windrow", "delta"),
    ("attempts have equal bytes", f"{LIB}/delta/commit.rs", "Ok(Some(found)) if found == body =>", 'Ok(Some(found)) if String::from_utf8_lossy(&found).contains(&format!("{:?}", actions[0].commit_info.as_ref().and_then(|c| c.windrow.as_ref()).map(|r| r.run_id.clone()).unwrap_or_default())) =>', "windrow", "delta"),
    ("a commit on an old version", f"{LIB}/delta/table.rs", "let version = commit.expected_version + 1;", "let version = self.version() + 1;", "windrow", "delta"),
    ("an old version is not checked", f"{LIB}/delta/table.rs", "if version >= self.version() {\n            return Ok(());", "if true {\n            return Ok(());", "windrow", "delta"),
    ("a failed checkpoint fails the commit", f"{LIB}/delta/table.rs", 'tracing::warn!(table = self.place(), version, %error, "no checkpoint");', "return Err(error);", "windrow", "delta"),
    ("columns of a table are not compared", f"{LIB}/delta/table.rs", "if is_other {\n            let path", "if false {\n            let path", "windrow", "delta"),
    ("what is listed is all there is", f"{LIB}/delta/log.rs", "while let Some(actions) = self.commit(snapshot.version + 1)? {", "let last = self.store.list(&self.folder())?.iter().filter_map(|e| match self.name(&e.path) { Some(LogFile::Commit(v)) => Some(v), _ => None }).max();\n        while let Some(actions) = if last > Some(snapshot.version) { self.commit(snapshot.version + 1)? } else { None } {", "windrow", "delta"),
    ("a hole is the end", f"{LIB}/delta/log.rs", "        if beyond {", "        if beyond && reached.is_none() {", "windrow", "delta"),
    ("a cut between lines is not seen", f"{LIB}/delta/log.rs", "Some(told) if told.actions != actions.len() =>", "Some(told) if told.actions == usize::MAX =>", "windrow", "delta"),
    ("removed files come back", f"{LIB}/delta/snapshot.rs", "self.files.remove(&remove.path);", "", "windrow", "delta"),
    ("a newer writer version is taken", f"{LIB}/delta/snapshot.rs", "|| *writer > PROTOCOL.min_writer_version", "", "windrow", "delta"),
    ("deletion vectors are ignored", f"{LIB}/delta/snapshot.rs", "if add.deletion_vector.is_some() {", "if false {", "windrow", "delta"),
    ("checkpoints forget the writers' counts", f"{LIB}/delta/checkpoint.rs", "snapshot.txns.values()", "snapshot.txns.values().take(0)", "windrow", "delta"),
    ("checkpoints forget removed files", f"{LIB}/delta/checkpoint.rs", "removed_ms >= since_ms)", "removed_ms < since_ms)", "windrow", "delta"),
    ("a path leaves the table", f"{LIB}/delta/file.rs", '"" | "." | ".." | "_delta_log"', '"" | "." | "_delta_log"', "windrow", "delta"),
    ("the size of a data file is not checked", f"{LIB}/delta/read.rs", "Some(found) if found != size_bytes =>", "Some(found) if found == u64::MAX =>", "windrow", "delta"),
    ("a late column is dropped", f"{LIB}/delta/read.rs", "(None, None) => Ok(new_null_array(field.data_type(), stored.num_rows())),", "(None, None) => Err(field.name().clone()),", "windrow", "delta"),
    ("ranges of a data file are read one by one", f"{LIB}/delta/read.rs", "Some(last) if range.start <= last.end.saturating_add(GAP_BYTES)", "Some(last) if range.start <= last.start", "windrow", "delta"),
    ("a partition names any folder", f"{LIB}/delta/write.rs", "!partition.values().flatten().all(|value| is_plain(value))", "false && is_plain(\"\")", "windrow", "delta"),
    ("row groups at the border are left out", f"{LIB}/delta/read.rs", "min <= range.to && max >= range.from", "min < range.to && max >= range.from", "windrow", "delta"),
    ("times are cut down at the top", f"{LIB}/delta/stats.rs", "time(us.checked_add(999)?.div_euclid(1_000))", "time(us.div_euclid(1_000) - 1)", "windrow", "delta"),
    ("text is cut at the top", f"{LIB}/delta/stats.rs", 'format!("{kept}{}", char::MAX)', "kept.to_owned()", "windrow", "delta"),
    ("the greatest character is cut", f"{LIB}/delta/stats.rs", "(!cut.starts_with(char::MAX)).then(||", "(!cut.is_empty()).then(||", "windrow", "delta"),
    ("clean by age alone", f"{LIB}/delta/clean.rs", " && !needed.contains(inside)", "", "windrow", "delta"),
    ("clean by name alone", f"{LIB}/delta/clean.rs", "behind.contains(inside) || entry.modified_ms < before_ms;", "behind.contains(inside) || true;", "windrow", "delta"),
    ("clean what others put there", f"{LIB}/delta/clean.rs", "is_ours(inside) && !needed", "!needed", "windrow", "delta"),
    ("clean what was removed just now", f"{LIB}/delta/clean.rs", "live.chain(places(recent))", "live.chain(places(recent).take(0))", "windrow", "delta"),
    ("clean what must be kept", f"{LIB}/delta/clean.rs", " && !keep(inside)", "", "windrow", "delta"),
    ("the log goes one version too far", f"{LIB}/delta/clean.rs", "first.is_none_or(|first| *version < first)", "first.is_none_or(|first| *version <= first)", "windrow", "delta"),
    ("bars begin within windows", f"{LIB}/report/timeline.rs", "starts.all(|us| windows.floor(us) == us)", "starts.all(|us| windows.floor(us) <= us)", "windrow", "timeline"),
    ("a partial bar looks whole", f"{LIB}/report/timeline.rs", "start_us < span.start_us || next_us > span.end_us", "false", "windrow", "timeline"),
    ("ticks lie on each other", f"{LIB}/report/ticks.rs", "end(&two[0]) + GAP <= x(two[1].bar)", "end(&two[0]) + GAP > 0.0", "windrow", "timeline"),
    ("the last highest window", f"{LIB}/report/aggregates.rs", "if n > self.max {", "if n >= self.max {", "windrow", "report"),
    ("a value has the bars of another", f"{LIB}/report/series.rs", "place[id as usize] = series.len();", "place[id as usize] = 0;", "windrow", "report"),
    ("an hour that the clock shows twice is one", f"{LIB}/report/hours.rs", "hours: cell.hours + 1", "hours: 1", "windrow", "report"),
    ("values of a bar are not stacked", f"{LIB}/publish/picture/shape.rs", "below += n;", "below += n * 0;", "windrow", "publish"),
    ("the name of a peak stands in the bars beside it", f"{LIB}/publish/picture/chart.rs", "plot.y(bar.events)).fold(plot.top + plot.height, f64::min)", "plot.y(bar.events)).fold(plot.top + plot.height, f64::max)", "windrow", "publish"),
    ("a character that no font has is a box", f"{LIB}/publish/picture/pixels.rs", "if found.is_none() {", "if found.is_some() {", "windrow", "publish"),
    ("names of windows are not right behind the bars", f"{LIB}/publish/text/chart.rs", "self.bar_width * self.timeline.bars.len() - taken", "self.room - taken", "windrow", "publish"),
    ("wide characters count one", f"{LIB}/text/width.rs", "    text.width()", "    text.chars().count()", "windrow", "text"),
    ("a file loses the end of its name", f"{LIB}/publish/text/ruled.rs", "Holds::Path => cut_start", "Holds::Path => cut_end", "windrow", "publish"),
    ("a narrow table has no counts", f"{LIB}/publish/text/ruled.rs", "self.columns[*at].name != COUNT", "true", "windrow", "publish"),
    ("names of columns are cut to the same", f"{LIB}/publish/text/ruled.rs", "cut(*at) == names.len()", "cut(*at) > 0", "windrow", "publish"),
    ("rare means are zero", f"{LIB}/text/number.rs", "decimals.max((zeros as usize + 1).min(DECIMALS_MAX))", "decimals.max(zeros as usize * 0)", "windrow", "text"),
    ("peaks: weeks too far away say what is usual", f"{LIB}/report/peaks/usual.rs", "block.week - WEEKS);", "block.week - WEEKS - 1);", "windrow", "peaks"),
    ("peaks: the median of an even number is the lower one", f"{LIB}/report/peaks/usual.rs", "(lower + *upper) / 2.0", "lower", "windrow", "peaks"),
    ("peaks: windows that follow one another are several", f"{LIB}/report/peaks/mod.rs", "at - last <= overlap", "at - last < overlap", "windrow", "peaks"),
    ("peaks: a gap is compared with itself", f"{LIB}/report/peaks/quiet.rs", "run.end..grid.values.len().min(run.end + NEIGHBOURS)", "run.start..grid.values.len().min(run.end + NEIGHBOURS)", "windrow", "peaks"),
    ("peaks: the end of a log is a gap", f"{LIB}/report/peaks/mod.rs", "saturating_sub(usize::from(last))", "saturating_sub(0 * usize::from(last))", "windrow", "peaks"),
    ("moving: a total runs on into the next period", f"{LIB}/report/moving.rs", "self.totals.clear();", "", "windrow", "moving"),
    ("moving: a time that the clock skipped is another one", f"{LIB}/report/moving.rs", "zone.reading_us(us) == reading_us && windows.floor(us) == us", "windows.floor(us) == us", "windrow", "moving"),
    ("moving: there is a 31st of April", f"{LIB}/report/moving.rs", "date_of(date).2 != day", "date_of(date).2 > day", "windrow", "moving"),
    ("moving: a window before the first is zero", f"{LIB}/report/moving.rs", "us.filter(|us| *us >= first_us)", "us.filter(|us| *us >= first_us - DAY_US)", "windrow", "moving"),
    ("moving: only what was touched is made anew", f"{LIB}/run/incremental/publishing.rs", "moves_us.map_or(touched, Touched::since)", "touched", "windrow", "ledger"),
    ("moving: a number that moved with others is told as changed", f"{LIB}/publish/delta/difference.rs", ".take(measures.len().saturating_sub(self.moving))", "", "windrow", "ledger"),
    ("moving: a fall looks like a rise", f"{LIB}/text/number.rs", 'if n < 0 { "-" } else { "" }', '""', "windrow", "html"),
    ("other values are in no mean", f"{LIB}/report/summary.rs", "(other.sum > 0).then", "(other.sum > 1 << 40).then", "windrow", "report"),
    ("a page without an answer looks healthy", f"{LIB}/publish/html/head.rs", "_ if read == 0 => p.alert", "_ if read == 0 => p.span", "windrow", "publish"),
    ("means are saved as they are shown", f"{LIB}/publish/html/rows.rs", "(exact != shown.replace(',', \"\")).then_some(exact)", "false.then_some(exact)", "windrow", "publish"),
    ("a page holds the settings of a run", "crates/windrow-cli/src/command_line.rs", "        if is_kept {", "        if is_kept || value.is_none() {", "windrow-cli", "command_line"),
    ("null is a text", f"{LIB}/publish/json.rs", 'Cell::Null => text.extend_from_slice(b"null"),', 'Cell::Null => push_string("", text),', "windrow", "publish"),
    ("hidden rows are not counted", f"{LIB}/publish/table.rs", "ends.hidden + gone as u64)", "ends.hidden)", "windrow", "publish"),
    ("rows are lost on their way to Parquet", f"{LIB}/publish/parquet.rs", "writer.write(batch).map_err", "writer.write(&batch.slice(0, 1)).map_err", "windrow", "publish"),
    ("the log goes too early", f"{LIB}/delta/clean.rs", "before(&|_, age_ms| age_ms <= versions_ms)", "before(&|_, age_ms| age_ms < 0)", "windrow", "delta"),
    ("missing windows are not zero", f"{LIB}/compare/windows.rs", "counts.filter(|(_, a, b)| a != b)", "counts.filter(|(_, a, b)| a != b && *a * *b > 0)", "windrow", "compare::"),
    ("means need to be equal to the last bit", f"{LIB}/compare/windows.rs", "const MEAN_TOLERANCE: f64 = 1e-9;", "const MEAN_TOLERANCE: f64 = 0.0;", "windrow", "compare::"),
    ("means are not compared", f"{LIB}/compare/windows.rs", "(a - b).abs() > MEAN_TOLERANCE", "(a - b).abs() > 1e9 + MEAN_TOLERANCE", "windrow", "compare::"),
    ("a rule is believed when it helps somewhere", f"{LIB}/compare/cause/mod.rs", "&& touched.all(|cell|", "&& touched.any(|cell|", "windrow", "compare::"),
    ("a NUL behind a key is cut off", f"{LIB}/format/csv/fast_path.rs", "if value.ends_with(&[0]) {", "if false {", "windrow", "embedded"),
    ("quotes out of place are cut", f"{LIB}/compare/spark/record.rs", "self.value.insert(0, QUOTE);", "", "windrow", "compare::"),
    ("multiLine skips columns as well", f"{LIB}/compare/spark/mod.rs", "!self.multi_line && wanted < columns", "wanted < columns", "windrow", "compare::"),
    ("malformed lines are dropped that the parser does not see", f"{LIB}/compare/spark/rows.rs", "reader.drops_malformed && !reader.is_pruned(layout.wanted.len(), layout.columns)", "reader.drops_malformed", "windrow", "compare::"),
    ("patterns beyond the third are not named", f"{LIB}/compare/cause/reading.rs", "self.patterns.iter().map(|pattern| pattern.0).collect();", "self.patterns.iter().take(3).map(|pattern| pattern.0).collect();", "windrow", "compare::"),
    ("a Z that is a letter makes another time", f"{LIB}/compare/cause/reading.rs", "own.map(|own| own.us) != Ok(reading.us)", "own != Ok(reading)", "windrow", "compare::"),
    ("a result without counts has the causes of others", f"{LIB}/compare/cause/mod.rs", "if old.is_empty() && case.old_unplaced == 0 =>", "if old.is_empty() && case.old_unplaced > 99 =>", "windrow", "compare::"),
    ("patterns that read nothing are not tried", f"{LIB}/compare/cause/as_spark.rs", "inputs.by_patterns(trial.old.is_empty())?", "inputs.by_patterns(false)?", "windrow", "compare::"),
    ("a folder with _SUCCESS and no bytes is an error", f"{LIB}/compare/result/mod.rs", "self.is_finished || matches!(self.kind, Kind::Json)", "matches!(self.kind, Kind::Json)", "windrow", "compare::"),
    ("a pattern leaves what is behind it", f"{LIB}/compare/spark/pattern.rs", ".filter(|_| rest.is_empty())?", "?", "windrow", "compare::"),
    ("a pattern is a cast", f"{LIB}/compare/cause/reading.rs", "Some(pattern) => pattern.read(field, &self.zone),", "Some(_) => cast.read(field),", "windrow", "compare::"),
    ("patterns are not told apart", f"{LIB}/compare/cause/reading.rs", "add(&mut read[at], reading);", "add(&mut read[0], reading);", "windrow", "compare::"),
    ("Spark knows zones in any case", f"{LIB}/compare/spark/cast.rs", ".filter(|_| is_known)", ".filter(|_| is_known || true)", "windrow", "compare::"),
    ("Spark trims all white space", f"{LIB}/compare/cause/tidy.rs", "raw.trim_matches(' ')", "raw.trim()", "windrow", "compare::"),
    ("rows without a time are not compared", f"{LIB}/compare/cause/as_spark.rs", "case.old_unplaced == 0 ||", "true ||", "windrow", "compare::"),
    ("far years have no windows", f"{LIB}/compare/cause/counting.rs", "return self.find_far_windows(us);", "return;", "windrow", "compare::"),
    ("what is not explained is not told", f"{LIB}/compare/cause/mod.rs", "let left = trial.left() as u64;", "let left = 0;", "windrow", "compare::"),
    ("counts below zero pass", f"{LIB}/compare/cause/mod.rs", ".unwrap_or_default().checked_sub(*n)?;", ".unwrap_or_default().saturating_sub(*n);", "windrow", "compare::"),
    ("a rule that empties a value is believed", f"{LIB}/compare/cause/rows.rs", "known.then_some((left, rule, predicted))", "(known || true).then_some((left, rule, predicted))", "windrow", "compare::"),
    ("the first cleaning is taken", f"{LIB}/compare/cause/rows.rs", "tries.sort_by_key(|(left, ..)| *left);", "tries.sort_by_key(|(left, ..)| usize::MAX - *left);", "windrow", "compare::"),
    ("of two ways that fit the first is told", f"{LIB}/compare/cause/fits.rs", "        if others.is_empty() {", "        if first.at.is_some() {", "windrow", "compare::"),
    ("columns and values are looked at in pairs", f"{LIB}/compare/values.rs", "columns.and_then(|stem| self.columns.get(&stem))", "columns.and_then(|stem| self.columns.iter().find(|(own, _)| super::names::stem(own) == stem).map(|(_, at)| at))", "windrow", "compare::"),
    ("the last column of a name is read", f"{LIB}/compare/result/mod.rs", "for (place, field) in places.iter().zip(fields).rev() {", "for (place, field) in places.iter().zip(fields) {", "windrow", "compare::"),
    ("readings are told as cleanings", f"{LIB}/compare/cause/fits.rs", "fit.head() == first.head() && fit.beside()", "fit.at.is_some() && fit.beside()", "windrow", "compare::"),
    ("a reading is claimed where none is needed", f"{LIB}/compare/cause/as_spark.rs", "search.same.take().filter(|_| !search.fits.is_empty())", "search.same.take().filter(|_| search.fits.is_empty())", "windrow", "compare::"),
    ("ways that say more are told beside those that say less", f"{LIB}/compare/cause/fits.rs", "if self.kept.iter().any(|kept| kept.claims.is_subset(&fit.claims)) {", "if self.kept.iter().any(|kept| kept.claims == fit.claims) {", "windrow", "compare::"),
    ("ways that leave less are not better", f"{LIB}/compare/cause/fits.rs", "if best.is_some_and(|best| best > left(&fit)) {", "if best.is_some_and(|best| best > left(&fit) + 1_000) {", "windrow", "compare::"),
    ("groups of missing files are not tried", f"{LIB}/compare/cause/files.rs", "    for but in 0..files.len() {", "    for but in files.len()..0 {", "windrow", "compare::"),
    ("a lone file is never missing beside another that could be", f"{LIB}/compare/cause/files.rs", "usize::from(left > 1 && is_so(&[*file]))", "usize::from(left > files.len() && is_so(&[*file]))", "windrow", "compare::"),
    ("events on the edge are moved to the wrong window", f"{LIB}/compare/cause/counting.rs", "(0..self.steps).fold(us, |start, _| self.windows.previous(start))", "(0..self.steps + 1).fold(us, |start, _| self.windows.previous(start))", "windrow", "compare::"),
    ("a folder of JSON gives CSV too", f"{LIB}/format/mod.rs", "Some(format) => Endings::new(format.endings().iter().copied()),", "Some(_) => endings(None),", "windrow-cli", "cases"),
    ("a Delta table among inputs is read", f"{LIB}/source/table.rs", "folder.join(DELTA_LOG).is_dir()", "folder.join(DELTA_LOG).is_file()", "windrow", "source::list"),
    ("bytes that are no text in their encoding are replaced", f"{LIB}/format/csv/decoder.rs", "is_checked: encoding.is_checked(),", "is_checked: false,", "windrow-cli", "cases"),
    ("all files of a folder have the delimiter of the first", f"{LIB}/sniff/recognised.rs", "self.unseen == 0 && self.samples.iter().all(is_it)", "self.unseen == 0 || self.samples.iter().all(is_it)", "windrow-cli", "looks"),
    ("a spreadsheet is a zip archive", f"{LIB}/format/binary.rs", "&& (is_zip || !inside_zip)", "&& !inside_zip", "windrow-cli", "looks"),
    ("what left a table keeps counting", f"{LIB}/increment/reconcile.rs", "left.into_iter().for_each(|at| candidates[at].subtract());", "drop(left);", "windrow", "increment"),
    ("rows that a table has twice count once", f"{LIB}/job/path_values.rs", "self.part.iter().for_each(|name| add(usize::MAX - 1, name));", "", "windrow-cli", "delta"),
    ("a moved file keeps the counts of its old folder", f"{LIB}/job/path_values.rs", "if self.is_empty() {\n            return content;", "if self.is_empty() || true {\n            return content;", "windrow-cli", "path_columns"),
    ("what is before a rename is not the whole path", f"{LIB}/run/incremental/hashing.rs", "Ok(path.with(found.0) == expected)", "Ok(found.0 == expected)", "windrow-cli", "path_columns"),
    ("a file may contradict its path", f"{LIB}/engine/path_columns.rs", "if !is_said_by(&job.cleaning[*at], &tuple[*at], value) {", "if false {", "windrow-cli", "cases"),
    ("UTF-16 without a mark is not seen", f"{LIB}/codec/utf16.rs", "units.len() >= UNITS_MIN && is_ascii(*order)", "units.len() > HEAD_BYTES && is_ascii(*order)", "windrow-cli", "cases"),
    ("a part of the time in the path is all of it", f"{LIB}/engine/path_columns.rs", "if values.has_whole_time {", "if values.time.is_some() {", "windrow-cli", "cases"),
    ("lines of a text log whose path names the time are rejects", f"{LIB}/format/text/decoder.rs", "wrong.1 != Some(TIME) ||", "wrong.1.is_some() ||", "windrow-cli", "cases"),
    ("a column of a pattern that the path names moves the others", f"{LIB}/format/text/reader.rs", "let wanted = names.iter().map(number).collect();", "let wanted = names.iter().map(number).filter(Option::is_some).collect();", "windrow-cli", "cases"),
    ("pages of a dictionary are decrypted as others", f"{LIB}/format/parquet/encrypted.rs", "None if self.has_dictionary => None,", "None if self.has_dictionary => Some(0),", "windrow-cli", "encrypted"),
    ("each encrypted page is the first one", f"{LIB}/format/parquet/encrypted.rs", "page.checked_add(1)", "page.checked_add(0)", "windrow-cli", "encrypted"),
    ("all row groups are decrypted as the first one", f"{LIB}/format/parquet/encrypted.rs", "group.ordinal().unwrap_or_default()", "0i16", "windrow-cli", "encrypted"),
    ("a wrong key is kept as damage of the file", f"{LIB}/format/parquet/secrets.rs", "Error::new(Kind::Storage, format!(\"the Parquet file cannot be decrypted", "Error::new(Kind::Data, format!(\"the Parquet file cannot be decrypted", "windrow-cli", "encrypted"),
    ("a job shows what was written for a key", f"{LIB}/format/parquet/keys.rs", 'Error::usage("the key of an encrypted file is a secret', 'Error::usage(written).help("the key of an encrypted file is a secret', "windrow-cli", "encrypted"),
    ("a repeated header below a dated folder is a row", f"{LIB}/format/csv/rows.rs", "if is_header(&self.header.line, content) {\n            self.events.tally.repeated_header += 1;", "if self.events.time.in_path().is_none() && is_header(&self.header.line, content) {\n            self.events.tally.repeated_header += 1;", "windrow-cli", "cases"),
    ("refused files count", f"{LIB}/compare/cause/inputs.rs", "let accepted = !refused.contains(&file.name);", "let accepted = !refused.contains(&file.name) || true;", "windrow", "compare::"),
    ("rejects are read no kinder", f"{LIB}/compare/cause/inputs.rs", "let Some(time) = field(reader.time_column) else { return };", "let Some(time) = field(reader.time_column).filter(|time| time.is_empty()) else { return };", "windrow", "compare::"),
    ("local times are read as instants", f"{LIB}/compare/cause/evidence.rs", "if *is_local { zone.instant_us(*us) } else { *us }", "if *is_local && false { zone.instant_us(*us) } else { *us }", "windrow", "compare::"),
    ("lines of other values are behind a window", f"{LIB}/compare/cause/counting.rs", "reject.is_some() || number.is_some_and(|number| values.contains(&number))", "reject.is_some() || number.is_some_and(|number| !values.contains(&number))", "windrow", "compare::"),
    ("lines are numbered from their chunk's first", f"{LIB}/compare/cause/inputs.rs", "self.line += memchr::memchr_iter", "self.line = 1 + memchr::memchr_iter", "windrow", "compare::"),
    ("shifts go the other way", f"{LIB}/compare/cause/zones.rs", "let shift_us = first_old - first_new;", "let shift_us = first_new - first_old;", "windrow", "compare::"),
    ("late files are only missing", f"{LIB}/compare/cause/files.rs", "modified_us.is_some_and(|own| own > us)", "modified_us.is_some_and(|own| own < us)", "windrow", "compare::"),
    ("all values fold", f"{LIB}/compare/cause/spelling.rs", "differing.difference(&unequal)", "differing.difference(&BTreeSet::new())", "windrow", "compare::"),
    ("values left out on one side only", f"{LIB}/compare/cause/spelling.rs", "is_null(*number) == nulls && !old_totals.contains_key(number)", "is_null(*number) == nulls && !old_totals.contains_key(number) && new_totals[number] > 2", "windrow", "compare::"),
    ("values under another name are left out", f"{LIB}/compare/cause/spelling.rs", "if trial.new.keys().any(is_more) {", "if trial.new.keys().all(is_more) {", "windrow", "compare::"),
    ("values spelled otherwise are one", f"{LIB}/compare/values.rs", "is_column || is_named_by_column(&self.labels[*number as usize])", "is_column || *number < u32::MAX", "windrow", "compare::"),
    ("epochs are milliseconds", f"{LIB}/compare/instant.rs", '0..100_000_000_000 => ((1_000_000, 1), "seconds")', '0..100_000_000_000 => ((1_000, 1), "seconds")', "windrow", "compare::"),
    ("times without an offset are UTC", f"{LIB}/compare/instant.rs", "zone: zone.clone(),\n            local:", "zone: Zone::utc(),\n            local:", "windrow", "compare::"),
    ("the first row is always a header", f"{LIB}/compare/result/csv.rs", "if texts.iter().any(|text| reads_as_time(text)) {", "if texts.is_empty() {", "windrow", "compare::"),
    ("markers are part files", f"{LIB}/compare/result/mod.rs", "name.starts_with(['_', '.']) || name.ends_with(\".crc\")", "name.starts_with('_') || name.is_empty()", "windrow", "compare::"),
    ("several reports are one", f"{LIB}/compare/result/json.rs", "self.report.unwrap_or(&self.reports[0]) == report", "self.report.is_none_or(|wanted| wanted == report || true)", "windrow", "compare::"),
    ("any column of text is a key", f"{LIB}/compare/columns.rs", "([one], _) | ([], [one]) =>", "([one], _) | ([], [one, ..]) =>", "windrow", "compare::"),
    ("more than one column for a value", f"{LIB}/compare/columns.rs", "find(|(name, _)| !known.insert(name))", "find(|(name, _)| !known.insert(name) && false)", "windrow", "compare::"),
    ("other numbers are values", f"{LIB}/compare/columns.rs", "if alike.is_empty() && (!self.is_whole(at)", "if (alike.is_empty() || true) && (!self.is_whole(at)", "windrow", "compare::"),
    ("a commit into what was cleaned away is believed", f"{LIB}/delta/table.rs", "|last| *last >= version + checkpoint::OVERTAKEN", "|last| *last >= version + 1_000_000", "windrow", "overtaken"),
    ("a commit whose predecessor was cleaned away is believed", f"{LIB}/delta/table.rs", "Ok(is_alone && ", "Ok(false && is_alone && ", "windrow", "overtaken"),
    ("a stray commit is followed", f"{LIB}/delta/snapshot.rs", "|(after, last)| after == last)", "|_| true)", "windrow", "overtaken"),
    ("the last checkpoint is an earlier one again", f"{LIB}/delta/checkpoint.rs", "last(log)?.is_some_and(|last| last > snapshot.version)", "last(log)?.is_some_and(|_| false)", "windrow", "overtaken"),
    ("a log that is cleaned while it is opened is damage", f"{LIB}/delta/log.rs", "if newest(&files) <= before {", "if newest(&files) >= before {", "windrow", "overtaken"),
    ("a clock that was set back keeps all", f"{LIB}/delta/clean.rs", "(is_new || (0..=least_ms).contains(&age_ms))", "(is_new || age_ms <= least_ms)", "windrow", "overtaken"),
]

# Bugs in keeping a ledger, for the tests in crates/windrow/tests/ledger.
LEDGER_BUGS = [
    ("states of folded files are lost", f"{LIB}/ledger/sums.rs", "add_state(counts, (slot, key), row.state, 1)?;", "", "windrow", "ledger"),
    ("Parquet: the faster way forgets keys in paths", f"{LIB}/format/parquet/lanes.rs", "_ if !table.named.absent.is_empty() => false,", "_ if false => false,", "windrow-cli", "cases"),
    ("any file may take the place of one that is gone", f"{LIB}/run/incremental/hashing.rs", ".0) == expected);", ".0) == expected || true);", "windrow", "ledger"),
    ("ends of files are not compared", f"{LIB}/run/incremental/hashing.rs", "Ok((Some(head), Some(last)) == (prefix.ends.head, prefix.ends.last))", "Ok(Some(head).or(Some(last)).is_some())", "windrow", "ledger"),
    ("a copy that is known by its lines is not hashed", f"{LIB}/increment/unverified.rs", "may_count(seen) && seen.fingerprint.is_none()", "seen.contribution.is_some() && seen.fingerprint.is_none()", "windrow", "increment"),
    ("a page with a reject spans its time", f"{LIB}/format/parquet/lanes.rs", "span = Span::Read;\n            }", "}", "windrow", "parquet"),
    ("a file that grows takes another's place", f"{LIB}/increment/renamed.rs", "|| content.begins_with.contains(&file.identity)", "", "windrow", "ledger"),
    ("every file is asked for its beginning", f"{LIB}/increment/renamed.rs", "&& spans.is_none_or(|(span, other)| span.0 <= other.1 && other.0 <= span.1)", "&& spans.is_none_or(|_| true)", "windrow", "ledger"),
    ("panes are not widened", f"{LIB}/ledger/contributions.rs", "self.counts.slot(self.widths.pane_of(row.pane.start_us))", "self.counts.slot(row.pane)", "windrow", "ledger"),
    ("wide panes serve narrow windows", f"{LIB}/pane.rs", "wider.even_us % self.even_us == 0 && fit_early", "fit_early", "windrow", "ledger"),
    ("what moves was counted by the present job", f"{LIB}/run/incremental/rows.rs", "read.filter(counted_before).map_or(", "read.filter(|_| false).filter(counted_before).map_or(", "windrow", "ledger"),
    ("a plan forgets tightened limits", f"{LIB}/inspect/plan.rs", "reconciled.leaves.is_some()", "reconciled.leaves.is_some() && reconciled.row.is_none()", "windrow-cli", "cli"),
    ("any job may write to an output", f"{LIB}/run/incremental/mod.rs", "            ledger.check_owner(job)?;\n", "", "windrow-cli", "cli"),
    ("a tail is judged alone", f"{LIB}/engine/mod.rs", "contribution.proven.is_none() && job", "job", "windrow", "ledger"),
    ("a caller's runtime is blocked", f"{LIB}/wait.rs", "Ok(_) => std::thread::scope", "Ok(_) if false => std::thread::scope", "windrow", "run::tests"),
    ("what must not be published is", f"{LIB}/run/outcome.rs", "return Err(failure.clone());", "let _ = failure;", "windrow", "run::tests"),
    ("a refusal is told once", f"{LIB}/run/outcome.rs", "_ => reconciled.refused.as_deref()?,", "_ => reconciled.refused.as_deref().filter(|_| reconciled.became != Became::Same)?,", "windrow", "ledger"),
    ("a run that halts tells no rows", f"{LIB}/run/incremental/mod.rs", "            halted(&done);\n", "", "windrow-cli", "summary"),
    # name, file, what is there, what it becomes, package, integration test
    ("contributions of one name", f"{LIB}/run/incremental/intake.rs", "format!(\"{}-{:06}\", self.run,", "format!(\"{}-{:06}\", \"\",", "windrow", "ledger"),
    ("an append writes all of a file again", f"{LIB}/ledger/named.rs", "const FIRST_LEVEL: u32 = 2;", "const FIRST_LEVEL: u32 = 0;", "windrow", "ledger"),
    ("a ledger is migrated without its columns", f"{LIB}/ledger/mod.rs", "schema: self.table.columns_for(&files::schema()),", "", "windrow-cli", "cli"),
    ("contributions are migrated without their columns", f"{LIB}/ledger/tables.rs", "schema: table.columns_for(&kept.schema()),\n            operation", "operation", "windrow-cli", "cli"),
    ("what is in the folder counts", f"{LIB}/ledger/contributions.rs", "times = self.wanted.times(last);", "times = self.wanted.times(last).max(1);", "windrow", "ledger"),
    ("taken is done, for a run", f"{LIB}/delta/commit.rs", "if let Ok(Put::Done) = put {", "if put.is_ok() {", "windrow", "ledger"),
    ("only what was just committed is published", f"{LIB}/run/incremental/mod.rs", "for spec in &job.reports {\n        done.published.push", "for spec in job.reports.iter().filter(|_| before != Some(ledger.version())) {\n        done.published.push", "windrow", "ledger"),
    ("what may have come in is added again", f"{LIB}/ledger/tables.rs", "if table.has_had(first.path())? {", "if table.has_had(first.path())? && false {", "windrow", "ledger"),
    ("publishing leaves no mark", f"{LIB}/publish/delta/replace.rs", "ledger_version as i64)).into_iter().collect(),", "ledger_version as i64)).into_iter().take(0).collect(),", "windrow", "ledger"),
    ("the last version is told again", f"{LIB}/ledger/changes.rs", 'txns: vec![(format!("{TOLD}{id}"), version as i64)],', 'txns: vec![(format!("{TOLD}{id}"), version as i64 - 1)],', "windrow", "ledger"),
    ("changes of a run that died are lost", f"{LIB}/run/incremental/changes.rs", "for version in from + 1..=version {", "for version in version..=version {", "windrow", "ledger"),
    ("a first run goes on from another's ledger", f"{LIB}/ledger/mod.rs", "        table.check_version(0)?;\n", "", "windrow", "ledger"),
    ("labels of another zone stay", f"{LIB}/publish/delta/replace.rs", "old.label() == new.label\n                        && ", "", "windrow", "ledger"),
    ("windows of another length stay", f"{LIB}/publish/delta/replace.rs", "old.window() == new.window\n", "old.window().start_us == new.window.start_us\n", "windrow", "ledger"),
    ("lost rejects are old", f"{LIB}/ledger/lost.rs", "let Some(before_ms) = self.dropped_before_ms else { return false };", "let Some(before_ms) = self.dropped_before_ms else { return true };", "windrow", "ledger"),
    ("folded rejects are never old", f"{LIB}/ledger/lost.rs", "is_folded(part) || is_old(part)", "is_old(part)", "windrow", "ledger"),
    ("what is dropped for its age is not kept", f"{LIB}/ledger/lost.rs", "(table.txn(DROPPED_BEFORE) < Some(before_ms))", "(table.txn(DROPPED_BEFORE) > Some(before_ms))", "windrow", "ledger"),
    ("broken inputs are read each time", f"{LIB}/run/incremental/halt.rs", "if asked.again.is_some() || self.of != fingerprint(job, plan, ledger, asked) {", "if true {", "windrow-cli", "no_answer"),
    ("what was wrong stays wrong", f"{LIB}/run/incremental/halt.rs", "if asked.again.is_some() || self.of != fingerprint(job, plan, ledger, asked) {", "if asked.again.is_some() {", "windrow-cli", "no_answer"),
    ("a note outlives the rules it is of", f"{LIB}/run/incremental/halt.rs", "[job.count_fingerprint(), job.refusal_fingerprint()]", "[job.name.clone(), job.refusal_fingerprint()]", "windrow", "halt"),
    ("runs without an answer leave data files", f"{LIB}/run/incremental/mod.rs", "        taken.discard();\n        // Without its note", "        taken.keep(&done.run).ok();\n        // Without its note", "windrow-cli", "no_answer"),
    ("the last events leave an empty answer", f"{LIB}/run/incremental/halt.rs", "(rejected > 0 && filtered == 0).then(", "(rejected > 0 && filtered == 1).then(", "windrow-cli", "no_answer"),
    ("rejects stay that a run has read and not named", f"{LIB}/run/incremental/mod.rs", "left.extend(read.values()", "left.extend(read.values().take(0)", "windrow", "ledger"),
    ("reports of one file are added up", f"{LIB}/compare/result/report.rs", "if of != \"report\" ||", "if of == \"report\" ||", "windrow-cli", "compare"),
    ("another report is compared", f"{LIB}/compare/result/report.rs", "(Some(wanted), _) if wanted != report => return Ok(Go::On),", "", "windrow-cli", "compare"),
    ("other rules are changes of files", f"{LIB}/run/incremental/causes.rs", "(false, false) if is_same => ", "(false, false) if !is_same => ", "windrow-cli", "lost"),
    ("rejects of other runs are dropped", f"{LIB}/run/incremental/mod.rs", "left.difference(&ledger.readings()).cloned().collect()", "left.difference(&HashSet::new()).cloned().collect()", "windrow", "ledger"),
    ("all again keeps what is gone", f"{LIB}/run/incremental/mod.rs", "row.contribution.is_some() && !listed.contains(&*row.file)", "row.contribution.is_some() && &*row.state == \"gone\"", "windrow", "ledger"),
    ("all again mixes old and new counts", f"{LIB}/run/incremental/halt.rs", "unread.filter(|_| asked.again == Some(Again::All))?", "unread.filter(|_| false)?", "windrow", "ledger"),
    ("a refusal outlives its rules", f"{LIB}/run/incremental/mod.rs", "!counting.is_served_by(&row.counted_by, row.first_us()) {\n        seen.refusal", "false {\n        seen.refusal", "windrow", "ledger"),
    ("a new ledger passes for the old one", f"{LIB}/publish/delta/mod.rs", "self.table.txn(&format!(\"{LEDGER}{id}\"))", "self.table.txn(&format!(\"{LEDGER}{}\", &id[..0]))", "windrow", "ledger"),
    ("parts of two backups are believed", f"{LIB}/run/incremental/mod.rs", "        check_moment(job, store, ledger)?;\n", "        let _ = (job, store, ledger);\n", "windrow", "ledger"),
    ("who writes a row has read the file", f"{LIB}/run/incremental/rows.rs", "and_then(|reading| read_by.get(reading))", "and_then(|_| read_by.get(\"\"))", "windrow", "ledger"),
    ("growing files are hashed to their end", f"{LIB}/run/incremental/hashing.rs", "hashes_of(file, wanted.counted_bytes,", "hashes_of(file, file.version.size_bytes,", "windrow", "ledger"),
    ("a failed commit empties the ledger", f"{LIB}/ledger/mod.rs", "self.table.commit(Commit {", "let emptied = std::mem::take(&mut self.files);\n        self.files = Vec::new();\n        let _ = emptied;\n        self.table.commit(Commit {", "windrow", "ledger"),
    ("a report keeps rows of damaged contributions", f"{LIB}/ledger/sums.rs", ".filter(|known| known.has_contributions_of(ledger))", "", "windrow", "ledger"),
    ("a number names files that changed others", f"{LIB}/run/incremental/causes.rs", "range((key, span_us.start)..(key, span_us.end))", "range((0, span_us.start)..(u32::MAX, span_us.end))", "windrow-cli", "cli"),
    ("a number names files that did not change it", f"{LIB}/run/incremental/causes.rs", "is_measure || *by != 0", "is_measure || *by != i64::MIN", "windrow-cli", "cli"),
    ("a data file of a Delta table is read by itself", f"{LIB}/source/table.rs", "true => self.table(path.parent()?),", "true => None,", "windrow-cli", "data_files_of_a_table"),
    ("a checkpoint counts without all of its parts", f"{LIB}/delta/foreign/log.rs", "names.len() == (*of).max(1)", "names.len() <= (*of).max(1)", "windrow", "foreign"),
    ("a time in the path is a column of Parquet", f"{LIB}/format/parquet/row.rs", "usize::from(self.time.is_some()) + usize::from(self.beside.is_some())", "1 + usize::from(self.beside.is_some())", "windrow-cli", "cases"),
    ("a time of day stands before its date", f"{LIB}/event/mod.rs", '[time.trim_ascii(), b" ", beside.trim_ascii()]', '[beside.trim_ascii(), b" ", time.trim_ascii()]', "windrow-cli", "cases"),
    ("the second member of a time is a key", f"{LIB}/format/json/decoder.rs", "for path in self.objects.keys.clone() {", "for path in TIME + 1..self.objects.keys.end {", "windrow-cli", "cases"),
    ("a path has half of a time", f"{LIB}/job/path_values.rs", "self.time.columns().filter_map(|name| columns.get(name))", "columns.get(&self.time.column).into_iter()", "windrow-cli", "cases"),
]


def copy_sources():
    CACHE.mkdir(parents=True, exist_ok=True)
    copy = CACHE / "checkout"
    shutil.rmtree(copy, ignore_errors=True)
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout
    for name in filter(None, listed.decode().split("\0")):
        if (ROOT / name).is_file():
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, copy / name)
    return copy


def is_there(folder, bug):
    name, file, there, *_ = bug
    path = folder / file
    times = path.read_text().count(there) if path.is_file() else 0
    if times != 1:
        print(f"{name}: its text is {times} times in {file}")
    return times == 1


def tests_of(bug):
    """Which tests a bug is shown to: a target, or those of its modules that have the name."""
    *_, package, tests = bug
    targets = ROOT / "crates" / package / "tests"
    is_target = (targets / f"{tests}.rs").exists() or (targets / tests / "main.rs").exists()
    if is_target and (bug in LEDGER_BUGS or package == "windrow-cli"):
        return ["--test", tests]
    return ["--lib", *(["--test", "cli"] if package == "windrow-cli" else []), "--", tests]


def is_caught(copy, bug):
    name, file, there, becomes, package, tests = bug
    path = copy / file
    if not is_there(copy, bug):
        return False
    text = path.read_text()
    path.write_text(text.replace(there, becomes))
    try:
        where = tests_of(bug)
        features = [part for path, name in FEATURES.items() if path in file for part in ("--features", name)]
        command = ["cargo", "test", "--quiet", "--package", package, *features, *where]
        environment = {**os.environ, "CARGO_TARGET_DIR": str(CACHE / "target"), "PROPTEST_FAILURE_PERSISTENCE": "off"}
        environment.setdefault("WINDROW_SEEDS", "40")
        # The compiler of Spark's protocol, where ./test has put it.
        environment.setdefault("PROTOC", str(CACHE.parent / "spark-venv" / "bin" / "protoc"))
        done = subprocess.run(command, cwd=copy, env=environment, capture_output=True, text=True, check=False, timeout=900)
    finally:
        path.write_text(text)
    if "error: could not compile" in done.stderr:
        print(f"{name}: does not compile\n{done.stderr}")
        return False
    if done.returncode == 0:
        print(f"{name}: no test fails")
        return False
    if "test result: FAILED" not in done.stdout:
        print(f"{name}: the tests did not run\n{done.stderr}")
        return False
    failing = [line.split("test ")[-1].strip() for line in done.stdout.splitlines() if line.startswith("    ") and "::" in line]
    print(f"{name}: caught by {', '.join(sorted(set(failing))) or 'a test'}")
    return True


def main():
    wanted = sys.argv[1:]
    if wanted == ["--check"]:
        missing = [bug for bug in BUGS + LEDGER_BUGS if not is_there(ROOT, bug)]
        return 1 if missing else 0
    copy = copy_sources()
    bugs = [bug for bug in BUGS + LEDGER_BUGS if not wanted or any(part in bug[0] for part in wanted)]
    results = [is_caught(copy, bug) for bug in bugs]
    print(f"planted: {sum(results)} passed, {len(results) - sum(results)} failed")
    return 0 if bugs and all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
