//! The cases of `cases/`: behaviour as data, met through the program and through the library. `cases/README.md` says
//! what is in a case.
#![allow(clippy::unwrap_used)]

mod case;
mod library;
mod program;

use case::Case;

/// Whether expectations are rewritten instead of compared.
fn is_blessing() -> bool {
    std::env::var_os("WINDROW_BLESS").is_some_and(|value| value == "1")
}

/// Asks every case for its differences, and shows them all.
#[track_caller]
fn agree(differences: impl Fn(&Case) -> Vec<String>) {
    let found: Vec<String> = Case::all().iter().flat_map(differences).collect();
    assert!(found.is_empty(), "{} differences:\n\n{}", found.len(), found.join("\n\n"));
}

#[test]
fn every_folder_is_a_case() {
    assert!(Case::all().len() >= 100, "the cases are not where they are looked for");
    if !is_blessing() {
        agree(|case| case.faults.clone());
    }
}

#[test]
fn the_program_answers_as_expected() {
    if is_blessing() {
        Case::all().iter().for_each(program::bless);
    }
    agree(program::differences);
}

#[test]
fn the_library_answers_as_expected() {
    if !is_blessing() {
        agree(library::differences);
    }
}
