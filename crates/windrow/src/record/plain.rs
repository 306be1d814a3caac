//! Records in a build without SQL: no columns are made and no rows are filtered.

use std::marker::PhantomData;

use super::batch::BatchTexts;
use super::fate::Fate;
use super::joined::Joined;

/// The columns that expressions make for a batch: none.
pub(super) struct Made<'b>(PhantomData<&'b ()>);

impl Made<'_> {
    /// The text of a row.
    #[expect(clippy::unused_self, reason = "it is asked of columns that are made")]
    pub(super) fn text(&self, _column: usize, _row: usize) -> Option<&[u8]> {
        None
    }
}

impl<'b> BatchTexts<'b> {
    /// Goes the whole way of the records, which has no steps.
    #[expect(clippy::unused_self, reason = "it is asked of the texts of a batch")]
    pub(super) fn run(&self, _joined: &Joined<'b>, _fates: &mut [Fate]) -> Made<'b> {
        Made(PhantomData)
    }
}
