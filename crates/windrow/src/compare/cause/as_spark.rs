//! The cause that an old PySpark job mostly has: it reads the inputs as Spark's CSV reader does.
//!
//! It is tried before all others, with each way of cleaning values, alone and together with other causes; it is believed when
//! all windows are equal then, or all that it changes. Where several ways give the old counts, `fits` says what is known.

use std::collections::BTreeSet;

use super::evidence::FileEvidence;
use super::fits::{Fit, Fits, Words};
use super::reading::{Inputs, Oddities, SparkEvidence};
use super::tidy::{Tidy, Trim, of_job};
use super::{Case, Input, Trial, changed};
use crate::compare::answer::Cells;
use crate::compare::spark::Reader;
use crate::error::Result;
use crate::event::Case as Letters;
use crate::text::number::counted;

/// Which readings are tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Readings {
    /// Those in which rows are not the job's.
    Others,
    /// The usual one, where it has the job's rows: only how values are cleaned is told apart.
    Same,
}

/// Reads by Spark's rules, and puts what explains the most by the least into `trial`.
pub(super) fn try_all(
    input: &Input<'_>,
    inputs: &Inputs<'_>,
    readings: Readings,
    trial: &mut Trial,
) -> Result<()> {
    let own = input.counts(&input.evidence.cells);
    let mut before = trial.clone();
    super::spelling::without_column(input.case, &mut before);
    let mut has_quotes = true;
    let mut fits = Fits::default();
    for reader in Reader::ALL {
        // Without a quote in the inputs, the escape is none.
        if reader.quote_escapes && !has_quotes {
            continue;
        }
        // What is explained without the options is not explained by them.
        if fits.has_less(&claims_of(reader)) {
            continue;
        }
        let Some(read) = inputs.read(reader)? else { continue };
        has_quotes = read.has_quotes;
        let is_same = counts(input.case, &read, &of_job(&input.job.cleaning)) == own;
        let is_tried = match readings {
            Readings::Others => !is_same || input.case.old_unplaced > 0,
            Readings::Same => is_same && reader == Reader::ALL[0],
        };
        if is_tried {
            let search = Search { input, read: &read, reader, readings, own: &own, before: &before };
            search.by_cleanings(&mut fits);
        }
        if readings == Readings::Same {
            break;
        }
    }
    if let Some(best) = fits.told(before.causes.len()) {
        *trial = best;
    }
    Ok(())
}

/// What it says of an old job that it reads so.
fn claims_of(reader: Reader) -> BTreeSet<String> {
    let options = reader.options().split(", ").filter(|option| !option.is_empty());
    options.map(str::to_owned).collect()
}

/// The search for what stands beside one reading.
struct Search<'s> {
    input: &'s Input<'s>,
    read: &'s SparkEvidence,
    reader: Reader,
    readings: Readings,
    own: &'s Cells,
    /// What was found before.
    before: &'s Trial,
}

impl Search<'_> {
    /// Tries each way of cleaning values that may say less than those that fit.
    fn by_cleanings(&self, fits: &mut Fits) {
        let evidence = &self.read.evidence;
        let own = self.input.job.cleaning.first().map(Tidy::of);
        // Ways in which all values become the same ones fit or do not fit together.
        let mut failed: Vec<Vec<Option<u32>>> = Vec::new();
        for tidy in tidies(self.input, evidence.has_null()) {
            let words = Words::new(tidy, own, self.input.case.old_is_wide);
            let claims: BTreeSet<String> = words.claims().union(&claims_of(self.reader)).cloned().collect();
            let tidies = vec![tidy; self.input.tidies.len()];
            let case = self.input.case;
            let numbers = evidence.numbers(&tidies, case.values, case.old_drops_other);
            if fits.has_less(&claims) || failed.contains(&numbers) {
                continue;
            }
            let found = self.beside(&tidies, &words);
            if found.is_empty() {
                failed.push(numbers);
            }
            for (trial, at) in found {
                let mut fit = Fit { trial, at, words: words.clone(), claims: claims.clone() };
                fit.claim_causes(self.before.causes.len());
                fits.push(fit);
            }
        }
    }

    /// What explains more, with values cleaned so: this alone, or with other causes.
    fn beside(&self, tidies: &[Tidy], words: &Words) -> Vec<(Trial, Option<usize>)> {
        let counts = counts(self.input.case, self.read, tidies);
        // What a job published before may be of other inputs than those that are read now.
        let is_whole = counts == self.before.old;
        let predicted = match is_whole {
            true => Some(counts),
            false => changed(&self.before.new, &counts, self.own),
        };
        let Some(predicted) = predicted else { return vec![] };
        let (alone, at) = self.explained(&predicted, words);
        let evidence = &self.read.evidence;
        let found = match is_whole {
            true => vec![alone],
            false => with_others(&Input { evidence, tidies: tidies.to_vec(), ..self.input.clone() }, &alone),
        };
        let is_settled = self.before.fits(&predicted);
        let is_believed = |next: &Trial| {
            (next.is_done() || is_settled) && unplaced(self.input.case, self.read, tidies, next)
        };
        found.into_iter().filter(is_believed).map(|trial| (trial, at)).collect()
    }

    fn explained(&self, predicted: &Cells, words: &Words) -> (Trial, Option<usize>) {
        let (kind, text) = match self.readings {
            Readings::Others => ("spark", self.text()),
            // Nothing is to be said of it: other causes explain what there is.
            Readings::Same if words.claims().is_empty() => return (self.before.clone(), None),
            Readings::Same => ("case", self.input.case.names[0].to_owned()),
        };
        let text = |found: &str| format!("{text}; the inputs counted so, {found}");
        let trial = self.before.explained(kind, predicted.clone(), text);
        (trial, Some(self.before.causes.len()))
    }

    /// What Spark's reader does with these inputs.
    fn text(&self) -> String {
        let [old, new] = self.input.case.names;
        let options = match self.reader.options() {
            "" => String::new(),
            options => format!(" with {options}"),
        };
        let text = format!("{old} reads the inputs as Spark's CSV reader does{options}");
        let Oddities { surplus, missing, quotes, without_time, times } = self.read.oddities;
        let told = [
            (surplus, "row", " with surplus fields cut".to_owned()),
            (missing, "row", " with missing fields null".to_owned()),
            (quotes, "row", " with quotes kept as text".to_owned()),
            (without_time, "time", format!(" null that {new} reads")),
            (times, "time", format!(" that {new} rejects or reads otherwise")),
        ];
        let told = told.iter().filter(|(n, ..)| *n > 0);
        let parts: Vec<String> = told.map(|(n, unit, what)| format!("{}{what}", counted(*n, unit))).collect();
        if parts.is_empty() { text } else { format!("{text} ({})", parts.join(", ")) }
    }
}

/// Other causes beside it. Which of two is found first may decide whether the other one is.
fn with_others(input: &Input<'_>, alone: &Trial) -> Vec<Trial> {
    let mut files_first = alone.clone();
    super::files::try_all(input, &mut files_first);
    super::spelling::left_out(input.case, &mut files_first);
    if files_first.is_done() {
        return vec![files_first];
    }
    let mut values_first = alone.clone();
    super::spelling::left_out(input.case, &mut values_first);
    let input = &Input { left_out: values_first.left_out.clone(), ..input.clone() };
    super::files::try_all(input, &mut values_first);
    super::zones::try_recounts(input, &mut values_first);
    vec![files_first, values_first]
}

fn counts(case: &Case<'_>, read: &SparkEvidence, tidies: &[Tidy]) -> Cells {
    read.evidence.counts(&read.evidence.cells, tidies, case.values, case.old_drops_other)
}

/// Whether the old answer counts as many rows without a window as Spark finds rows without a time, or leaves them out.
fn unplaced(case: &Case<'_>, read: &SparkEvidence, tidies: &[Tidy], trial: &Trial) -> bool {
    let counted: BTreeSet<u32> = trial.old.keys().map(|(_, value)| *value).collect();
    let of_file = |file: &FileEvidence| {
        let times = trial.files.get(&file.name).copied().unwrap_or(u64::from(file.accepted));
        let rows: Vec<_> = file.without_time.iter().map(|(tuple, n)| ((0, *tuple), n * times)).collect();
        let raw = rows.iter().map(|(cell, n)| (cell, n));
        let cells = read.evidence.counts(raw, tidies, case.values, case.old_drops_other);
        // Where values are left out, those that no window has are too.
        let is_left_out = |value: u32| {
            trial.left_out.contains(&value) || !trial.left_out.is_empty() && !counted.contains(&value)
        };
        cells.iter().filter(|((_, value), _)| !is_left_out(*value)).map(|(_, n)| n).sum::<u64>()
    };
    case.old_unplaced == 0 || read.evidence.files.iter().map(of_file).sum::<u64>() == case.old_unplaced
}

/// The ways of cleaning that are tried, those that say least first.
fn tidies(input: &Input<'_>, has_null: bool) -> Vec<Tidy> {
    let own = input.job.cleaning.first().map(Tidy::of);
    let cuts: &[bool] = if input.case.may_be_cut_in_writing { &[true, false] } else { &[false] };
    let empty_is_null = !input.case.old_has_empty_text;
    let mut all = Vec::new();
    for case in [Letters::Keep, Letters::Title, Letters::Lower, Letters::Upper] {
        for trim in [Trim::White, Trim::Spaces, Trim::Nothing] {
            for drops_null in [false, true].into_iter().filter(|drops_null| has_null || !drops_null) {
                let cut =
                    |is_cut_in_writing| Tidy { trim, case, empty_is_null, drops_null, is_cut_in_writing };
                all.extend(cuts.iter().map(|is_cut| cut(*is_cut)));
            }
        }
    }
    all.sort_by_key(|tidy| Words::new(*tidy, own, input.case.old_is_wide).claims().len());
    all
}
