//! Files that are read whole.

use super::*;

#[test]
fn a_second_run_reads_nothing() {
    let files = [file("b", 2), file("a", 1)];
    let mut ledger = ModelLedger::new(rules());
    assert_eq!(ledger.run(&files), ["a: new > new; 1/a", "b: new > new; 1/b"]);
    let plan = ledger.plan(&files).unwrap();
    assert_eq!((plan.reads().count(), plan.files[0].bytes()), (0, 0));
    let rows = ledger.rows.clone();
    assert_eq!(ledger.run(&files), ["a: same > same; 1/a", "b: same > same; 1/b"]);
    assert_eq!(ledger.rows, rows);
}

#[test]
fn a_changed_file_replaces_its_contribution() {
    let mut ledger = ModelLedger::of(&[file("a", 1)]);
    let changed = File { size: 9, ..file("a", 2) };
    let plan = ledger.plan(std::slice::from_ref(&changed)).unwrap();
    assert_eq!((plan.files[0].cause, plan.files[0].bytes()), (ReadReason::Changed, 9));
    let readings = [("a".into(), changed.reading(2))].into();
    let reconciled = ledger.reconcile(&plan, &readings).unwrap();
    assert_eq!(said(&plan, &reconciled), ["a: changed > changed; 2/a"]);
    assert_eq!(reconciled[0].leaves, Some(ContributionId("1/a".into())));
    assert_eq!(reconciled[0].enters, Some(ContributionId("2/a".into())));
}

#[test]
fn a_touched_file_is_hashed_and_keeps_its_contribution() {
    let mut ledger = ModelLedger::of(&[file("a", 1)]);
    let touched = File { stamp: mtime(7), ..file("a", 1) };
    assert_eq!(ledger.run(std::slice::from_ref(&touched)), ["a: touched > equal; 1/a"]);
    assert_eq!(ledger.row("a").version.stamp, mtime(7));
    assert_eq!(ledger.run(&[touched]), ["a: same > same; 1/a"]);
    let other = File { stamp: mtime(8), ..file("a", 2) };
    assert_eq!(ledger.run(&[other]), ["a: touched > changed; 4/a"]);
    let tagged = |tag: &str| File { stamp: Stamp::Etag(tag.into()), ..file("a", 2) };
    assert_eq!(ledger.run(&[tagged("x")]), ["a: touched > equal; 4/a"]);
    assert_eq!(ledger.run(&[tagged("x")]), ["a: same > same; 4/a"]);
    assert_eq!(ledger.run(&[tagged("y")]), ["a: touched > equal; 4/a"]);
}

#[test]
fn a_moved_file_keeps_its_contribution_under_its_new_name() {
    let mut ledger = ModelLedger::of(&[file("a", 1), file("z", 2)]);
    let files = [file("b", 1), file("z", 2)];
    let expected = ["a: gone > moved to b; -", "b: new > moved from a; 1/a", "z: same > same; 1/z"];
    assert_eq!(ledger.run(&files), expected);
    assert_eq!((ledger.row("a").state, ledger.row("a").other.as_deref()), (FileState::Moved, Some("b")));
    assert_eq!(ledger.run(&files)[..2], ["a: gone before > same; -", "b: same > same; 1/a"]);
    // It may come under another name long after it has gone.
    ledger.run(&[file("z", 2)]);
    let expected = "c: new > moved from b; 1/a";
    assert_eq!(ledger.run(&[file("c", 1), file("z", 2)])[2], expected);
}

#[test]
fn files_that_swap_their_names_swap_their_contributions() {
    let mut ledger = ModelLedger::of(&[file("a", 1), file("b", 2)]);
    let expected = ["a: touched > moved from b; 1/b", "b: touched > moved from a; 1/a"];
    let plan = ledger.plan(&[file("a", 2), file("b", 1)]).unwrap();
    let readings = [("a".into(), file("a", 2).reading(2)), ("b".into(), file("b", 1).reading(2))].into();
    let reconciled = ledger.reconcile(&plan, &readings).unwrap();
    assert_eq!(said(&plan, &reconciled), expected);
    assert!(reconciled.iter().all(|reconciled| reconciled.leaves.is_none() && reconciled.enters.is_none()));
}

#[test]
fn a_copy_is_refused_until_what_it_copies_is_gone() {
    let mut ledger = ModelLedger::of(&[file("b", 1)]);
    let both = [file("a", 1), file("b", 1)];
    let expected = ["a: new > the same content as b; -", "b: same > same; 1/b"];
    assert_eq!(ledger.run(&both), expected, "what counts goes on counting");
    assert!(ledger.row("a").is_duplicate());
    assert_eq!(ledger.run(&both), ["a: refused before > same; -", "b: same > same; 1/b"]);
    assert_eq!(ledger.run(&both[..1]), ["a: refused before > moved from b; 1/b", "b: gone > moved to a; -"]);
    let expected = ["a: same > same; 1/b", "b: returned > the same content as a; -"];
    assert_eq!(ledger.run(&both), expected);
}

#[test]
fn a_copy_counts_when_what_it_copies_changes() {
    let mut ledger = ModelLedger::of(&[file("a", 1), file("b", 1)]);
    assert_eq!(ledger.row("b").other.as_deref(), Some("a"), "the first by name counts");
    let expected = ["a: touched > changed; 2/a", "b: refused before > moved from a; 1/a"];
    assert_eq!(ledger.run(&[file("a", 2), file("b", 1)]), expected);
}

#[test]
fn copies_count_when_the_job_says_so() {
    let files = [file("a", 1), file("b", 1)];
    let mut ledger = ModelLedger::of(&files);
    ledger.rules.duplicates = Duplicates::Count;
    assert_eq!(ledger.run(&files), ["a: same > same; 1/a", "b: other rules > new; 2/b"]);
    ledger.rules.duplicates = Duplicates::Refuse;
    let expected = ["a: same > same; 1/a", "b: same > the same content as a; -"];
    assert_eq!(ledger.run(&files), expected, "and are refused without reading them");
}

#[test]
fn a_copy_that_cannot_be_read_is_refused_and_said_to_be_unread() {
    let mut ledger = ModelLedger::new(Rules { duplicates: Duplicates::Count, ..rules() });
    ledger.run(&[file("a", 1), file("b", 1)]);
    ledger.rules.duplicates = Duplicates::Refuse;
    let files = [file("a", 1), file("b", 2)];
    let plan = ledger.plan(&files).unwrap();
    let readings = [("b".into(), Reading::Unread { reason: "it changed".into(), may_pass: true })].into();
    let reconciled = ledger.reconcile(&plan, &readings).unwrap();
    assert_eq!(said(&plan, &reconciled), ["a: same > same; 1/a", "b: touched > not read: it changed; -"]);
    assert!(ledger.row("b").is_duplicate());
    assert_eq!(ledger.run(&files), ["a: same > same; 1/a", "b: touched > new; 2/b"]);
}

#[test]
fn a_copy_whose_twin_is_in_no_row_is_read() {
    let files = [file("a", 1), file("b", 1)];
    let mut ledger = ModelLedger::of(&files);
    ledger.rows.remove(0);
    assert_eq!(ledger.run(&files[1..]), ["b: other rules > new; 2/b"]);
}

#[test]
fn files_without_rows_are_no_duplicates() {
    let empty = |name| File { size: 0, ..file(name, 0) };
    let mut ledger = ModelLedger::of(&[empty("a"), empty("b")]);
    assert_eq!(ledger.run(&[empty("a"), empty("b")]), ["a: same > same; 1/a", "b: same > same; 1/b"]);
    let header = |content| {
        let Reading::Counted(mut content) = file("a", content).reading(1) else { unreachable!() };
        content.tally = Tally { read: 3, blank: 1, comment: 1, repeated_header: 1, ..Tally::default() };
        content
    };
    let plan = plan(&[file("a", 5).listed(), file("b", 5).listed()], &[], &rules()).unwrap();
    let readings = ["a", "b"].map(|name| (name.into(), Reading::Counted(header(5)))).into();
    assert!(reconcile(&plan, &readings).unwrap().iter().all(|reconciled| reconciled.became == Became::New));
}

#[test]
fn a_racy_file_is_hashed_once_more() {
    let at_us = 1_000_000 * SECOND_US;
    let racy = |us: i64| Stamp::Mtime { us }.is_racy(at_us, false);
    assert_eq!([at_us - 49_999, at_us - 50_000].map(|us| racy(us + 1)), [true, true]);
    assert_eq!([at_us - 50_001, at_us - 60_000].map(racy), [false, false]);
    assert_eq!([at_us - SECOND_US, at_us - 2 * SECOND_US].map(racy), [true, false], "of whole seconds");
    assert!(!Stamp::Etag("x".into()).is_racy(at_us, false));
    let young = File { stamp: Stamp::Mtime { us: at_us - 10 }, ..file("a", 1) };
    let mut ledger = ModelLedger::of(std::slice::from_ref(&young));
    assert!(ledger.row("a").racy);
    // A changed look-up is what a person has to know, whenever the file itself was changed.
    ledger.rows[0].other_table = Some(0);
    let planned = &ledger.plan(std::slice::from_ref(&young)).unwrap().files[0];
    assert_eq!((planned.cause, planned.read), (ReadReason::OtherTable(0), Read::Whole));
    ledger.rows[0].other_table = None;
    let expected = ["a: to check again > changed; 2/a"];
    assert_eq!(ledger.run(&[File { content: 2, ..young }]), expected, "the same size and stamp");
}

#[test]
fn a_time_of_change_ahead_of_the_clock_is_racy_once() {
    let ahead = File { stamp: mtime(2_000_000), ..file("a", 1) };
    let mut ledger = ModelLedger::of(std::slice::from_ref(&ahead));
    assert_eq!(ledger.run(std::slice::from_ref(&ahead)), ["a: to check again > equal; 1/a"]);
    assert_eq!(ledger.run(&[ahead]), ["a: same > same; 1/a"]);
}

#[test]
fn a_refused_file_is_read_again_by_other_rules_only() {
    let bad = File { rejected: 2, ..file("a", 1) };
    let mut ledger = ModelLedger::new(rules());
    let refused = "refused: 2 of 8 rows are rejects, more than the limit allows";
    assert_eq!(ledger.run(std::slice::from_ref(&bad)), [format!("a: new > {refused}; -")]);
    assert_eq!(ledger.run(std::slice::from_ref(&bad)), ["a: refused before > same; -"]);
    (ledger.rules.rejects, ledger.rules.refusal) = (RejectLimit::Rows(2), "2".into());
    assert_eq!(ledger.run(std::slice::from_ref(&bad)), ["a: other rules > new; 3/a"]);
    (ledger.rules.rejects, ledger.rules.refusal) = (RejectLimit::Rows(1), "1".into());
    let expected = [format!("a: same > {refused}; -")];
    assert_eq!(ledger.run(std::slice::from_ref(&bad)), expected, "known without reading it");
    assert_eq!(ledger.run(&[File { size: 9, rejected: 0, ..bad }]), ["a: changed > new; 5/a"]);
}

#[test]
fn a_refused_reading_is_remembered_and_an_unread_one_is_not() {
    let mut ledger = ModelLedger::of(&[file("a", 1), file("b", 2)]);
    let files = [file("a", 3), File { size: 9, ..file("b", 4) }, file("c", 5)];
    let plan = ledger.plan(&files).unwrap();
    let Reading::Counted(content) = files[0].reading(2) else { unreachable!() };
    let refused = Reading::Refused {
        opened: content.opened,
        fingerprint: None,
        tally: Box::default(),
        reason: "no header".into(),
    };
    let unread = || Reading::Unread { reason: "it changed".into(), may_pass: true };
    let readings =
        [("a".into(), refused), ("b".into(), unread()), ("c".into(), unread())].into_iter().collect();
    let reconciled = ledger.reconcile(&plan, &readings).unwrap();
    let expected = [
        "a: touched > refused: no header; -",
        "b: changed > not read: it changed; 1/b",
        "c: new > not read: it changed; -",
    ];
    assert_eq!(said(&plan, &reconciled), expected);
    assert_eq!((reconciled[0].leaves.is_some(), reconciled[2].row.is_none()), (true, true));
    let expected = ["a: refused before > same; -", "b: changed > changed; 2/b", "c: new > new; 2/c"];
    ledger.runs = 1;
    assert_eq!(ledger.run(&files), expected);
}

#[test]
fn a_file_that_returns_takes_its_row_back() {
    let both = [file("a", 1), file("b", 2)];
    let mut ledger = ModelLedger::of(&both);
    assert_eq!(ledger.run(&both[1..])[0], "a: gone > gone, its counts stay; 1/a");
    assert_eq!(ledger.run(&both[1..])[0], "a: gone before > same; 1/a");
    assert_eq!(ledger.run(&both)[0], "a: returned > equal; 1/a");
    ledger.run(&both[1..]);
    assert_eq!(ledger.run(&[file("a", 3), file("b", 2)])[0], "a: returned > changed; 6/a");
}

#[test]
fn what_left_a_table_is_subtracted_and_other_files_that_are_gone_stay() {
    let mut ledger = ModelLedger::of(&[file("t/a", 1), file("t/b", 2), file("tu/c", 3)]);
    ledger.rules.tables = vec!["t/".into()];
    // All files of the table leave it, and one is gone whose folder has a similar name.
    assert_eq!(
        ledger.run(&[file("t/d", 4)]),
        [
            "t/a: gone > gone; -",
            "t/b: gone > gone; -",
            "t/d: new > new; 2/t/d",
            "tu/c: gone > gone, its counts stay; 1/tu/c"
        ]
    );
    assert_eq!(ledger.run(&[])[2..], ["t/d: gone > gone; -", "tu/c: gone before > same; 1/tu/c"]);
}
