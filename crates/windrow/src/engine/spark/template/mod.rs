//! Templates: how lines of JSON are usually written, by the first lines of files. A log writes its objects alike, with the same members in
//! the same order. Spark takes the values out of lines that fit a template by a [pattern](super::plan) that is much shorter than the
//! gate for any object. Templates save time, and never change an answer.

mod reader;

use windrow_scan::json::{NextObject, ObjectLine, ObjectValues, Paths, read_line};

use reader::TemplateReader;

/// Maximum number of templates for the files of a query.
const TEMPLATES_MAX: usize = 4;

/// Maximum number of members that are not in each of the objects at a place.
const SOMETIMES_MAX: usize = 32;

/// Maximum number of elements in an array that is written as a tuple.
const TUPLE_MAX: usize = 8;

/// The templates of some lines: each line fits one of them, or none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct LineTemplates(Vec<LineTemplate>);

/// Lines whose members have one order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct LineTemplate {
    /// Whether a space follows on each colon and on each comma. `None` if there is none to follow on.
    pub(super) space_after_colon: Option<bool>,
    pub(super) space_after_comma: Option<bool>,
    /// Whether some lines end in CR.
    pub(super) has_cr: bool,
    pub(super) object: ObjectTemplate,
}

/// The members of an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum ObjectTemplate {
    /// These, in this order.
    Ordered(Vec<MemberTemplate>),
    /// Any: their names are data.
    Open,
}

/// A member of an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct MemberTemplate {
    pub(super) name: Vec<u8>,
    /// Whether each of the objects has it.
    pub(super) is_always_there: bool,
    pub(super) value: ValueTemplate,
}

/// The kinds of values at a place.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct ValueTemplate {
    /// Strings, and whether some have escapes, or characters that are not ASCII.
    pub(super) text: bool,
    pub(super) escapes: bool,
    pub(super) wide: bool,
    pub(super) number: Option<NumberTemplate>,
    pub(super) boolean: bool,
    pub(super) null: bool,
    pub(super) object: Option<ObjectTemplate>,
    pub(super) array: Option<ArrayTemplate>,
}

/// How the numbers at a place are written: what some of them have, and whether some have no fraction.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct NumberTemplate {
    pub(super) minus: bool,
    pub(super) no_fraction: bool,
    pub(super) fraction: bool,
    pub(super) exponent: bool,
}

/// The elements of an array.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum ArrayTemplate {
    /// So many, each of its own kinds.
    Tuple(Vec<ValueTemplate>),
    /// Any number of the same kinds.
    List(Box<ValueTemplate>),
}

impl LineTemplates {
    /// The templates of the first lines of a file, `sample`; with `at_eof` the file ends with them.
    pub(super) fn of(paths: &Paths, sample: &[u8], at_eof: bool) -> LineTemplates {
        let (mut templates, mut at, mut values) = (LineTemplates::default(), 0, ObjectValues::default());
        while let NextObject::Line { what, content, whole: Some(whole) } =
            read_line(paths, &sample[at..], at_eof, &mut values)
        {
            let line = &sample[at..at + whole];
            at += whole;
            if what == ObjectLine::Object
                && let Some(mut template) = TemplateReader::read(&line[..content])
            {
                template.has_cr = line[content..].contains(&b'\r');
                templates.add(&template);
            }
        }
        templates
    }

    /// Adds a template, to the first that it is compatible with. One too many is left out.
    fn add(&mut self, other: &LineTemplate) {
        for template in &mut self.0 {
            if let Some(merged) = template.merged(other) {
                *template = merged;
                return;
            }
        }
        if self.0.len() < TEMPLATES_MAX {
            self.0.push(other.clone());
        }
    }

    /// Adds the templates of another file.
    pub(super) fn add_all(&mut self, others: &LineTemplates) {
        others.0.iter().for_each(|other| self.add(other));
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &LineTemplate> {
        self.0.iter()
    }
}

impl LineTemplate {
    /// A template for the lines of both. `None` if their members differ in their order, or their spaces.
    fn merged(&self, other: &LineTemplate) -> Option<LineTemplate> {
        let same = |one: Option<bool>, other: Option<bool>| match (one, other) {
            (Some(one), Some(other)) if one != other => None,
            _ => Some(one.or(other)),
        };
        Some(LineTemplate {
            space_after_colon: same(self.space_after_colon, other.space_after_colon)?,
            space_after_comma: same(self.space_after_comma, other.space_after_comma)?,
            has_cr: self.has_cr || other.has_cr,
            object: self.object.merged(&other.object)?,
        })
    }
}

impl Default for ObjectTemplate {
    fn default() -> Self {
        ObjectTemplate::Ordered(Vec::new())
    }
}

impl ObjectTemplate {
    /// A template for the objects of both, unless two members stand in another order. A member of one of them is not always there.
    fn merged(&self, other: &ObjectTemplate) -> Option<ObjectTemplate> {
        let (ObjectTemplate::Ordered(members), ObjectTemplate::Ordered(others)) = (self, other) else {
            return Some(ObjectTemplate::Open);
        };
        let mut members = members.clone();
        for member in &mut members {
            member.is_always_there &= others.iter().any(|other| other.name == member.name);
        }
        let mut at = 0;
        for member in others {
            match members.iter().position(|own| own.name == member.name) {
                Some(own) if own < at => return None,
                Some(own) => {
                    let into = &mut members[own];
                    into.value = into.value.merged(&member.value)?;
                    into.is_always_there &= member.is_always_there;
                    at = own + 1;
                }
                None => {
                    members.insert(at, MemberTemplate { is_always_there: false, ..member.clone() });
                    at += 1;
                }
            }
        }
        let sometimes = members.iter().filter(|member| !member.is_always_there).count();
        Some(if sometimes > SOMETIMES_MAX { ObjectTemplate::Open } else { ObjectTemplate::Ordered(members) })
    }
}

impl ValueTemplate {
    fn merged(&self, other: &ValueTemplate) -> Option<ValueTemplate> {
        Some(ValueTemplate {
            text: self.text || other.text,
            escapes: self.escapes || other.escapes,
            wide: self.wide || other.wide,
            number: both(self.number.as_ref(), other.number.as_ref(), |one, other| Some(one.merged(*other)))?,
            boolean: self.boolean || other.boolean,
            null: self.null || other.null,
            object: both(self.object.as_ref(), other.object.as_ref(), ObjectTemplate::merged)?,
            array: both(self.array.as_ref(), other.array.as_ref(), ArrayTemplate::merged)?,
        })
    }
}

/// What is there of two things, merged if both are there. `None` if they cannot be merged.
fn both<T: Clone>(
    one: Option<&T>,
    other: Option<&T>,
    merged: impl Fn(&T, &T) -> Option<T>,
) -> Option<Option<T>> {
    match (one, other) {
        (Some(one), Some(other)) => merged(one, other).map(Some),
        (one, other) => Some(one.or(other).cloned()),
    }
}

impl NumberTemplate {
    fn merged(self, other: NumberTemplate) -> NumberTemplate {
        NumberTemplate {
            minus: self.minus || other.minus,
            no_fraction: self.no_fraction || other.no_fraction,
            fraction: self.fraction || other.fraction,
            exponent: self.exponent || other.exponent,
        }
    }
}

impl ArrayTemplate {
    /// The template of an array with these elements. `None` if two objects of a list differ in their order.
    fn of(elements: Vec<ValueTemplate>) -> Option<ArrayTemplate> {
        match elements.len() <= TUPLE_MAX {
            true => Some(ArrayTemplate::Tuple(elements)),
            false => ArrayTemplate::list(&elements),
        }
    }

    fn list<'a>(elements: impl IntoIterator<Item = &'a ValueTemplate>) -> Option<ArrayTemplate> {
        let mut all = ValueTemplate::default();
        for element in elements {
            all = all.merged(element)?;
        }
        Some(ArrayTemplate::List(Box::new(all)))
    }

    fn elements(&self) -> &[ValueTemplate] {
        match self {
            ArrayTemplate::Tuple(elements) => elements,
            ArrayTemplate::List(element) => std::slice::from_ref(element),
        }
    }

    fn merged(&self, other: &ArrayTemplate) -> Option<ArrayTemplate> {
        match (self, other) {
            (ArrayTemplate::Tuple(one), ArrayTemplate::Tuple(other)) if one.len() == other.len() => {
                let elements = one.iter().zip(other).map(|(one, other)| one.merged(other));
                Some(ArrayTemplate::Tuple(elements.collect::<Option<_>>()?))
            }
            _ => ArrayTemplate::list(self.elements().iter().chain(other.elements())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(lines: &str) -> LineTemplates {
        LineTemplates::of(&Paths::new(["time"]).unwrap(), lines.as_bytes(), true)
    }

    /// The members of each template; those that are not always there with a `?`.
    fn names(templates: &LineTemplates) -> Vec<String> {
        let name = |member: &MemberTemplate| {
            let mark = if member.is_always_there { "" } else { "?" };
            format!("{}{mark}", String::from_utf8_lossy(&member.name))
        };
        let all = |template: &LineTemplate| match &template.object {
            ObjectTemplate::Ordered(members) => members.iter().map(name).collect::<Vec<_>>().join(" "),
            ObjectTemplate::Open => "open".to_owned(),
        };
        templates.iter().map(all).collect()
    }

    #[test]
    fn lines_whose_members_have_one_order_have_one_template() {
        for (lines, expected) in [
            ("{\"a\":1,\"b\":2}\n{\"a\":1,\"b\":null}\n", &["a b"][..]),
            ("{\"a\":1,\"c\":2}\n{\"b\":1,\"c\":2}\n{\"a\":1,\"d\":0}\n", &["b? a? d? c?"]),
            ("{\"a\":1,\"b\":2}\n{\"b\":1,\"a\":2}\n{\"b\":0}\n", &["a? b", "b a"]),
            ("{\"a\":1}\n{\"b\":{\"x\":1,\"y\":2}}\n{\"b\":{\"y\":1,\"x\":2}}\n", &["b? a?", "b"]),
            ("no\n\n{\"a\":1}", &["a"]),
            // Only these are left out: spaces elsewhere, escapes in names, names twice.
            ("{ \"a\":1}\n{\"\\n\":1}\n{\"a\":1,\"a\":2}\n{\"a\" :1}\n", &[]),
        ] {
            assert_eq!(names(&of(lines)), expected, "{lines}");
        }
        let many: String = ["abcde", "bacde", "cabde", "dabce", "eabcd"]
            .map(|order| {
                let members: Vec<String> = order.chars().map(|name| format!("\"{name}\":0")).collect();
                format!("{{{}}}\n", members.join(","))
            })
            .concat();
        assert_eq!(of(&many).0.len(), TEMPLATES_MAX);
        let of_names = |names: usize| (0..names).map(|at| format!("{{\"a{at}\":0}}\n")).collect::<String>();
        assert_ne!(names(&of(&of_names(SOMETIMES_MAX))), ["open"]);
        assert_eq!(names(&of(&of_names(SOMETIMES_MAX + 1))), ["open"]);
    }

    #[test]
    fn spaces_and_line_ends_are_seen() {
        let seen = |lines: &str| {
            let all = of(lines);
            let seen = all.iter().map(|one| (one.space_after_colon, one.space_after_comma, one.has_cr));
            seen.collect::<Vec<_>>()
        };
        assert_eq!(seen("{\"a\": 1, \"b\": [1, 2]}\r\n{\"a\": 1}"), [(Some(true), Some(true), true)]);
        assert_eq!(seen("{\"a\":1}\n"), [(Some(false), None, false)]);
        assert_eq!(
            seen("{\"a\":1,\"b\":2}\n{\"a\": 1}\n"),
            [(Some(false), Some(false), false), (Some(true), None, false)]
        );
        assert!(seen("{\"a\":1, \"b\":[1,2]}\n").is_empty());
    }

    #[test]
    fn arrays_of_one_length_are_tuples() {
        let array = |lines: &str| match &of(lines).0[0].object {
            ObjectTemplate::Ordered(members) => members[0].value.array.clone().unwrap(),
            ObjectTemplate::Open => panic!("{lines}"),
        };
        let number = ValueTemplate {
            number: Some(NumberTemplate { no_fraction: true, ..NumberTemplate::default() }),
            ..ValueTemplate::default()
        };
        let tuple = |elements: &[ValueTemplate]| ArrayTemplate::Tuple(elements.to_vec());
        let list = |element: ValueTemplate| ArrayTemplate::List(Box::new(element));
        let text = ValueTemplate { text: true, ..ValueTemplate::default() };
        assert_eq!(array("{\"a\":[1,\"b\"]}\n{\"a\":[2,\"c\"]}\n"), tuple(&[number.clone(), text.clone()]));
        let mixed = ValueTemplate { text: true, ..number.clone() };
        assert_eq!(array("{\"a\":[1,\"b\"]}\n{\"a\":[]}\n"), list(mixed));
        assert_eq!(array("{\"a\":[1,2,3,4,5,6,7,8,9]}\n"), list(number));
        assert_eq!(array("{\"a\":[]}\n"), tuple(&[]));
    }
}
