//! The cases of `cases/`: behaviour as data, met through the program and through the library. `cases/README.md` says
//! what is in a case.
#![allow(clippy::unwrap_used)]

mod case;
mod library;
mod program;
mod stored;

use std::io::{self, Write};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use case::Case;

/// Whether expectations are rewritten instead of compared.
fn is_blessing() -> bool {
    std::env::var_os("WINDROW_BLESS").is_some_and(|value| value == "1")
}

/// Asks every case for its differences, and shows them all.
#[track_caller]
fn agree(differences: impl Fn(&Case) -> Vec<String> + Sync) {
    agree_of(&Case::all(), differences);
}

/// Asks some cases at a time, as each mostly waits.
#[track_caller]
fn agree_of<T: Sync>(cases: &[T], differences: impl Fn(&T) -> Vec<String> + Sync) {
    const AT_A_TIME: usize = 4;
    let next = AtomicUsize::new(0);
    let ask = || {
        let mut found = Vec::new();
        while let Some(case) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
            found.extend(differences(case));
        }
        found
    };
    let mut found: Vec<String> = thread::scope(|scope| {
        let threads: Vec<_> = (0..AT_A_TIME).map(|_| scope.spawn(ask)).collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    found.sort();
    assert!(found.is_empty(), "{} differences:\n\n{}", found.len(), found.join("\n\n"));
}

#[test]
fn every_folder_is_a_case() {
    assert!(!Case::all().is_empty(), "there is no case");
    if !is_blessing() {
        agree(|case| case.faults.clone());
    }
}

#[test]
fn the_program_answers_as_expected() {
    if is_blessing() {
        Case::all().iter().for_each(program::bless);
    }
    match stored::address() {
        Some(address) => the_program_answers_of_a_store(&address),
        None => agree(program::differences),
    }
}

fn the_program_answers_of_a_store(address: &str) {
    let (wanted, cases) = stored::cases(address);
    agree_of(&cases, program::differences_in_store);
    let left_out = wanted - cases.len();
    let mut stdout = io::stdout();
    writeln!(stdout, "cases in a store: {} asked, {left_out} left out", cases.len()).unwrap();
}

#[test]
fn the_library_answers_as_expected() {
    if !is_blessing() {
        agree(library::differences);
    }
}
