//! The gate for lines that fit a template: members in one order, each with values of the kinds that the first lines have.
//!
//! It is a third as long as the gate for any object, or shorter, and Java never looks back in it. What is true of that gate is true of it:
//! names differ from each other, so none stands twice, and a path whose name is not among them has no value.

use crate::engine::spark::template::{
    ArrayTemplate, LineTemplate, LineTemplates, MemberTemplate, NumberTemplate, ObjectTemplate, ValueTemplate,
};

use super::{Gate, GateMember, GateObject, NESTED_MAX, any, ascii, pattern_of, plain, string};

/// Maximum number of members in a template. Java needs some stack for each.
const MEMBERS_MAX: usize = 200;

impl Gate {
    /// The gate for lines that fit one of the templates. `None` if none can be written as a pattern, or the paths have no gate.
    pub(in crate::engine::spark) fn usual(paths: &[String], templates: &LineTemplates) -> Option<Gate> {
        let wanted = GateObject::of(paths).ok()?;
        let mut writer = GroupedPattern { groups: vec![Vec::new(); paths.len()], next: 1 };
        let mut patterns = Vec::new();
        for template in templates.iter() {
            let before = writer.clone();
            match writer.line(template, &wanted) {
                Some(pattern) => patterns.push(pattern),
                None => writer = before,
            }
        }
        let values = |groups: &Vec<usize>| groups.iter().map(|group| format!("${group}")).collect();
        let found = Gate::found(writer.groups.iter().map(values));
        // Java takes some time for each group, even if it captures nothing.
        let pattern = match patterns.as_slice() {
            [] => return None,
            [pattern] => pattern.clone(),
            patterns => format!("(?:{})", patterns.join("|")),
        };
        Some(Gate { pattern: format!(r"\A{pattern}\z"), found })
    }
}

/// Writes patterns with numbered groups for wanted values.
///
/// Nothing possessive is around a group: it would stay set where Java goes back and tries another template.
#[derive(Clone)]
struct GroupedPattern {
    /// The groups that may have the value, by the number of the path.
    groups: Vec<Vec<usize>>,
    /// The number of the next group.
    next: usize,
}

/// What is the same in all of a template.
#[derive(Clone, Copy)]
struct TemplateMarks {
    colon: &'static str,
    comma: &'static str,
}

impl GroupedPattern {
    fn line(&mut self, template: &LineTemplate, wanted: &GateObject) -> Option<String> {
        if members_of(&template.object) > MEMBERS_MAX {
            return None;
        }
        let has = |space: Option<bool>| space == Some(true);
        let marks = TemplateMarks {
            colon: if has(template.space_after_colon) { ": " } else { ":" },
            comma: if has(template.space_after_comma) { ", " } else { "," },
        };
        let object = self.object(&template.object, Some(wanted), marks)?;
        Some(object + if template.has_cr { r"\r?" } else { "" })
    }

    /// An object. `wanted` are the members that paths lead to, if any do.
    fn object(
        &mut self,
        object: &ObjectTemplate,
        wanted: Option<&GateObject>,
        marks: TemplateMarks,
    ) -> Option<String> {
        let ObjectTemplate::Ordered(members) = object else {
            return wanted.is_none().then(|| any(NESTED_MAX));
        };
        let comma = marks.comma;
        let first = members.iter().position(|member| member.is_always_there);
        let mut pattern = r"\{".to_owned();
        for (at, member) in members.iter().enumerate() {
            let before = self.next;
            let text = self.member(member, wanted, marks)?;
            let maybe = if self.next == before { "?+" } else { "?" };
            pattern += &match first {
                // A comma is followed by a name.
                None => format!(r#"(?:{text}(?:{comma}(?=")|(?=\}}))){maybe}"#),
                Some(first) if at < first => format!("(?:{text}{comma}){maybe}"),
                Some(first) if at == first => text,
                Some(_) if member.is_always_there => comma.to_owned() + &text,
                Some(_) => format!("(?:{comma}{text}){maybe}"),
            };
        }
        Some(pattern + r"\}")
    }

    fn member(
        &mut self,
        member: &MemberTemplate,
        wanted: Option<&GateObject>,
        marks: TemplateMarks,
    ) -> Option<String> {
        let name = pattern_of(&member.name)?;
        let wanted = wanted.and_then(|wanted| wanted.0.iter().find(|member| member.name == name));
        let value = self.value(&member.value, wanted, marks)?;
        Some(format!(r#""{name}{}{value}"#, marks.colon))
    }

    /// A value. `wanted` is the member that has it, if a path leads to it or through it.
    fn value(
        &mut self,
        value: &ValueTemplate,
        wanted: Option<&GateMember>,
        marks: TemplateMarks,
    ) -> Option<String> {
        let number = wanted.and_then(|wanted| wanted.wanted);
        let mut kinds = Vec::new();
        if value.text {
            let has_escapes = value.escapes && number.is_none();
            let text = if value.wide { plain() } else { ascii() };
            kinds.push(match number {
                Some(number) => format!(r#""{}""#, self.group(number, &text)),
                None if has_escapes => string(&text),
                None => format!(r#""{text}""#),
            });
        }
        let mut scalars: Vec<String> = value.number.map(NumberTemplate::pattern).into_iter().collect();
        if value.boolean {
            scalars.extend(["true", "false"].map(str::to_owned));
        }
        match number {
            Some(number) if !scalars.is_empty() => kinds.push(self.group(number, &scalars.join("|"))),
            _ => kinds.extend(scalars),
        }
        if value.null {
            kinds.push("null".to_owned());
        }
        if number.is_none() {
            let within = wanted.map(|wanted| &wanted.within);
            if let Some(object) = &value.object {
                kinds.push(self.object(object, within, marks)?);
            }
            if let Some(array) = &value.array {
                kinds.push(self.array(array, marks)?);
            }
        }
        match kinds.as_slice() {
            [] => None,
            [kind] => Some(kind.clone()),
            kinds => Some(format!("(?:{})", kinds.join("|"))),
        }
    }

    /// An array. No path leads into it.
    fn array(&mut self, array: &ArrayTemplate, marks: TemplateMarks) -> Option<String> {
        let comma = marks.comma;
        let elements = match array {
            ArrayTemplate::Tuple(elements) => {
                let elements = elements.iter().map(|element| self.value(element, None, marks));
                elements.collect::<Option<Vec<_>>>()?.join(comma)
            }
            ArrayTemplate::List(element) => {
                let element = self.value(element, None, marks)?;
                format!("(?:{element}(?:{comma}{element})*+)?")
            }
        };
        Some(format!(r"\[{elements}\]"))
    }

    /// A group of the pattern `of`: the value of path `number`.
    fn group(&mut self, number: usize, of: &str) -> String {
        if let Some(groups) = self.groups.get_mut(number) {
            groups.push(self.next);
        }
        self.next += 1;
        format!("({of})")
    }
}

impl NumberTemplate {
    /// Numbers of this kind. A first zero is the only digit before the point.
    fn pattern(self) -> String {
        let minus = if self.minus { "-?" } else { "" };
        let fraction = match (self.fraction, self.no_fraction) {
            (true, true) => r"(?:\.[0-9]+)?",
            (true, false) => r"\.[0-9]+",
            (false, _) => "",
        };
        let exponent = if self.exponent { "(?:[eE][+-]?[0-9]+)?" } else { "" };
        format!("{minus}(?!0[0-9])[0-9]+{fraction}{exponent}")
    }
}

/// How many members an object has, and those within it.
fn members_of(object: &ObjectTemplate) -> usize {
    match object {
        ObjectTemplate::Open => 1,
        ObjectTemplate::Ordered(members) => {
            members.iter().map(|member| 1 + members_within(&member.value)).sum()
        }
    }
}

fn members_within(value: &ValueTemplate) -> usize {
    let elements: &[ValueTemplate] = match &value.array {
        None => &[],
        Some(ArrayTemplate::Tuple(elements)) => elements,
        Some(ArrayTemplate::List(element)) => std::slice::from_ref(element),
    };
    let of_elements: usize = elements.iter().map(|element| 1 + members_within(element)).sum();
    value.object.as_ref().map_or(0, members_of) + of_elements
}
