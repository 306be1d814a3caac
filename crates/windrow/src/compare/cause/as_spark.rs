//! The cause that an old PySpark job mostly has: it reads the inputs as Spark's CSV reader does.
//!
//! It is tried before all others, with each way of cleaning values, alone and together with other causes; it is believed when
//! all windows are equal then.

use std::collections::BTreeSet;

use super::evidence::FileEvidence;
use super::reading::{Inputs, Oddities, SparkEvidence};
use super::rows::{case_words, trim_words};
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

/// Reads by Spark's rules until one explains all; what it explains is in `trial` then.
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
    let mut best: Option<Trial> = None;
    for reader in Reader::ALL {
        // Without a quote in the inputs, the escape is none.
        if reader.quote_escapes && !has_quotes {
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
            best = better(best, search.by_cleanings());
        }
        if best.as_ref().is_some_and(Trial::is_done) || readings == Readings::Same {
            break;
        }
    }
    if let Some(best) = best {
        *trial = best;
    }
    Ok(())
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
    /// Of the ways of cleaning, the one by which all is equal and least is to be said; else the one by which most is and
    /// nothing is worse.
    fn by_cleanings(&self) -> Option<Trial> {
        let has_null = self.read.evidence.tuples.iter().any(|tuple| tuple.contains(&None));
        let mut best: Option<Trial> = None;
        for drops_null in [false, true] {
            if drops_null && !has_null {
                break;
            }
            let tidies = tidies(self.input).into_iter().map(|tidy| Tidy { drops_null, ..tidy });
            best = better(best, self.by_some(tidies.collect()));
            // Nothing beside it: there is no shorter way to say it.
            let is_alone = |best: &Trial| best.is_done() && best.causes.len() == self.before.causes.len() + 1;
            if best.as_ref().is_some_and(is_alone) {
                break;
            }
        }
        best
    }

    fn by_some(&self, tidies: Vec<Tidy>) -> Option<Trial> {
        let of_keys = |tidy: Tidy| vec![tidy; self.input.tidies.len()];
        let predict = |tidy: Tidy| {
            let counts = counts(self.input.case, self.read, &of_keys(tidy));
            // What a job published before may be of other inputs than those that are read now.
            let predicted = match counts == self.before.old {
                true => Some(counts),
                false => changed(&self.before.new, &counts, self.own),
            };
            predicted.map(|predicted| (tidy, predicted))
        };
        let is_whole =
            |tidy: Tidy, trial: &Trial| unplaced(self.input.case, self.read, &of_keys(tidy), trial);
        let tries: Vec<(Tidy, Cells)> = tidies.into_iter().filter_map(predict).collect();
        let fitting =
            tries.iter().filter(|(tidy, cells)| *cells == self.before.old && is_whole(*tidy, self.before));
        let fitting: Vec<Tidy> = fitting.map(|(tidy, _)| *tidy).collect();
        if let Some(tidy) = fitting.first() {
            return Some(self.explained(*tidy, &self.before.old, &fitting));
        }
        let mut best: Option<Trial> = None;
        let found = |tidy: Tidy, predicted: &Cells, fitting: &[Tidy]| {
            let alone = self.explained(tidy, predicted, fitting);
            let evidence = &self.read.evidence;
            with_others(&Input { evidence, tidies: of_keys(tidy), ..self.input.clone() }, &alone)
        };
        let fits = |tidy: Tidy, predicted: &Cells| {
            found(tidy, predicted, &[tidy]).iter().any(|next| next.is_done() && is_whole(tidy, next))
        };
        for (tidy, predicted) in &tries {
            let mut fitting = vec![*tidy];
            if fits(*tidy, predicted) {
                // Where others fit as well, it is unknown which one it is.
                let same = tries.iter().filter(|(other, _)| other.case == tidy.case);
                fitting =
                    same.filter(|(other, cells)| fits(*other, cells)).map(|(other, _)| *other).collect();
            }
            let is_settled = self.before.fits(predicted);
            let found = found(*tidy, predicted, &fitting).into_iter();
            let believed = found.filter(|next| is_whole(*tidy, next) && (next.is_done() || is_settled));
            best = believed.fold(best, |best, next| better(best, Some(next)));
            // With one cause beside it there is no shorter way to say it.
            let is_short = |best: &Trial| best.is_done() && best.causes.len() <= self.before.causes.len() + 2;
            if best.as_ref().is_some_and(is_short) {
                break;
            }
        }
        best
    }

    fn explained(&self, tidy: Tidy, predicted: &Cells, fitting: &[Tidy]) -> Trial {
        let cleaning = cleaning_words(self.input, tidy, fitting);
        let (kind, text) = match (self.readings, &cleaning[..]) {
            (Readings::Others, words) => {
                let words: String = words.iter().map(|words| format!(", {words}")).collect();
                ("spark", self.text() + &words)
            }
            // Nothing is to be said of it: other causes explain what there is.
            (Readings::Same, []) => return self.before.clone(),
            (Readings::Same, words) => {
                ("case", format!("{} {}", self.input.case.names[0], words.join(" and ")))
            }
        };
        self.before
            .explained(kind, predicted.clone(), |found| format!("{text}; the inputs counted so, {found}"))
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

/// The one that explains more, by fewer causes, the first of equals.
fn better(best: Option<Trial>, next: Option<Trial>) -> Option<Trial> {
    let rank = |trial: &Trial| (trial.left(), trial.causes.len());
    match (best, next) {
        (Some(best), Some(next)) if rank(&next) < rank(&best) => Some(next),
        (None, next) => next,
        (best, _) => best,
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

/// The ways of cleaning that are tried, those nearest to the job's first.
fn tidies(input: &Input<'_>) -> Vec<Tidy> {
    let own = input.job.cleaning.first().map_or(Letters::Keep, |cleaning| cleaning.case);
    let trims = match input.job.cleaning.first().is_none_or(|cleaning| cleaning.trim) {
        true => [Trim::White, Trim::Spaces, Trim::Nothing],
        false => [Trim::Nothing, Trim::Spaces, Trim::White],
    };
    let cases = [Letters::Keep, Letters::Title, Letters::Lower, Letters::Upper];
    let cases = std::iter::once(own).chain(cases.into_iter().filter(move |case| *case != own));
    let cuts: &[bool] = if input.case.may_be_cut_in_writing { &[true, false] } else { &[false] };
    let empty_is_null = !input.case.old_has_empty_text;
    let tidy = |case, trim, is_cut_in_writing| Tidy {
        trim,
        case,
        empty_is_null,
        drops_null: false,
        is_cut_in_writing,
    };
    let all = cases.flat_map(|case| trims.map(|trim| (case, trim)));
    all.flat_map(|(case, trim)| cuts.iter().map(move |cut| tidy(case, trim, *cut))).collect()
}

/// How values are cleaned, where that is not the job's way.
fn cleaning_words(input: &Input<'_>, tidy: Tidy, fitting: &[Tidy]) -> Vec<String> {
    let Some(own) = input.job.cleaning.first().map(Tidy::of) else { return vec![] };
    let mut words = Vec::new();
    if tidy.case != own.case {
        words.push(case_words(tidy.case, input.case).to_owned());
    }
    let fits = |trim| fitting.iter().any(|other| other.trim == trim && other.case == tidy.case);
    match (own.trim, tidy.trim) {
        (own, other) if own == other => {}
        (Trim::White, _) => words.push(trim_words(fits(Trim::Spaces), fits(Trim::Nothing), "values")),
        _ => words.push("trims values".to_owned()),
    }
    if tidy.drops_null {
        words.push("leaves out rows without a value".to_owned());
    }
    words
}
