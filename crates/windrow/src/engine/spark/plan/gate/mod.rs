//! The gate for JSON: a regular expression that matches lines which surely are objects, and gives the values that a job wants of them.
//!
//! The gate may refuse any line, as windrow then reads it. It must match only what the automaton of `windrow-scan` reads as an object,
//! and give the same values. So it matches a line from its first character to its last:
//!
//! - Strings have no control characters, only whole escapes, and no half of a surrogate pair. Java reads bytes that are not UTF-8 as
//!   U+FFFD, so no string and no name has this character either: a line that matches is UTF-8.
//! - An object that wanted paths go through has each of their names at most once. All names in it are without escapes, so that none of
//!   them is a wanted name in disguise. Its members may have any order.
//! - A wanted value is a string without escapes, a number or a word.
//! - Other values may be objects and arrays that are nested a few times.
//!
//! Most lines of a log are written alike, so a [shorter](template) gate is tried first, made of what the first lines show.
//!
//! Java never tries less than a possessive quantifier (`*+`) has matched. So a line takes no longer than its length allows, and no more
//! stack than the gate is nested.

mod template;

use windrow_scan::json::{PathStep, steps};

/// A regular expression for Java, and the text that stands for a line that it matches: [`MARK`] before each wanted value, in the order of
/// the paths. A null is an empty text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::engine::spark) struct Gate {
    pub(super) pattern: String,
    pub(super) found: String,
}

/// A character that stands in no string of JSON, as only its escape may.
pub(super) const MARK: &str = "\u{1}";

/// The character after [`MARK`]. Texts that begin with the mark are less, and objects are greater.
pub(super) const AFTER_MARK: &str = "\u{2}";

/// What Java has in place of bytes that are not UTF-8.
const REPLACEMENT: char = '\u{fffd}';

/// How deep values may be nested that no path leads to.
const NESTED_MAX: usize = 2;

/// White space within a line.
const WHITE: &str = r"[ \t\r]*";
const NUMBER: &str = r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?";
const ESCAPE: &str = concat!(
    r#"\\(?:["\\/bfnrt]|u(?:(?![dD][89a-fA-F])[0-9a-fA-F]{4}"#,
    r"|[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}))"
);

/// The members of an object that paths lead to or go through.
#[derive(Debug, Default)]
struct GateObject(Vec<GateMember>);

#[derive(Debug)]
struct GateMember {
    /// The name, as a regular expression with the quote after it.
    name: String,
    /// The number of the path that ends here.
    wanted: Option<usize>,
    within: GateObject,
}

impl Gate {
    /// The gate for these paths.
    ///
    /// # Errors
    /// Why there is none.
    pub(in crate::engine::spark) fn new(paths: &[String]) -> Result<Gate, &'static str> {
        if paths.is_empty() {
            return Err("no value of a row is wanted");
        }
        let object = GateObject::of(paths)?.pattern(&mut 0);
        let values = (0..paths.len()).map(|number| format!("${{s{number}}}${{n{number}}}"));
        Ok(Gate { pattern: format!(r"\A{WHITE}{object}{WHITE}\z"), found: Gate::found(values) })
    }

    /// What stands for a line with these values.
    fn found(values: impl Iterator<Item = String>) -> String {
        values.map(|value| format!("{MARK}{value}")).collect()
    }
}

#[cfg(test)]
impl Gate {
    pub(in crate::engine::spark) fn into_parts(self) -> (String, String) {
        (self.pattern, self.found)
    }
}

impl GateObject {
    /// The members that these paths lead to.
    fn of(paths: &[String]) -> Result<GateObject, &'static str> {
        let mut members = GateObject::default();
        for (number, path) in paths.iter().enumerate() {
            members.add(number, &steps(path).map_err(|_| "a name is not a path")?)?;
        }
        Ok(members)
    }

    fn add(&mut self, number: usize, steps: &[PathStep]) -> Result<(), &'static str> {
        let Some((step, rest)) = steps.split_first() else { return Ok(()) };
        let PathStep::Member(name) = step else { return Err("a path leads to an element of an array") };
        let name = pattern_of(name).ok_or("a name has characters that are escaped in JSON")?;
        let at = self.0.iter().position(|member| member.name == name).unwrap_or_else(|| {
            self.0.push(GateMember { name, wanted: None, within: GateObject::default() });
            self.0.len() - 1
        });
        let member = &mut self.0[at];
        if rest.is_empty() {
            member.wanted = Some(number);
        }
        member.within.add(number, rest)?;
        match member.wanted.is_some() && !member.within.0.is_empty() {
            true => Err("a path goes on behind a value that is wanted itself"),
            false => Ok(()),
        }
    }

    /// An object with these members. `groups` counts the members of all objects.
    ///
    /// First come other members, then each wanted one with the other members after it. Behind these, before the next wanted one, a name
    /// that was there is refused: its group is empty, and matches anywhere once it is set.
    fn pattern(&self, groups: &mut usize) -> String {
        let names: Vec<&str> = self.0.iter().map(|member| member.name.as_str()).collect();
        let other = format!(r#""(?!{}){}"{WHITE}:{WHITE}{}"#, names.join("|"), plain(), any(NESTED_MAX));
        let (mut members, mut repeated) = (Vec::new(), String::new());
        for member in &self.0 {
            let group = format!("d{groups}");
            *groups += 1;
            members.push(format!(r#""{}(?<{group}>){WHITE}:{WHITE}{}"#, member.name, member.value(groups)));
            repeated += &format!(r#"(?!\k<{group}>"{})"#, member.name);
        }
        let others = format!("(?:,{WHITE}{other}{WHITE})*+");
        let next = format!(r#"(?:,{WHITE}(?="){repeated}|(?=\}}))"#);
        format!(
            r#"\{{{WHITE}(?:{other}{WHITE}(?:,{WHITE}(?=")|(?=\}})))*+(?:(?:{}){WHITE}{others}{next})*+\}}"#,
            members.join("|")
        )
    }
}

impl GateMember {
    fn value(&self, groups: &mut usize) -> String {
        match self.wanted {
            Some(number) => {
                format!(r#"(?:"(?<s{number}>{})"|(?<n{number}>{NUMBER}|true|false)|null)"#, plain())
            }
            // What is not an object has no members.
            None => {
                format!("(?:{}|{}|{})", self.within.pattern(groups), scalar(), array(&any(NESTED_MAX - 1)))
            }
        }
    }
}

/// A name as a regular expression, with the quote after it. `None` if JSON may not write it as it is, or if bytes that are not UTF-8 read
/// like it.
fn pattern_of(name: &[u8]) -> Option<String> {
    let name = str::from_utf8(name).ok()?;
    let mut pattern = String::with_capacity(name.len() + 1);
    for c in name.chars() {
        match c {
            '\0'..='\u{1f}' | '"' | '\\' | REPLACEMENT => return None,
            '$' | '(' | ')' | '*' | '+' | '.' | '?' | '[' | ']' | '^' | '{' | '|' | '}' => {
                pattern.extend(['\\', c]);
            }
            c => pattern.push(c),
        }
    }
    Some(pattern + "\"")
}

/// Characters of a string, without escapes. Java looks up characters that are named one by one, and is slower with a range. They stand for
/// themselves, since Spark compares the whole pattern with the last one for each line.
fn plain() -> String {
    let control: String = ('\0'..'\u{20}').collect();
    format!(r#"[^"\\{control}{REPLACEMENT}]*"#)
}

/// The ASCII characters of a string, without escapes, each of which is named.
fn ascii() -> String {
    let named = (' '..='~').filter(|c| !matches!(c, '"' | '\\'));
    let named = named.map(|c| match c {
        '&' | '-' | '[' | ']' | '^' | '~' => format!("\\{c}"),
        c => c.to_string(),
    });
    format!("[{}]*", named.collect::<String>())
}

/// A string of the characters `plain`, with escapes.
fn string(plain: &str) -> String {
    format!(r#""{plain}(?:{ESCAPE}{plain})*+""#)
}

fn scalar() -> String {
    format!("{}|{NUMBER}|true|false|null", string(&plain()))
}

/// Any value that is nested at most so often.
fn any(nested: usize) -> String {
    match nested.checked_sub(1) {
        None => format!("(?:{})", scalar()),
        Some(within) => {
            let value = any(within);
            let member = format!("{}{WHITE}:{WHITE}{value}{WHITE}", string(&plain()));
            format!(
                r#"(?:{}|\{{{WHITE}(?:{member}(?:,{WHITE}(?=")|(?=\}})))*+\}}|{})"#,
                scalar(),
                array(&value)
            )
        }
    }
}

fn array(value: &str) -> String {
    format!(r"\[{WHITE}(?:{value}{WHITE}(?:,{WHITE}(?!\])|(?=\])))*+\]")
}
