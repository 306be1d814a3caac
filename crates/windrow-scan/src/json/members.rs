//! Members: all that is in an object, for a first look at it.

use super::PathFault;
use super::object::{JsonValue, MemberVisitor, walk};
use super::path::path_of_member;
use super::text::unescape;

/// What is at a path in an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// The path.
    pub path: String,
    /// The text of a scalar; `None`: an object or an array.
    pub text: Option<String>,
}

/// The scalars outside arrays of the object that begins at `from`, where there is a brace, and what else has a path that
/// `is_named`, in its order. Also returns where the object ends.
///
/// # Errors
/// The fault of the object.
pub fn members(
    bytes: &[u8],
    from: usize,
    is_named: &dyn Fn(&str) -> bool,
) -> Result<(Vec<Member>, usize), PathFault> {
    let top = MemberPlace { path: String::new(), in_array: false };
    let mut take = Members { bytes, found: Vec::new(), entered: vec![top], next: None, is_named };
    let end = walk(bytes, from, &mut take, &mut Vec::new())?;
    Ok((take.found, end))
}

struct Members<'a> {
    bytes: &'a [u8],
    found: Vec<Member>,
    /// The objects and arrays that are entered.
    entered: Vec<MemberPlace>,
    next: Option<MemberPlace>,
    is_named: &'a dyn Fn(&str) -> bool,
}

#[derive(Clone, Default)]
struct MemberPlace {
    path: String,
    in_array: bool,
}

impl MemberVisitor for Members<'_> {
    fn member(&mut self, name: &[u8], _: bool) -> Result<(), PathFault> {
        let name = String::from_utf8_lossy(&unescape(name)).into_owned();
        self.next = self.entered.last().map(|within| MemberPlace {
            path: path_of_member(&within.path, &name),
            in_array: within.in_array,
        });
        Ok(())
    }

    fn element(&mut self, number: u64) -> Result<(), PathFault> {
        self.next = self
            .entered
            .last()
            .map(|within| MemberPlace { path: format!("{}[{number}]", within.path), in_array: true });
        Ok(())
    }

    fn value(&mut self, value: JsonValue) {
        let next = self.next.take();
        let text = match value {
            JsonValue::Nested => {
                let place = next.unwrap_or_default();
                if (self.is_named)(&place.path) {
                    self.found.push(Member { path: place.path.clone(), text: None });
                }
                return self.entered.push(place);
            }
            JsonValue::Null => String::new(),
            JsonValue::Plain { start, end } | JsonValue::Escaped { start, end } => {
                let text = &self.bytes[start as usize..end as usize];
                let text =
                    if matches!(value, JsonValue::Escaped { .. }) { unescape(text) } else { text.to_vec() };
                String::from_utf8_lossy(&text).into_owned()
            }
        };
        let next = next.filter(|place| !place.in_array || (self.is_named)(&place.path));
        self.found.extend(next.map(|place| Member { path: place.path, text: Some(text) }));
    }

    fn leave(&mut self) {
        self.entered.pop();
    }
}
