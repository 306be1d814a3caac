//! Members: all scalars of an object, for a first look at it.

use super::PathFault;
use super::object::{JsonValue, MemberVisitor, walk};
use super::path::path_of_member;
use super::text::unescape;

/// The scalars of the object that begins at `from`, where there is a brace, with their paths, in its order; arrays are left
/// out. Also returns where the object ends.
///
/// # Errors
/// The fault of the object.
pub fn members(bytes: &[u8], from: usize) -> Result<(Vec<(String, String)>, usize), PathFault> {
    let mut take = Members { bytes, found: Vec::new(), entered: vec![Some(String::new())], next: None };
    let end = walk(bytes, from, &mut take, &mut Vec::new())?;
    Ok((take.found, end))
}

struct Members<'a> {
    bytes: &'a [u8],
    found: Vec<(String, String)>,
    /// The paths of the objects that are entered; `None` inside an array.
    entered: Vec<Option<String>>,
    next: Option<String>,
}

impl MemberVisitor for Members<'_> {
    fn member(&mut self, name: &[u8], _: bool) -> Result<(), PathFault> {
        let name = String::from_utf8_lossy(&unescape(name)).into_owned();
        self.next = self.entered.last().and_then(Option::as_ref).map(|within| path_of_member(within, &name));
        Ok(())
    }

    fn element(&mut self, _: u64) -> Result<(), PathFault> {
        self.next = None;
        Ok(())
    }

    fn value(&mut self, value: JsonValue) {
        let next = self.next.take();
        let text = match value {
            JsonValue::Nested => return self.entered.push(next),
            JsonValue::Null => String::new(),
            JsonValue::Plain { start, end } | JsonValue::Escaped { start, end } => {
                let text = &self.bytes[start as usize..end as usize];
                let text =
                    if matches!(value, JsonValue::Escaped { .. }) { unescape(text) } else { text.to_vec() };
                String::from_utf8_lossy(&text).into_owned()
            }
        };
        self.found.extend(next.map(|path| (path, text)));
    }

    fn leave(&mut self) {
        self.entered.pop();
    }
}
