//! The same counts of other keys: values that are decoded, or known from elsewhere. Distinct keys are touched, not rows.

use std::borrow::Cow;

use super::{Counts, KeyId, Slot};

impl Counts {
    /// The same counts of other values: what `value` makes of each. Those that it makes equal are added up.
    pub fn with_values(&self, value: impl Fn(&[u8]) -> Cow<'_, [u8]>) -> Counts {
        self.with_tuples(|tuple| tuple.into_iter().map(&value).collect())
    }

    /// The same counts of other tuples of values: what `values` makes of each. Those that it makes equal are added up.
    pub(crate) fn with_tuples<'t>(
        &'t self,
        mut values: impl FnMut(Vec<&'t [u8]>) -> Vec<Cow<'t, [u8]>>,
    ) -> Counts {
        let mut counts = Counts::new(self.keys.columns(), self.limits, self.dense_cells_max);
        counts.measured = self.measured.of_same_columns();
        let ids: Vec<KeyId> = (0..self.keys.len() as KeyId)
            .map(|id| {
                let values = values(self.keys.tuple(id));
                counts.keys.id_of(values.iter().map(|value| &**value))
            })
            .collect();
        let mut slots = Vec::with_capacity(self.panes.len());
        for (slot, pane) in self.panes.list().iter().enumerate() {
            let to = counts.slot(*pane);
            slots.push(to);
            self.row(slot as Slot, |key, n| counts.add(to, ids[key as usize], n));
        }
        counts.measured.merge(&self.measured, &slots, &ids);
        counts
    }
}
