//! Values: what the counts of two answers have in common, under one number each.

use super::answer::{Answer, Cells, Label};
use super::names::stem;

/// What is counted, by number: on both sides the same.
#[derive(Clone, Debug, Default)]
pub struct Values {
    /// Names for people, and for telling values apart.
    pub labels: Vec<Label>,
    /// Whether a side puts what is outside the named values away.
    pub drops_other: [bool; 2],
}

impl Values {
    /// Numbers what `a` and `b` count, and counts both by these numbers.
    pub fn align(a: &Answer, b: &Answer) -> (Values, [Cells; 2]) {
        let mut values = Values::default();
        let is_long = [a.is_long(), b.is_long()];
        let other = |answer: &Answer| answer.labels.contains(&Label::Other);
        if !(is_long[0] && is_long[1]) {
            // Wide first: what it does not name is put together.
            for answer in [a, b].into_iter().filter(|answer| !answer.is_long()) {
                for label in answer.labels.iter().filter(|label| **label != Label::Other) {
                    let is_known = values.labels.iter().any(|known| is_same(known, label));
                    if !is_known {
                        values.labels.push(label.clone());
                    }
                }
            }
            values.labels.push(Label::Other);
            values.drops_other = [!is_long[0] && !other(a), !is_long[1] && !other(b)];
        }
        let cells = [a, b].map(|answer| {
            let numbers: Vec<u32> = answer.labels.iter().map(|label| values.number_or_new(label)).collect();
            let mut cells = Cells::new();
            for ((start_us, label), n) in &answer.cells {
                *cells.entry((*start_us, numbers[*label as usize])).or_default() += n;
            }
            cells
        });
        (values, cells)
    }

    /// The number of what `label` says; none: neither side counts it.
    pub fn number(&self, label: &Label) -> Option<u32> {
        let exact = self.labels.iter().position(|own| is_exact(own, label));
        let found = exact.or_else(|| match label {
            // A value that is spelled otherwise is another value.
            Label::Values(_) if self.labels.iter().any(|own| matches!(own, Label::Named(_))) => {
                self.labels.iter().position(|own| is_named_by_column(own) && is_same(own, label))
            }
            _ => self.labels.iter().position(|own| is_same(own, label)),
        });
        found.or_else(|| self.labels.iter().position(|own| *own == Label::Other)).map(|at| at as u32)
    }

    fn number_or_new(&mut self, label: &Label) -> u32 {
        self.number(label).unwrap_or_else(|| {
            self.labels.push(label.clone());
            (self.labels.len() - 1) as u32
        })
    }

    /// The name of a value, for people.
    pub fn name(&self, number: u32) -> String {
        match &self.labels[number as usize] {
            Label::Named(name) => {
                if name.is_empty() {
                    "null".to_owned()
                } else {
                    name.clone()
                }
            }
            Label::Other => "other".to_owned(),
            Label::Values(values) if values.is_empty() => "count".to_owned(),
            Label::Values(values) => {
                let shown: Vec<&str> =
                    values.iter().map(|value| value.as_deref().unwrap_or("null")).collect();
                shown.join(", ")
            }
        }
    }
}

/// A column such as `open_count` names its value in its own way; a name such as `Open` is the value.
fn is_named_by_column(label: &Label) -> bool {
    matches!(label, Label::Named(name) if stem(name) != *name.to_lowercase())
}

fn is_exact(own: &Label, label: &Label) -> bool {
    let text = |label: &Label| match label {
        Label::Named(name) => Some(name.clone()),
        Label::Values(values) => match values.as_slice() {
            [value] => Some(value.clone().unwrap_or_default()),
            _ => None,
        },
        Label::Other => None,
    };
    own == label || text(own).is_some_and(|own| text(label) == Some(own))
}

fn is_same(own: &Label, label: &Label) -> bool {
    let text = |label: &Label| match label {
        Label::Named(name) => Some(stem(name)),
        Label::Values(values) => match values.as_slice() {
            [value] => Some(stem(value.as_deref().unwrap_or("null"))),
            _ => None,
        },
        Label::Other => None,
    };
    // Rows say their values as they are; only columns have names of their own.
    let is_by_column = matches!(own, Label::Named(_)) || matches!(label, Label::Named(_));
    is_exact(own, label) || is_by_column && text(own).is_some_and(|own| text(label) == Some(own))
}
