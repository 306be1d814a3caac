//! Members: all that is in an object, for a first look at it.

use super::PathFault;
use super::object::{JsonValue, MemberVisitor, walk};
use super::path::path_of_member;
use super::text::{is_white, unescape};

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

/// A list of objects within the first object of a file, outside other lists.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ObjectList {
    /// The names of the members that lead to it.
    pub names: Vec<String>,
    /// Whether nothing stands before it.
    pub comes_first: bool,
    values: usize,
}

/// The list of objects that holds most of the object that `bytes` begin with; they may end within it.
pub fn list_of_objects(bytes: &[u8]) -> Option<ObjectList> {
    let top = bytes.iter().position(|byte| !is_white(*byte)).filter(|at| bytes[*at] == b'{')?;
    let mut lists = Lists { entered: vec![ListPlace::Object(Vec::new())], ..Lists::default() };
    // Where it is cut or wrong, what stands before is seen.
    let _ = walk(bytes, top, &mut lists, &mut Vec::new());
    // Of two that are alike, the first.
    lists.found.into_iter().rev().max_by_key(|list| list.values)
}

/// Looks for lists of objects.
#[derive(Default)]
struct Lists {
    found: Vec<ObjectList>,
    entered: Vec<ListPlace>,
    /// How many objects and arrays are around the last one found, while it is entered.
    around: Option<usize>,
    /// The names that lead to the next value, if it may be or begin a list.
    next: Option<Vec<String>>,
    /// Values seen outside of lists.
    before: usize,
}

/// An object or an array that is entered.
enum ListPlace {
    /// An object, with the names that lead to it.
    Object(Vec<String>),
    /// An object or an array, which what is in it tells.
    Either(Vec<String>),
    /// The first element of a list, which is an object or an array.
    First(Vec<String>),
    /// Within a list.
    Inner,
}

impl MemberVisitor for Lists {
    fn member(&mut self, name: &[u8], _: bool) -> Result<(), PathFault> {
        let Some(last) = self.entered.last_mut() else { return Ok(()) };
        match std::mem::replace(last, ListPlace::Inner) {
            ListPlace::Object(names) | ListPlace::Either(names) => {
                let name = String::from_utf8_lossy(&unescape(name)).into_owned();
                self.next = Some([names.as_slice(), &[name]].concat());
                *last = ListPlace::Object(names);
            }
            ListPlace::First(names) => {
                self.around = self.entered.len().checked_sub(2);
                self.found.push(ObjectList { names, comes_first: self.before == 0, values: 0 });
            }
            ListPlace::Inner => {}
        }
        Ok(())
    }

    fn element(&mut self, number: u64) -> Result<(), PathFault> {
        let Some(last) = self.entered.last_mut() else { return Ok(()) };
        if let ListPlace::Either(names) = std::mem::replace(last, ListPlace::Inner) {
            self.next = Some(names).filter(|_| number == 0);
        }
        Ok(())
    }

    fn value(&mut self, value: JsonValue) {
        let next = self.next.take();
        match (self.around, self.found.last_mut()) {
            (Some(_), Some(list)) => list.values += 1,
            _ => self.before += usize::from(value != JsonValue::Nested),
        }
        if value == JsonValue::Nested {
            let is_first = matches!(self.entered.last(), Some(ListPlace::Inner));
            self.entered.push(match next {
                Some(names) if is_first => ListPlace::First(names),
                Some(names) => ListPlace::Either(names),
                None => ListPlace::Inner,
            });
        }
    }

    fn leave(&mut self) {
        // A list of empty objects is one too.
        if let Some(ListPlace::First(names)) = self.entered.pop() {
            self.found.push(ObjectList { names, comes_first: self.before == 0, values: 0 });
            self.around = self.entered.len().checked_sub(1);
        }
        self.around = self.around.filter(|around| *around < self.entered.len());
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_around_the_rows_is_found_wherever_it_stands() {
        for (text, names, comes_first) in [
            (r#"{"Records":[{"a":1},{"a":2}]}"#, "Records", true),
            (r#" { "count" : 2, "records" : [ {"a":1} ] }"#, "records", false),
            (r#"{"meta":{"next":null,"tags":["a"]},"data":{"items":[{"a":1},{"a""#, "data/items", false),
            (r#"{"data":{"items":[{"a":[1,{"b":1}]}]}}"#, "data/items", true),
            (
                r#"{"errors":[{"a":1}],"tags":["a","b","c","d"],"a b":[{"a":1,"b":2},{"a":1}],"n":1}"#,
                "a b",
                false,
            ),
            (r#"{"one":[{"a":1}],"two":[{"a":1}]}"#, "one", true),
            (r#"{"a b":[{}],"at":1}"#, "a b", true),
            (r#"{"one":[],"two":[{"#, "", false),
            (r#"{"one":[[{"a":1}]],"two":{"a":1},"three":[1,{"a":1}]}"#, "", false),
            (r#"[{"a":[{"b":1}]}]"#, "", false),
            ("", "", false),
        ] {
            let found = list_of_objects(text.as_bytes());
            let found = found.map(|list| (list.names.join("/"), list.comes_first)).unwrap_or_default();
            assert_eq!(found, (names.to_owned(), comes_first), "{text}");
        }
    }
}
