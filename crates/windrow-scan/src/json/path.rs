//! Paths: which members of an object are wanted, as a tree of names.
//!
//! `user` is a member of the object, `payload.user.id` a member of a nested object, `tags[0]` the first element of an
//! array. A name with a dot, a bracket or a quote in it is written in quotes, as in JSON: `"log.level"`.

use std::fmt;

use super::text::{string, unescape};

/// The members that are wanted, numbered in the order they were given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Paths {
    pub(super) nodes: Vec<PathNode>,
    len: usize,
}

/// A place in an object that a wanted path leads to or goes through.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct PathNode {
    /// Members, by name.
    pub(super) members: Vec<(Box<[u8]>, NodeId)>,
    /// The bits of the first bytes of their names: most other names begin with another byte.
    beginnings: u64,
    /// Elements of an array, by their number.
    pub(super) elements: Vec<(u64, NodeId)>,
    /// The number of the path that ends here.
    pub(super) wanted: Option<usize>,
}

/// The number of a node; the object itself is [`ROOT`].
pub(super) type NodeId = u32;

pub(super) const ROOT: NodeId = 0;

/// Why a text is not a path.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PathError {
    /// The path, or a name in it, is empty.
    Empty(String),
    /// A quoted name is not a string of JSON.
    BadName(String),
    /// The text in brackets is not the number of an element.
    BadIndex(String),
    /// Two paths are the same.
    Twice(String),
}

impl fmt::Display for PathError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            PathError::Empty(path) => write!(f, "the path {path:?} has an empty name"),
            PathError::BadName(path) => {
                write!(f, "the path {path:?} has a quoted name that is not a JSON string")
            }
            PathError::BadIndex(path) => {
                write!(f, "the path {path:?} has brackets without the number of an element")
            }
            PathError::Twice(path) => write!(f, "the path {path:?} is named twice"),
        }
    }
}

impl std::error::Error for PathError {}

impl Paths {
    /// The paths with these texts.
    ///
    /// # Errors
    /// A text is not a path, or two are the same.
    pub fn new<'a>(texts: impl IntoIterator<Item = &'a str>) -> Result<Self, PathError> {
        let mut paths = Paths { nodes: vec![PathNode::default()], len: 0 };
        for text in texts {
            let mut at = ROOT;
            for step in steps(text)? {
                at = paths.child(at, step);
            }
            let node = &mut paths.nodes[at as usize];
            if node.wanted.is_some() {
                return Err(PathError::Twice(text.to_owned()));
            }
            node.wanted = Some(paths.len);
            paths.len += 1;
        }
        Ok(paths)
    }

    /// The number of paths.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether the list is empty.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    fn child(&mut self, of: NodeId, step: PathStep) -> NodeId {
        let next = self.nodes.len() as NodeId;
        let node = &mut self.nodes[of as usize];
        match step {
            PathStep::Member(name) => match node.members.iter().find(|(other, _)| *other == name) {
                Some((_, id)) => return *id,
                None => {
                    node.beginnings |= beginning(&name);
                    node.members.push((name, next));
                }
            },
            PathStep::Element(index) => match node.elements.iter().find(|(other, _)| *other == index) {
                Some((_, id)) => return *id,
                None => node.elements.push((index, next)),
            },
        }
        self.nodes.push(PathNode::default());
        next
    }

    /// Where the member `name` of the object at `node` leads; `name` is without escapes.
    #[inline(always)]
    pub(super) fn member(&self, node: NodeId, name: &[u8]) -> Option<NodeId> {
        let PathNode { members, beginnings, .. } = &self.nodes[node as usize];
        if beginnings & beginning(name) == 0 {
            return None;
        }
        // Most others differ in their length or at an end, which costs no call.
        let is = |other: &[u8]| other.len() == name.len() && other.last() == name.last() && other == name;
        members.iter().find(|(other, _)| is(other)).map(|(_, id)| *id)
    }

    /// Where element number `index` of the array at `node` leads.
    #[inline(always)]
    pub(super) fn element(&self, node: NodeId, index: u64) -> Option<NodeId> {
        let elements = &self.nodes[node as usize].elements;
        elements.iter().find(|(other, _)| *other == index).map(|(_, id)| *id)
    }
}

/// The bit of the first byte of a name.
#[inline(always)]
fn beginning(name: &[u8]) -> u64 {
    1 << (name.first().unwrap_or(&0) & 63)
}

/// A step of a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PathStep {
    /// To the member of this name.
    Member(Box<[u8]>),
    /// To the element with this number.
    Element(u64),
}

/// The steps of one path.
///
/// # Errors
/// The text is not a path.
pub fn steps(path: &str) -> Result<Vec<PathStep>, PathError> {
    let empty = || PathError::Empty(path.to_owned());
    let (mut steps, mut rest) = (Vec::new(), path);
    loop {
        let name_len = match rest.as_bytes().first() {
            Some(b'"') => {
                let bad = |_| PathError::BadName(path.to_owned());
                let (end, _) = string(rest.as_bytes(), 0).map_err(bad)?;
                steps.push(PathStep::Member(unescape(&rest.as_bytes()[1..end]).into()));
                end + 1
            }
            _ => {
                let end = rest.find(['.', '[']).unwrap_or(rest.len());
                if end == 0 {
                    return Err(empty());
                }
                steps.push(PathStep::Member(rest.as_bytes()[..end].into()));
                end
            }
        };
        rest = &rest[name_len..];
        while let Some(inner) = rest.strip_prefix('[') {
            let bad = || PathError::BadIndex(path.to_owned());
            let (index, behind) = inner.split_once(']').ok_or_else(bad)?;
            let is_number = !index.is_empty() && index.bytes().all(|byte| byte.is_ascii_digit());
            steps.push(PathStep::Element(index.parse().ok().filter(|_| is_number).ok_or_else(bad)?));
            rest = behind;
        }
        match rest.strip_prefix('.') {
            Some(behind) => rest = behind,
            None if rest.is_empty() => return Ok(steps),
            None => return Err(PathError::BadName(path.to_owned())),
        }
    }
}

/// The one way to write what `path` means: with quotes only around names that need them. `None`: it is not a path.
pub fn canonical(path: &str) -> Option<String> {
    let step = |within: String, step: &PathStep| match step {
        PathStep::Member(name) => path_of_member(&within, &String::from_utf8_lossy(name)),
        PathStep::Element(number) => format!("{within}[{number}]"),
    };
    Some(steps(path).ok()?.iter().fold(String::new(), step))
}

/// The path of the member `name` in the object at the path `within`, which is empty for the object itself.
pub fn path_of_member(within: &str, name: &str) -> String {
    let dot = if within.is_empty() { "" } else { "." };
    let is_bare = !name.is_empty() && !name.starts_with('"') && !name.contains(['.', '[']);
    if is_bare {
        return format!("{within}{dot}{name}");
    }
    let mut quoted = String::new();
    for c in name.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            '\0'..='\u{1F}' => quoted += &format!("\\u{:04x}", u32::from(c)),
            _ => quoted.push(c),
        }
    }
    format!("{within}{dot}\"{quoted}\"")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_a_path_is_named() {
        for (path, error) in [
            ("", PathError::Empty(String::new())),
            ("a..b", PathError::Empty("a..b".into())),
            ("a.", PathError::Empty("a.".into())),
            (".a", PathError::Empty(".a".into())),
            ("[0]", PathError::Empty("[0]".into())),
            ("a[x]", PathError::BadIndex("a[x]".into())),
            ("a[+1]", PathError::BadIndex("a[+1]".into())),
            ("a[]", PathError::BadIndex("a[]".into())),
            ("a[1", PathError::BadIndex("a[1".into())),
            ("a[0]b", PathError::BadName("a[0]b".into())),
            ("\"a", PathError::BadName("\"a".into())),
            ("\"a\"b", PathError::BadName("\"a\"b".into())),
        ] {
            assert_eq!(Paths::new([path]), Err(error), "{path}");
        }
        assert_eq!(Paths::new(["a", "\"a\""]), Err(PathError::Twice("\"a\"".into())));
        assert!(Paths::new(["a", "a.b", "a[0]", "@x", "user id", "\"\""]).is_ok());
    }

    #[test]
    fn a_name_and_its_path_are_the_same() {
        for name in
            ["a", "@timestamp", "log.level", "a[0]", "\"q\"", "", "back\\slash", "tab\t", "caf\u{e9}", "a\"b"]
        {
            let path = path_of_member("", name);
            let paths = Paths::new([path.as_str()]).unwrap();
            assert!(paths.member(ROOT, name.as_bytes()).is_some(), "{name} as {path}");
            assert_eq!(canonical(&path).as_ref(), Some(&path));
            let within = path_of_member("x", name);
            assert_eq!(within, format!("x.{path}"));
        }
    }
}
