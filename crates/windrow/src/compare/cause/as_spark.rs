//! The cause that an old PySpark job mostly has: it reads the inputs as Spark's CSV reader does.
//!
//! It is tried before all others, with each way of cleaning values, alone and together with other causes; it is believed when
//! all windows are equal then.

use super::evidence::FileEvidence;
use super::reading::{Inputs, Oddities, SparkEvidence};
use super::rows::{case_words, trim_words};
use super::tidy::{Tidy, Trim, of_job};
use super::{Case, Input, Trial, changed};
use crate::compare::answer::Cells;
use crate::compare::spark::Reader;
use crate::error::Result;
use crate::event::Case as Letters;
use crate::report::number::counted;

/// Reads by Spark's rules until one explains all; what it explains is in `trial` then.
pub(super) fn try_all(input: &Input<'_>, inputs: &Inputs<'_>, trial: &mut Trial) -> Result<()> {
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
        let is_other = |tidies: &[Tidy]| counts(input.case, &read, tidies) != own;
        if !is_other(&of_job(&input.job.cleaning)) && input.case.old_unplaced == 0 {
            continue;
        }
        let found = by_cleanings(input, &read, reader, &own, &before);
        best = better(best, found);
        if best.as_ref().is_some_and(Trial::is_done) {
            break;
        }
    }
    if let Some(best) = best {
        *trial = best;
    }
    Ok(())
}

/// Of the ways of cleaning, the first by which all is equal; else the one by which most is and nothing is worse.
fn by_cleanings(
    input: &Input<'_>,
    read: &SparkEvidence,
    reader: Reader,
    own: &Cells,
    trial: &Trial,
) -> Option<Trial> {
    let has_null = read.evidence.tuples.iter().any(|tuple| tuple.contains(&None));
    let mut best: Option<Trial> = None;
    for drops_null in [false, true] {
        if drops_null && !has_null {
            break;
        }
        let tidies = tidies(input).into_iter().map(|tidy| Tidy { drops_null, ..tidy });
        best = better(best, by_some(input, read, reader, own, trial, tidies.collect()));
        if best.as_ref().is_some_and(Trial::is_done) {
            break;
        }
    }
    best
}

fn by_some(
    input: &Input<'_>,
    read: &SparkEvidence,
    reader: Reader,
    own: &Cells,
    trial: &Trial,
    tidies: Vec<Tidy>,
) -> Option<Trial> {
    let of_keys = |tidy: Tidy| vec![tidy; input.tidies.len()];
    let predict = |tidy: Tidy| {
        let counts = counts(input.case, read, &of_keys(tidy));
        changed(&trial.new, &counts, own).map(|predicted| (tidy, predicted))
    };
    let is_whole = |tidy: Tidy, trial: &Trial| unplaced(input.case, read, &of_keys(tidy), trial);
    let tries: Vec<(Tidy, Cells)> = tidies.into_iter().filter_map(predict).collect();
    let explained = |tidy: Tidy, predicted: &Cells, fitting: &[Tidy]| {
        let text = text(input, read, reader, tidy, fitting);
        trial.explained("spark", predicted.clone(), |found| format!("{text}; the inputs counted so, {found}"))
    };
    let fitting = tries.iter().filter(|(tidy, predicted)| *predicted == trial.old && is_whole(*tidy, trial));
    let fitting: Vec<Tidy> = fitting.map(|(tidy, _)| *tidy).collect();
    if let Some(tidy) = fitting.first() {
        return Some(explained(*tidy, &trial.old, &fitting));
    }
    let mut best: Option<Trial> = None;
    for (tidy, predicted) in &tries {
        let alone = explained(*tidy, predicted, &[*tidy]);
        let is_settled = trial.fits(predicted);
        let of_spark = Input { evidence: &read.evidence, tidies: of_keys(*tidy), ..input.clone() };
        for next in with_others(&of_spark, &alone).into_iter().filter(|next| is_whole(*tidy, next)) {
            if next.is_done() {
                return Some(next);
            }
            best = better(best, Some(next).filter(|_| is_settled));
        }
    }
    best
}

/// The one that explains more, the first of equals.
fn better(best: Option<Trial>, next: Option<Trial>) -> Option<Trial> {
    match (best, next) {
        (Some(best), Some(next)) if next.left() < best.left() => Some(next),
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
    let of_file = |file: &FileEvidence| {
        let times = trial.files.get(&file.name).copied().unwrap_or(u64::from(file.accepted));
        let rows: Vec<_> = file.without_time.iter().map(|(tuple, n)| ((0, *tuple), n * times)).collect();
        let raw = rows.iter().map(|(cell, n)| (cell, n));
        let cells = read.evidence.counts(raw, tidies, case.values, case.old_drops_other);
        cells.iter().filter(|((_, value), _)| !trial.left_out.contains(value)).map(|(_, n)| n).sum::<u64>()
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

fn text(input: &Input<'_>, read: &SparkEvidence, reader: Reader, tidy: Tidy, fitting: &[Tidy]) -> String {
    let [old, new] = input.case.names;
    let options = match reader.options() {
        "" => String::new(),
        options => format!(" with {options}"),
    };
    let mut text = format!("{old} reads the inputs as Spark's CSV reader does{options}");
    let Oddities { surplus, missing, quotes, without_time, times } = read.oddities;
    let told = [
        (surplus, "with surplus fields cut"),
        (missing, "with missing fields null"),
        (quotes, "with quotes kept as text"),
    ];
    let mut parts: Vec<String> = told
        .iter()
        .filter(|(n, _)| *n > 0)
        .map(|(n, what)| format!("{} {what}", counted(*n, "row")))
        .collect();
    if without_time > 0 {
        parts.push(format!("null for {} that {new} reads", counted(without_time, "time")));
    }
    if times > 0 {
        parts.push(format!("{} that {new} rejects or reads otherwise", counted(times, "time")));
    }
    if !parts.is_empty() {
        text += &format!(" ({})", parts.join(", "));
    }
    text + &cleaning_words(input, tidy, fitting)
}

/// How values are cleaned, where that is not the job's way.
fn cleaning_words(input: &Input<'_>, tidy: Tidy, fitting: &[Tidy]) -> String {
    let Some(own) = input.job.cleaning.first().map(Tidy::of) else { return String::new() };
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
    words.iter().map(|words| format!(", {words}")).collect()
}
