//! Files that were counted without a fingerprint.

use super::*;

/// The engine does not see its bytes.
fn unhashed_file(name: &'static str, content: u128) -> File {
    File { is_hashed: false, ..file(name, content) }
}

/// A ledger of one file without a fingerprint.
fn ledger() -> ModelLedger {
    let ledger = ModelLedger::of(&[unhashed_file("a", 1)]);
    assert_eq!(ledger.row("a").fingerprint, None);
    ledger
}

#[test]
fn a_file_without_a_fingerprint_is_read_again_when_its_stamp_changes() {
    let mut ledger = ledger();
    assert_eq!(ledger.run(&[unhashed_file("a", 1)]), ["a: same > same; 1/a"]);
    let touched = File { stamp: mtime(7), ..unhashed_file("a", 1) };
    assert_eq!(ledger.run(&[touched]), ["a: touched > changed; 3/a"], "never equal by no hash");
    ledger.rows[0].racy = true;
    let touched = File { stamp: mtime(7), ..unhashed_file("a", 2) };
    assert_eq!(ledger.run(&[touched]), ["a: to check again > changed; 4/a"]);
}

#[test]
fn files_that_differ_are_not_hashed() {
    let mut ledger = ledger();
    let longer = File { size: 9, ..unhashed_file("b", 2) };
    let dirtier = File { rejected: 1, ..unhashed_file("c", 3) };
    ledger.run(&[unhashed_file("a", 1), longer, dirtier]);
    assert!(ledger.rows.iter().all(|row| row.contribution.is_some() && row.fingerprint.is_none()));
}

#[test]
fn files_that_are_alike_are_hashed_where_they_are_there() {
    let mut ledger = ledger();
    let expected = ["a: same > same; 1/a", "b: new > the same content as a; -", "c: new > new; 2/c"];
    let files = [unhashed_file("a", 1), unhashed_file("b", 1), unhashed_file("c", 2)];
    assert_eq!(ledger.run(&files), expected);
    assert_eq!(ledger.row("a").fingerprint, Some(1), "it is known from now on");
    let expected = ["a: same > same; 1/a", "b: refused before > same; -", "c: same > same; 2/c"];
    assert_eq!(ledger.run(&files), expected);
    let expected =
        ["a: gone > moved to b; -", "b: refused before > moved from a; 1/a", "c: same > same; 2/c"];
    assert_eq!(ledger.run(&files[1..]), expected);
}

#[test]
fn copies_are_not_hashed_where_they_count() {
    let mut ledger = ModelLedger::new(Rules { duplicates: Duplicates::Count, ..rules() });
    ledger.run(&[unhashed_file("a", 1), unhashed_file("b", 1)]);
    assert!(ledger.rows.iter().all(|row| row.contribution.is_some() && row.fingerprint.is_none()));
    ledger.rules.duplicates = Duplicates::Refuse;
    let expected = ["a: same > same; 1/a", "b: same > the same content as a; -"];
    assert_eq!(ledger.run(&[unhashed_file("a", 1), unhashed_file("b", 1)]), expected);
}

#[test]
fn what_may_be_a_file_that_is_gone_is_refused() {
    let mut ledger = ledger();
    let said = ledger.run(&[file("b", 1)]);
    assert!(
        said[1].starts_with("b: new > refused: it cannot be told from a, which counts and is gone"),
        "{said:?}"
    );
    assert_eq!(said[0], "a: gone > gone, its counts stay; 1/a");
    assert!(ledger.row("b").is_in_doubt());
    let again = ["a: gone before > kept", "b: refused before > same; -"];
    assert_eq!(ledger.run(&[file("b", 1)])[1], again[1], "and is not read again");
    // Another size is another content.
    let said = ledger.run(&[file("b", 1), File { size: 9, ..file("c", 3) }]);
    assert_eq!(said[2], "c: new > new; 4/c");
    // When it is back, it is hashed, and the other is read.
    let said = ledger.run(&[unhashed_file("a", 1), file("b", 2)]);
    assert_eq!(said[..2], ["a: returned > changed; 5/a", "b: touched > new; 5/b"]);
}

#[test]
fn a_file_that_was_in_doubt_is_a_copy_when_what_was_gone_is_back() {
    let mut ledger = ledger();
    ledger.run(&[file("b", 1)]);
    let said = ledger.run(&[unhashed_file("a", 1), file("b", 1)]);
    assert_eq!(said, ["a: returned > changed; 3/a", "b: other rules > the same content as a; -"]);
}

#[test]
fn what_may_be_a_file_that_is_gone_counts_where_copies_do_and_is_told() {
    let mut ledger = ledger();
    ledger.run(&[file("b", 1)]);
    ledger.rules.duplicates = Duplicates::Count;
    let plan = ledger.plan(&[file("b", 1)]).unwrap();
    let readings = [("b".into(), file("b", 1).reading(9))].into();
    let reconciled = ledger.reconcile(&plan, &readings).unwrap();
    assert_eq!(said(&plan, &reconciled)[1], "b: other rules > new; 9/b");
    assert_eq!(counted_in_doubt(&plan, &reconciled), [("b", "a")]);
    assert_eq!(ledger.run(&[file("b", 1)])[1], "b: same > same; 9/b");
}

#[test]
fn what_may_be_a_file_that_is_gone_counts_where_that_leaves() {
    let mut ledger = ledger();
    (ledger.rules.on_gone, ledger.rules.gone_accepted) = (OnGone::Subtract, true);
    assert_eq!(ledger.run(&[unhashed_file("b", 1)]), ["a: gone > gone; -", "b: new > new; 2/b"]);
}

#[test]
fn a_hashed_file_that_is_gone_is_known_again() {
    let mut ledger = ModelLedger::of(&[file("a", 1)]);
    let expected = ["a: gone > moved to b; -", "b: new > moved from a; 1/a"];
    assert_eq!(ledger.run(&[unhashed_file("b", 1)]), expected);
}

#[test]
fn a_file_that_may_be_one_that_cannot_be_hashed_waits() {
    let mut ledger = ledger();
    let files = [unhashed_file("a", 1), unhashed_file("b", 1)];
    let plan = ledger.plan(&files).unwrap();
    let mut readings = [("b".into(), files[1].reading(2))].into();
    hash(&plan, &mut readings, &|name| (name == "b").then_some(1));
    let reconciled = ledger.reconcile(&plan, &readings).unwrap();
    assert_eq!(reconciled[1].row, None);
    assert!(matches!(reconciled[1].became, Became::Unread { .. }));
    assert_eq!(ledger.run(&files)[1], "b: new > the same content as a; -");
}

/// Read by an engine that sees the lines and not the bytes.
fn lines_file(name: &'static str, content: u128) -> File {
    File { is_hashed: false, has_lines: true, ..file(name, content) }
}

#[test]
fn files_are_compared_by_their_lines_where_no_bytes_are_seen() {
    let mut ledger = ModelLedger::of(&[lines_file("a", 1), lines_file("b", 2)]);
    let plan = ledger.plan(&[lines_file("c", 1), lines_file("b", 2), lines_file("d", 2)]).unwrap();
    let readings =
        [("c", 1), ("d", 2)].map(|(name, content)| (name.into(), lines_file(name, content).reading(2)));
    assert_eq!(unhashed(&plan, &readings.into()).unwrap(), [], "all of it is known");
    let expected = [
        "a: gone > moved to c; -",
        "b: same > same; 1/b",
        "c: new > moved from a; 1/a",
        "d: new > the same content as b; -",
    ];
    let files = [lines_file("b", 2), lines_file("c", 1), lines_file("d", 2)];
    assert_eq!(ledger.run(&files), expected);
    assert!(ledger.rows.iter().all(|row| row.fingerprint.is_none()));
    let expected = ["b: same > same; 1/b", "c: same > same; 1/a", "d: refused before > same; -"];
    assert_eq!(ledger.run(&files)[1..], expected);
    let touched = File { stamp: mtime(7), ..lines_file("b", 2) };
    assert_eq!(ledger.run(&[touched, files[1].clone(), files[2].clone()])[1], "b: touched > equal; 1/b");
}

#[test]
fn engines_that_know_other_hashes_know_each_others_files() {
    // What is gone is known by its lines, and what is there is hashed for them.
    let mut ledger = ModelLedger::of(&[lines_file("a", 1)]);
    assert_eq!(ledger.run(&[file("b", 1)]), ["a: gone > moved to b; -", "b: new > moved from a; 1/a"]);
    assert_eq!((ledger.row("b").fingerprint, ledger.row("b").lines), (Some(1), Some(lines(1))));
    // Both are known of it from now on, whichever engine reads a copy.
    let said = ledger.run(&[file("b", 1), lines_file("c", 1), file("d", 1), file("e", 2)]);
    assert_eq!(said[2], "c: new > the same content as b; -");
    assert_eq!(said[3..], ["d: new > the same content as b; -", "e: new > new; 3/e"]);
    // The same the other way round.
    let mut ledger = ModelLedger::of(&[file("a", 1)]);
    assert_eq!(ledger.run(&[lines_file("b", 1)]), ["a: gone > moved to b; -", "b: new > moved from a; 1/a"]);
    let mut ledger = ModelLedger::of(&[file("a", 1)]);
    let expected = ["a: same > same; 1/a", "b: new > the same content as a; -", "c: new > new; 2/c"];
    assert_eq!(ledger.run(&[file("a", 1), lines_file("b", 1), lines_file("c", 2)]), expected);
    let touched = File { stamp: mtime(7), ..lines_file("a", 1) };
    assert_eq!(ledger.run(&[touched])[0], "a: touched > changed; 3/a", "nothing in common is known");
}

#[test]
fn copies_that_both_count_are_compared_when_only_one_may() {
    let mut ledger = ModelLedger::new(Rules { duplicates: Duplicates::Count, ..rules() });
    ledger.run(&[file("a", 1)]);
    let touched = |us| File { stamp: mtime(us), ..lines_file("b", 1) };
    ledger.run(&[file("a", 1), touched(5)]);
    ledger.rules.duplicates = Duplicates::Refuse;
    // Its lines are what they were, and nothing is known in common with the other file yet.
    let expected = ["a: same > same; 1/a", "b: touched > the same content as a; -"];
    assert_eq!(ledger.run(&[file("a", 1), touched(7)]), expected);
}

#[test]
fn a_copy_that_is_known_by_its_lines_alone_is_hashed_too() {
    let mut ledger = ModelLedger::of(&[file("a", 1)]);
    ledger.run(&[file("a", 1), lines_file("b", 2)]);
    let said = ledger.run(&[lines_file("a", 2), lines_file("b", 2)]);
    assert_eq!(said[0], "a: touched > the same content as b; -");
    assert_eq!(ledger.row("a").fingerprint, None);
    let said = ledger.run(&[lines_file("a", 2), lines_file("b", 2), file("c", 1)]);
    assert_eq!(said[2], "c: new > new; 4/c");
}
