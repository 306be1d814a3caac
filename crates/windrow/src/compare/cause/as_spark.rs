//! The usual cause with an old PySpark job: it reads the inputs as Spark's CSV reader does.
//!
//! It is tried before all others, with each way of cleaning values, alone and together with other causes. It is accepted when
//! it makes all windows equal, or all that it changes. Where several ways give the old counts, `fits` decides what is certain.

use std::collections::BTreeSet;

use super::cleaning_rule::{CleaningRule, Trim, of_job};
use super::evidence::FileEvidence;
use super::fits::{Fit, Fits, Words};
use super::reading::{CastOrPattern, Oddities, SparkEvidence, SparkInputs};
use super::{Disagreement, JobInputs, Trial, changed};
use crate::compare::answer::CountsByWindow;
use crate::compare::spark::SparkCsvOptions;
use crate::error::Result;
use crate::event::LetterCase as Letters;
use crate::text::number::counted;

/// Which readings are tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TriedReadings {
    /// Readings whose rows differ from the job's.
    Others,
    /// The usual reading, if it has the job's rows: it differs only in how values are cleaned.
    Same,
}

/// Reads by Spark's rules, and puts the simplest reading that explains the most into `trial`.
pub(super) fn try_all(
    input: &JobInputs<'_>,
    inputs: &SparkInputs<'_>,
    readings: TriedReadings,
    trial: &mut Trial,
) -> Result<()> {
    let own = input.counts(&input.evidence.cells);
    let mut before = trial.clone();
    super::spelling::without_column(input.case, &mut before);
    let mut search =
        SparkSearch { input, readings, own: &own, before: &before, same: None, fits: Fits::default() };
    let readers = search.by_readers(inputs)?;
    let is_told = search.fits.has_less(&BTreeSet::new());
    let ways = match readings == TriedReadings::Others && !is_told && !readers.is_empty() {
        true => inputs.by_patterns(trial.old.is_empty())?,
        false => vec![],
    };
    let readers = readers.into_iter().filter(|reader| !reader.drops_malformed && !ways.is_empty());
    for reader in readers {
        let read = inputs.read(reader, &ways)?.unwrap_or_default();
        read.iter().zip(&ways).for_each(|(read, way)| search.by_cleanings(reader, way, read));
    }
    // What is explained by a reading may be explained without it.
    if let Some(read) = search.same.take().filter(|_| !search.fits.is_empty()) {
        search.readings = TriedReadings::Same;
        search.by_cleanings(SparkCsvOptions::ALL[0], &CastOrPattern::default(), &read);
    }
    if let Some(best) = search.fits.told(before.causes.len()) {
        *trial = best;
    }
    Ok(())
}

/// The claims about an old job that reads in this way.
fn claims_of(reader: SparkCsvOptions, way: &CastOrPattern) -> BTreeSet<String> {
    let pattern = way.patterns.first().map(|pattern| pattern.0.to_owned());
    reader.options().into_iter().map(str::to_owned).chain(pattern).collect()
}

/// The search for an explanation of the old answer.
struct SparkSearch<'s> {
    input: &'s JobInputs<'s>,
    readings: TriedReadings,
    own: &'s CountsByWindow,
    /// What was found before.
    before: &'s Trial,
    /// The first reading that has the job's rows.
    same: Option<SparkEvidence>,
    fits: Fits,
}

impl SparkSearch<'_> {
    /// Reads by all options that may read differently from fewer of them; those options.
    fn by_readers(&mut self, inputs: &SparkInputs<'_>) -> Result<Vec<SparkCsvOptions>> {
        let case = self.input.case;
        let mut tried: Vec<SparkCsvOptions> = Vec::new();
        let mut has_quotes = true;
        // The options with which some rows have more or fewer fields than there are columns.
        let mut malformed: Vec<SparkCsvOptions> = Vec::new();
        for reader in SparkCsvOptions::ALL {
            let kept = SparkCsvOptions { drops_malformed: false, ..reader };
            let drops_none = reader.drops_malformed && !malformed.contains(&kept);
            // Without a quote in the inputs, the escape has no effect.
            let is_needless = drops_none || reader.quote_escapes && !has_quotes;
            // If fewer claims explain everything, these options are not needed.
            if is_needless || self.fits.has_less(&claims_of(reader, &CastOrPattern::default())) {
                continue;
            }
            let Some(read) =
                inputs.read(reader, &[CastOrPattern::default()])?.and_then(|mut read| read.pop())
            else {
                continue;
            };
            has_quotes = read.has_quotes;
            if read.oddities.surplus + read.oddities.missing > 0 {
                malformed.push(reader);
            }
            tried.push(reader);
            let is_same = counts(case, &read, &of_job(&self.input.job.cleaning)) == *self.own;
            let is_tried = match self.readings {
                TriedReadings::Others => !is_same || case.old_unplaced > 0,
                TriedReadings::Same => is_same && reader == SparkCsvOptions::ALL[0],
            };
            if is_tried {
                self.by_cleanings(reader, &CastOrPattern::default(), &read);
            } else if is_same && self.same.is_none() {
                self.same = Some(read);
            }
            if self.readings == TriedReadings::Same {
                break;
            }
        }
        Ok(tried)
    }

    /// Tries each way of cleaning values that may say less than those that fit.
    fn by_cleanings(&mut self, reader: SparkCsvOptions, way: &CastOrPattern, read: &SparkEvidence) {
        let own = self.input.job.cleaning.first().map(CleaningRule::of);
        let case = self.input.case;
        // Ways in which all values become the same ones fit or do not fit together.
        let mut failed: Vec<Vec<Option<u32>>> = Vec::new();
        for cleaning_rule in cleaning_rules(self.input, read.evidence.has_null()) {
            let words = Words::new(cleaning_rule, own, case.old_is_wide);
            let claims: BTreeSet<String> = words.claims().union(&claims_of(reader, way)).cloned().collect();
            let cleaning_rules = vec![cleaning_rule; self.input.cleaning_rules.len()];
            let numbers = read.evidence.numbers(&cleaning_rules, case.values, case.old_drops_other);
            if self.fits.has_less(&claims) || failed.contains(&numbers) {
                continue;
            }
            let found = self.beside(reader, way, read, &cleaning_rules, &words);
            if found.is_empty() {
                failed.push(numbers);
            }
            for (trial, at) in found {
                let mut fit = Fit { trial, at, words: words.clone(), claims: claims.clone() };
                fit.claim_causes(self.before.causes.len());
                self.fits.push(fit);
            }
        }
    }

    /// What explains more, with values cleaned so: this alone, or with other causes.
    fn beside(
        &self,
        reader: SparkCsvOptions,
        way: &CastOrPattern,
        read: &SparkEvidence,
        cleaning_rules: &[CleaningRule],
        words: &Words,
    ) -> Vec<(Trial, Option<usize>)> {
        let counts = counts(self.input.case, read, cleaning_rules);
        // What a job published before may be of other inputs than those that are read now.
        let is_whole = counts == self.before.old;
        let predicted = match is_whole {
            true => Some(counts),
            false => changed(&self.before.new, &counts, self.own),
        };
        let Some(predicted) = predicted else { return vec![] };
        let (alone, at) = self.explained(&predicted, words, self.text(reader, way, read));
        let evidence = &read.evidence;
        let found = match is_whole {
            true => vec![alone],
            false => with_others(
                &JobInputs { evidence, cleaning_rules: cleaning_rules.to_vec(), ..self.input.clone() },
                &alone,
            ),
        };
        let is_explained = self.before.fits(&predicted);
        let is_believed = |next: &Trial| {
            (next.is_done() || is_explained) && unplaced(self.input.case, read, cleaning_rules, next)
        };
        found.into_iter().filter(is_believed).map(|trial| (trial, at)).collect()
    }

    fn explained(&self, predicted: &CountsByWindow, words: &Words, text: String) -> (Trial, Option<usize>) {
        let (kind, text) = match self.readings {
            TriedReadings::Others => ("spark", text),
            // It makes no claim: other causes explain the differences.
            TriedReadings::Same if words.claims().is_empty() => return (self.before.clone(), None),
            TriedReadings::Same => ("case", self.input.case.names[0].to_owned()),
        };
        let text = |found: &str| format!("{text}; the inputs counted so, {found}");
        let trial = self.before.explained(kind, predicted.clone(), text);
        (trial, Some(self.before.causes.len()))
    }

    /// Says in words what Spark's reader does with these inputs.
    fn text(&self, reader: SparkCsvOptions, way: &CastOrPattern, read: &SparkEvidence) -> String {
        let [old, new] = self.input.case.names;
        let options = match &reader.options()[..] {
            [] => String::new(),
            options => format!(" with {}", options.join(", ")),
        };
        let pattern =
            way.name().map(|name| format!(" and its times as the pattern {name} does")).unwrap_or_default();
        let text = format!("{old} reads the inputs as Spark's CSV reader does{options}{pattern}");
        let Oddities { surplus, missing, quotes, without_time, times } = read.oddities;
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

/// Adds other causes. The order in which two are tried may decide whether the second one is found.
fn with_others(input: &JobInputs<'_>, alone: &Trial) -> Vec<Trial> {
    let mut files_first = alone.clone();
    super::files::try_all(input, &mut files_first);
    super::spelling::left_out(input.case, &mut files_first);
    if files_first.is_done() {
        return vec![files_first];
    }
    let mut values_first = alone.clone();
    super::spelling::left_out(input.case, &mut values_first);
    let input = &JobInputs { left_out: values_first.left_out.clone(), ..input.clone() };
    super::files::try_all(input, &mut values_first);
    super::zones::try_recounts(input, &mut values_first);
    vec![files_first, values_first]
}

fn counts(case: &Disagreement<'_>, read: &SparkEvidence, cleaning_rules: &[CleaningRule]) -> CountsByWindow {
    read.evidence.counts(&read.evidence.cells, cleaning_rules, case.values, case.old_drops_other)
}

/// Whether the old answer counts as many rows without a window as Spark finds rows without a time, or leaves them out.
fn unplaced(
    case: &Disagreement<'_>,
    read: &SparkEvidence,
    cleaning_rules: &[CleaningRule],
    trial: &Trial,
) -> bool {
    let counted: BTreeSet<u32> = trial.old.keys().map(|(_, value)| *value).collect();
    let of_file = |file: &FileEvidence| {
        let times = trial.files.get(&file.name).copied().unwrap_or(u64::from(file.accepted));
        let rows: Vec<_> = file.without_time.iter().map(|(tuple, n)| ((0, *tuple), n * times)).collect();
        let raw = rows.iter().map(|(cell, n)| (cell, n));
        let cells = read.evidence.counts(raw, cleaning_rules, case.values, case.old_drops_other);
        // Where values are left out, those that no window has are too.
        let is_left_out = |value: u32| {
            trial.left_out.contains(&value) || !trial.left_out.is_empty() && !counted.contains(&value)
        };
        cells.iter().filter(|((_, value), _)| !is_left_out(*value)).map(|(_, n)| n).sum::<u64>()
    };
    case.old_unplaced == 0 || read.evidence.files.iter().map(of_file).sum::<u64>() == case.old_unplaced
}

/// The ways of cleaning to try, those with the fewest claims first.
fn cleaning_rules(input: &JobInputs<'_>, has_null: bool) -> Vec<CleaningRule> {
    let own = input.job.cleaning.first().map(CleaningRule::of);
    let cuts: &[bool] = if input.case.may_be_cut_in_writing { &[true, false] } else { &[false] };
    let empty_is_null = !input.case.old_has_empty_text;
    let mut all = Vec::new();
    for case in [Letters::Keep, Letters::Title, Letters::Lower, Letters::Upper] {
        for trim in [Trim::White, Trim::Spaces, Trim::Nothing] {
            for drops_null in [false, true].into_iter().filter(|drops_null| has_null || !drops_null) {
                let cut = |is_cut_in_writing| CleaningRule {
                    trim,
                    case,
                    empty_is_null,
                    drops_null,
                    is_cut_in_writing,
                };
                all.extend(cuts.iter().map(|is_cut| cut(*is_cut)));
            }
        }
    }
    all.sort_by_key(|cleaning_rule| Words::new(*cleaning_rule, own, input.case.old_is_wide).claims().len());
    all
}
