//! Reading the template of one line, which is an object.

use super::{ArrayTemplate, LineTemplate, MemberTemplate, NumberTemplate, ObjectTemplate, ValueTemplate};

/// How deep values may be nested in a line with a template.
const DEPTH_MAX: usize = 8;

/// Reads a line. It trusts that the line is an object, and is at its end where it sees something that templates do not have: spaces
/// other than one after each colon or comma, names with escapes, a name twice.
pub(super) struct TemplateReader<'a> {
    line: &'a [u8],
    at: usize,
    depth: usize,
    template: LineTemplate,
}

impl<'a> TemplateReader<'a> {
    /// The template of a line without its line end. `None` if it has none.
    pub(super) fn read(line: &'a [u8]) -> Option<LineTemplate> {
        let mut reader = TemplateReader { line, at: 0, depth: 0, template: LineTemplate::default() };
        reader.template.object = reader.object()?;
        (reader.at == line.len()).then_some(reader.template)
    }

    fn next(&self) -> Option<u8> {
        self.line.get(self.at).copied()
    }

    /// Goes on behind `byte`, if it is next.
    fn takes(&mut self, byte: u8) -> bool {
        let is_next = self.next() == Some(byte);
        self.at += usize::from(is_next);
        is_next
    }

    fn take(&mut self, byte: u8) -> Option<()> {
        self.takes(byte).then_some(())
    }

    /// Takes a comma or a colon, and the space after it.
    fn take_mark(&mut self, mark: u8) -> Option<()> {
        self.take(mark)?;
        let is_there = self.takes(b' ');
        let LineTemplate { space_after_colon, space_after_comma, .. } = &mut self.template;
        let known = if mark == b':' { space_after_colon } else { space_after_comma };
        (*known.get_or_insert(is_there) == is_there).then_some(())
    }

    fn object(&mut self) -> Option<ObjectTemplate> {
        self.take(b'{')?;
        let mut members: Vec<MemberTemplate> = Vec::new();
        while !self.takes(b'}') {
            if !members.is_empty() {
                self.take_mark(b',')?;
            }
            let (name, has_escapes) = self.string()?;
            if has_escapes || members.iter().any(|member| member.name == name) {
                return None;
            }
            self.take_mark(b':')?;
            let value = self.value()?;
            members.push(MemberTemplate { name: name.to_vec(), is_always_there: true, value });
        }
        Some(ObjectTemplate::Ordered(members))
    }

    fn array(&mut self) -> Option<ArrayTemplate> {
        self.take(b'[')?;
        let mut elements = Vec::new();
        while !self.takes(b']') {
            if !elements.is_empty() {
                self.take_mark(b',')?;
            }
            elements.push(self.value()?);
        }
        ArrayTemplate::of(elements)
    }

    /// A string without its quotes, and whether it has escapes.
    fn string(&mut self) -> Option<(&'a [u8], bool)> {
        self.take(b'"')?;
        let (from, mut has_escapes) = (self.at, false);
        loop {
            match self.next()? {
                b'"' => break,
                b'\\' => (has_escapes, self.at) = (true, self.at + 2),
                _ => self.at += 1,
            }
        }
        self.at += 1;
        Some((&self.line[from..self.at - 1], has_escapes))
    }

    fn value(&mut self) -> Option<ValueTemplate> {
        let none = ValueTemplate::default();
        Some(match self.next()? {
            b'"' => {
                let (text, escapes) = self.string()?;
                ValueTemplate { text: true, escapes, wide: !text.is_ascii(), ..none }
            }
            b'{' | b'[' if self.depth == DEPTH_MAX => return None,
            b'{' => {
                self.depth += 1;
                let object = Some(self.object()?);
                self.depth -= 1;
                ValueTemplate { object, ..none }
            }
            b'[' => {
                self.depth += 1;
                let array = Some(self.array()?);
                self.depth -= 1;
                ValueTemplate { array, ..none }
            }
            _ => match self.word() {
                b"null" => ValueTemplate { null: true, ..none },
                b"true" | b"false" => ValueTemplate { boolean: true, ..none },
                number => ValueTemplate { number: Some(NumberTemplate::of(number)?), ..none },
            },
        })
    }

    /// A number or a word.
    fn word(&mut self) -> &'a [u8] {
        let rest = &self.line[self.at..];
        let is_in_it = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'+' | b'.');
        let len = rest.iter().take_while(|byte| is_in_it(byte)).count();
        self.at += len;
        &rest[..len]
    }
}

impl NumberTemplate {
    /// The template of a number.
    fn of(number: &[u8]) -> Option<NumberTemplate> {
        let fraction = number.contains(&b'.');
        number.last()?.is_ascii_digit().then(|| NumberTemplate {
            minus: number.starts_with(b"-"),
            no_fraction: !fraction,
            fraction,
            exponent: number.iter().any(|byte| matches!(byte, b'e' | b'E')),
        })
    }
}
