//! Fits: ways of counting that give the old counts, and what is certain where there is more than one.
//!
//! Two ways often fit a small answer. A claim that only one of them makes is not certain, and is not made.

use std::collections::BTreeSet;

use super::cleaning_rule::{CleaningRule, Trim};
use super::{Cause, Trial};
use crate::event::LetterCase as Letters;

/// The most ways to list one by one.
const TOLD_MAX: usize = 3;

/// A way of counting that gives the old counts.
#[derive(Clone)]
pub(super) struct Fit {
    pub(super) trial: Trial,
    /// The index of the cause that says how it counts; `None`: no cause says it.
    pub(super) at: Option<usize>,
    /// How it cleans values.
    pub(super) words: Words,
    /// All its claims: on options, on cleaning, on other causes.
    pub(super) claims: BTreeSet<String>,
}

impl Fit {
    /// Adds the claims of the causes after `known`, without its own.
    pub(super) fn claim_causes(&mut self, known: usize) {
        let others = self.trial.causes.iter().enumerate().skip(known);
        let others = others.filter(|(at, _)| Some(*at) != self.at).map(|(_, cause)| match cause.kind {
            "null" | "other" => cause.kind.to_owned(),
            _ => without_end(&cause.text).to_owned(),
        });
        self.claims.extend(others);
    }
}

/// The ways with the fewest claims: a way that makes all claims of another one and more is not needed.
#[derive(Default)]
pub(super) struct Fits {
    kept: Vec<Fit>,
}

impl Fits {
    /// Whether a part of these claims already explains everything.
    pub(super) fn has_less(&self, claims: &BTreeSet<String>) -> bool {
        self.kept.iter().any(|fit| fit.trial.is_done() && fit.claims.is_subset(claims))
    }

    pub(super) fn is_empty(&self) -> bool {
        self.kept.is_empty()
    }

    pub(super) fn push(&mut self, fit: Fit) {
        let left = |fit: &Fit| fit.trial.left();
        let best = self.kept.first().map(left);
        if best.is_some_and(|best| best < left(&fit)) {
            return;
        }
        if best.is_some_and(|best| best > left(&fit)) {
            self.kept.clear();
        }
        if self.kept.iter().any(|kept| kept.claims.is_subset(&fit.claims)) {
            return;
        }
        self.kept.retain(|kept| !fit.claims.is_subset(&kept.claims));
        self.kept.push(fit);
    }

    /// The trial with what is certain. `known` is the number of causes found before.
    pub(super) fn told(mut self, known: usize) -> Option<Trial> {
        self.kept.sort_by_key(|fit| (fit.claims.len(), fit.trial.causes.len()));
        self.join_trims();
        let first = self.kept.first()?.clone();
        let others = self.kept.get(1..).unwrap_or_default();
        if others.is_empty() {
            return Some(first.with_words(&first.words.joined()));
        }
        let is_so_read = |fit: &Fit| fit.head() == first.head() && fit.beside() == first.beside();
        if first.at.is_some() && others.iter().all(is_so_read) {
            let ways = self.kept.iter().map(|fit| fit.words.joined().join(" and "));
            return Some(first.with_words(&[either(ways.collect())]));
        }
        // The remaining differences are not the same either: nothing is certain.
        if !first.trial.is_done() {
            return None;
        }
        let way = |fit: &Fit| {
            let told = fit.with_words(&fit.words.joined());
            let causes: Vec<&str> =
                told.causes[known..].iter().map(|cause| without_end(&cause.text)).collect();
            causes.join(" and ")
        };
        let ways = either(self.kept.iter().map(way).collect());
        let mut trial = first.trial.clone();
        let windows = trial.causes[known..].iter().map(|cause| cause.windows).max().unwrap_or_default();
        trial.causes.truncate(known);
        let text = format!("{ways}; the inputs counted so, all windows are equal");
        trial.causes.push(Cause { kind: "either", verified: true, text, windows });
        Some(trial)
    }

    /// Where values may be trimmed of spaces or not at all, it is certain that other white space stays.
    fn join_trims(&mut self) {
        let mut at = 0;
        while at < self.kept.len() {
            let swapped = |fit: &Fit| {
                let words = Words { trim: Trim::Nothing, ..fit.words.clone() };
                fit.beside().union(&words.claims()).cloned().collect::<BTreeSet<String>>()
            };
            let own = &self.kept[at];
            let is_spaces = own.words.trim == Trim::Spaces && !own.words.is_either_trim;
            let twin = self.kept.iter().position(|other| is_spaces && other.claims == swapped(own));
            if let Some(twin) = twin {
                let own = &mut self.kept[at];
                let beside = own.beside();
                own.words.is_either_trim = true;
                own.claims = own.words.claims().union(&beside).cloned().collect();
                self.kept.remove(twin);
                at = 0;
            } else {
                at += 1;
            }
        }
    }
}

impl Fit {
    /// How it reads, in words.
    fn head(&self) -> Option<&str> {
        self.at.map(|at| without_end(&self.trial.causes[at].text))
    }

    /// Its claims other than on how values are cleaned.
    fn beside(&self) -> BTreeSet<String> {
        self.claims.difference(&self.words.claims()).cloned().collect()
    }

    /// Its causes, with `words` of how it cleans values.
    fn with_words(&self, words: &[String]) -> Trial {
        let mut trial = self.trial.clone();
        let Some(cause) = self.at.map(|at| &mut trial.causes[at]) else { return trial };
        let (head, end) = cause.text.split_at(without_end(&cause.text).len());
        let (before, between) = if cause.kind == "spark" { (", ", ", ") } else { (" ", " and ") };
        if !words.is_empty() {
            cause.text = format!("{head}{before}{}{end}", words.join(between));
        }
        trial
    }
}

/// The text of a cause without its last part, on windows.
fn without_end(text: &str) -> &str {
    text.rsplit_once("; ").map_or(text, |(head, _)| head)
}

/// Words for: one of `ways` is true.
fn either(mut ways: Vec<String>) -> String {
    let more = ways.len().saturating_sub(TOLD_MAX);
    ways.truncate(TOLD_MAX);
    if more > 0 {
        ways.push(format!("something else that was tried ({more} more)"));
    }
    format!("either {} (the counts fit each of them)", ways.join(", or "))
}

/// How values are cleaned, where that is not the job's way.
#[derive(Clone)]
pub(super) struct Words {
    own: Option<CleaningRule>,
    case: Letters,
    pub(super) trim: Trim,
    drops_null: bool,
    is_wide: bool,
    is_either_trim: bool,
}

impl Words {
    /// Of `cleaning_rule`, where the job cleans as `own`.
    pub(super) fn new(cleaning_rule: CleaningRule, own: Option<CleaningRule>, is_wide: bool) -> Words {
        let CleaningRule { case, trim, drops_null, .. } = cleaning_rule;
        Words { own, case, trim, drops_null, is_wide, is_either_trim: false }
    }

    /// Its claims, one by one.
    pub(super) fn claims(&self) -> BTreeSet<String> {
        // A cause of its own also claims that nulls are left out.
        let null = self.drops_null.then(|| "null".to_owned());
        let trim = self.trims("values");
        self.case().map(str::to_owned).into_iter().chain(trim).chain(null).collect()
    }

    pub(super) fn joined(&self) -> Vec<String> {
        let mut words: Vec<String> = self.case().map(str::to_owned).into_iter().collect();
        words.extend(self.trims(if words.is_empty() { "values" } else { "them" }));
        if self.drops_null {
            words.push("leaves out rows without a value".to_owned());
        }
        words
    }

    /// Columns are named in any case, so that all that do away with it look the same.
    fn case(&self) -> Option<&'static str> {
        match self.case {
            case if self.own.is_none_or(|own| own.case == case) => None,
            Letters::Keep => Some("keeps the case of values"),
            _ if self.is_wide => Some("counts values in any case"),
            Letters::Title => Some("brings values to title case"),
            Letters::Lower => Some("brings values to lower case"),
            Letters::Upper => Some("brings values to upper case"),
        }
    }

    fn trims(&self, of: &str) -> Option<String> {
        match (self.own?.trim, self.trim) {
            (own, other) if own == other => None,
            (Trim::White, _) if self.is_either_trim => {
                Some(format!("leaves white space other than spaces around {of}"))
            }
            (Trim::White, Trim::Spaces) => Some(format!("trims only spaces from {of}")),
            (Trim::White, _) => Some(format!("does not trim {of}")),
            _ => Some(format!("trims {of}")),
        }
    }
}
