//! An old answer without counts: it reads no time or no file, or counts no row that it reads. Nothing shows which.

use super::reading::SparkInputs;
use super::{JobInputs, Trial};
use crate::compare::answer::CountsByWindow;
use crate::error::Result;

pub(super) fn explain(input: &JobInputs<'_>, inputs: &SparkInputs<'_>, trial: &mut Trial) -> Result<()> {
    let old = input.case.names[0];
    let ways = inputs.by_patterns(true)?;
    let names = ways.iter().find_map(|way| way.name());
    let patterns =
        names.map(|names| format!(" (no time in the inputs fits the pattern {names})")).unwrap_or_default();
    trial.explains("either", Some(CountsByWindow::new()), |found| {
        format!(
            "either {old} reads no time{patterns}, or it reads no file, or it counts none of the rows that it reads \
             (the counts fit each of them); the inputs counted so, {found}"
        )
    });
    Ok(())
}
