//! Lines of a web server's log in the combined format.

use windrow::{Error, Result};

use super::columns::{AGENTS, KeyValues, PLACES, REFERRERS, STATUSES, unquoted};
use super::dice::Dice;
use super::recipe::Recipe;
use super::stamp::{StampWriter, write_integer};

/// The keys that are columns of their own; any other stands in the query of the path.
const COLUMNS: [&str; 8] = ["host", "user", "method", "path", "status", "bytes", "referer", "user_agent"];

/// Writes lines: which keys stand where.
pub(super) struct AccessWriter {
    /// For each of [`COLUMNS`]: the number of the key that it is, if it is one.
    columns: [Option<usize>; COLUMNS.len()],
    /// The keys that are none.
    query: Vec<(String, usize)>,
    /// What each key is in this line.
    values: Vec<Vec<u8>>,
}

impl AccessWriter {
    pub(super) fn new(recipe: &Recipe) -> Self {
        let at = |column: &str| recipe.keys.iter().position(|key| key.name == column);
        let keys = recipe.keys.iter().map(|key| key.name.clone()).zip(0..);
        AccessWriter {
            columns: COLUMNS.map(at),
            query: keys.filter(|(name, _)| !COLUMNS.contains(&name.as_str())).collect(),
            values: vec![Vec::new(); recipe.keys.len()],
        }
    }

    /// One line, without its end. Keys are drawn in their order, as for a row of CSV.
    pub(super) fn write(
        &mut self,
        (time_us, stamp): (i64, &mut StampWriter),
        drawn: impl Iterator<Item = Vec<u8>>,
        dice: &mut Dice,
        out: &mut Vec<u8>,
    ) {
        self.values.iter_mut().zip(drawn).for_each(|(value, drawn)| *value = drawn);
        let [host, user, method, path, status, bytes, referer, agent] =
            self.columns.map(|key| key.and_then(|key| self.values.get(key)));
        let put = |out: &mut Vec<u8>, key: Option<&Vec<u8>>, other: &[u8]| {
            out.extend_from_slice(key.map_or(other, Vec::as_slice));
        };
        let address = format!("10.{}.{}.{}", dice.below(8), dice.below(256), dice.below(256));
        put(out, host, address.as_bytes());
        out.extend_from_slice(b" - ");
        put(out, user, b"-");
        out.extend_from_slice(b" [");
        stamp.write(time_us, out);
        out.extend_from_slice(b"] \"");
        put(out, method, if dice.below(8) == 0 { b"POST" } else { b"GET" });
        let place = format!(" /{}/{}", dice.pick(&PLACES), dice.below(10_000));
        match path {
            Some(path) => {
                out.push(b' ');
                out.extend_from_slice(path);
            }
            None => out.extend_from_slice(place.as_bytes()),
        }
        for (number, (name, key)) in self.query.iter().enumerate() {
            out.push(if number == 0 { b'?' } else { b'&' });
            out.extend_from_slice(name.as_bytes());
            out.push(b'=');
            out.extend_from_slice(&self.values[*key]);
        }
        out.extend_from_slice(b" HTTP/1.1\" ");
        put(out, status, dice.pick(&STATUSES).as_bytes());
        out.push(b' ');
        let length = dice.below(300) * dice.below(300);
        match bytes {
            Some(bytes) => out.extend_from_slice(bytes),
            None => write_integer(length as i64, out),
        }
        out.extend_from_slice(b" \"");
        let from = dice.pick(&REFERRERS).as_bytes();
        put(out, referer, if from.is_empty() { b"-" } else { from });
        out.extend_from_slice(b"\" \"");
        put(out, agent, &unquoted(dice.pick(&AGENTS).as_bytes()));
        out.push(b'"');
    }
}

/// Refuses what a combined log cannot hold.
pub(super) fn check(recipe: &Recipe) -> Result<()> {
    if recipe.extra_columns > 0 {
        return Err(
            Error::usage("a combined log has columns of its own").with_help("leave out the extra columns")
        );
    }
    for key in &recipe.keys {
        let is_plain =
            |text: &str| text.bytes().all(|byte| byte.is_ascii_graphic() && !b"\"\\[]".contains(&byte));
        let in_query = !COLUMNS.contains(&key.name.as_str());
        let fits = |value: &str| match key.name.as_str() {
            "status" => value.len() == 3 && value.bytes().all(|byte| byte.is_ascii_digit()),
            "bytes" => !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()),
            _ => !value.is_empty() && is_plain(value) && !(in_query && value.contains(['&', '#'])),
        };
        if !is_plain(&key.name) || key.name.contains(['&', '=', '#']) {
            return Err(Error::usage(format!("a request cannot hold the key `{}`", key.name))
                .with_help("name it by letters, digits and underscores"));
        }
        if let Some((value, _)) = key.values.iter().find(|(value, _)| !fits(value)) {
            return Err(Error::usage(format!("a combined log cannot hold {} = `{value}`", key.name))
                .with_help(
                    "status is three digits, bytes are digits, other values have neither spaces nor quotes",
                ));
        }
    }
    Ok(())
}

impl KeyValues {
    /// A value, as it stands in the lines of a log.
    pub(super) fn drawn(&self, dice: &mut Dice) -> Vec<u8> {
        unquoted(self.draw(dice))
    }
}
