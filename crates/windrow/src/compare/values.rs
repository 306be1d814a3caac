//! Values: the labels of two answers, each under one number for both sides.

use hashbrown::HashMap;

use super::answer::{ComparedSide, CountsByWindow, Label};
use super::names::stem;
use crate::counts::FastHash;

/// The labels of both sides, under common numbers.
#[derive(Clone, Debug, Default)]
pub struct SideLabels {
    /// The labels, by number.
    pub labels: Vec<Label>,
    /// The numbers of labels, by their values.
    numbers: HashMap<Vec<Option<String>>, u32, FastHash>,
    /// The numbers of labels that are names of columns, by stem.
    columns: HashMap<String, Vec<u32>, FastHash>,
    /// The number of the label for all other values.
    other: Option<u32>,
    /// Whether a side leaves out all other values.
    pub drops_other: [bool; 2],
}

impl SideLabels {
    /// Gives the labels of `a` and `b` common numbers, and returns the counts of both by these numbers.
    pub fn align(a: &ComparedSide, b: &ComparedSide) -> (SideLabels, [CountsByWindow; 2]) {
        let mut values = SideLabels::default();
        let is_long = [a.is_long(), b.is_long()];
        let other = |answer: &ComparedSide| answer.labels.contains(&Label::Other);
        if !(is_long[0] && is_long[1]) {
            // Wide answers first: the values that they do not name share one label.
            for answer in [a, b].into_iter().filter(|answer| !answer.is_long()) {
                for label in answer.labels.iter().filter(|label| **label != Label::Other) {
                    if values.of_columns(label).is_empty() {
                        values.push(label);
                    }
                }
            }
            values.push(&Label::Other);
            values.drops_other = [!is_long[0] && !other(a), !is_long[1] && !other(b)];
        }
        let cells = [a, b].map(|answer| {
            let numbers: Vec<u32> = answer.labels.iter().map(|label| values.number_or_new(label)).collect();
            let mut cells = CountsByWindow::new();
            for ((start_us, label), n) in &answer.cells {
                *cells.entry((*start_us, numbers[*label as usize])).or_default() += n;
            }
            cells
        });
        (values, cells)
    }

    /// The number of `label`; `None`: neither side counts it.
    pub fn number(&self, label: &Label) -> Option<u32> {
        let exact = tuple_of(label).and_then(|values| self.numbers.get(&values).copied());
        exact.or_else(|| self.number_by_column(label)).or(self.other)
    }

    /// The number of `label` by the names of columns. A value with another spelling is another value.
    fn number_by_column(&self, label: &Label) -> Option<u32> {
        let is_column = matches!(label, Label::Named(_));
        let is_it = |number: &u32| is_column || is_named_by_column(&self.labels[*number as usize]);
        self.of_columns(label).iter().copied().find(is_it)
    }

    /// The columns that may count `label`.
    fn of_columns(&self, label: &Label) -> &[u32] {
        let columns = if self.columns.is_empty() { None } else { stem_of(label) };
        columns.and_then(|stem| self.columns.get(&stem)).map_or(&[], Vec::as_slice)
    }

    fn number_or_new(&mut self, label: &Label) -> u32 {
        self.number(label).unwrap_or_else(|| self.push(label))
    }

    fn push(&mut self, label: &Label) -> u32 {
        let number = self.labels.len() as u32;
        self.labels.push(label.clone());
        match label {
            Label::Other => self.other = Some(number),
            Label::Named(_) => {
                stem_of(label)
                    .into_iter()
                    .for_each(|stem| self.columns.entry(stem).or_default().push(number));
            }
            Label::Values(_) => {}
        }
        if let Some(values) = tuple_of(label) {
            self.numbers.insert(values, number);
        }
        number
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

/// The values of the keys for a label; a name is the value of the only key.
fn tuple_of(label: &Label) -> Option<Vec<Option<String>>> {
    match label {
        Label::Named(name) => Some(vec![Some(name.clone()).filter(|name| !name.is_empty())]),
        Label::Values(values) => Some(values.clone()),
        Label::Other => None,
    }
}

/// The stem by which the name of a column matches a value; `None`: the label is not a single value.
fn stem_of(label: &Label) -> Option<String> {
    match label {
        Label::Named(name) if name.is_empty() => Some(stem("null")),
        Label::Named(name) => Some(stem(name)),
        Label::Values(values) => match values.as_slice() {
            [value] => Some(stem(value.as_deref().unwrap_or("null"))),
            _ => None,
        },
        Label::Other => None,
    }
}
