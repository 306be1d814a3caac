//! What a person has to see.

use super::*;

fn names() -> Vec<&'static str> {
    vec!["a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l", "m", "n", "o", "p", "q", "r", "s", "t"]
}

fn twenty() -> Vec<File> {
    names().into_iter().zip(1..).map(|(name, content)| file(name, content)).collect()
}

#[test]
fn an_empty_listing_stops() {
    let mut ledger = ModelLedger::of(&twenty());
    let error = ledger.try_run(&[]).unwrap_err();
    assert_eq!(error.kind().exit_code(), 5);
    assert_eq!(error.message(), "no input is listed, and the ledger has 20 counted files");
    assert!(error.help_text().is_some());
    ledger.rules.gone_accepted = true;
    assert_eq!(ledger.run(&[])[0], "a: gone > gone, its counts stay; 1/a");
    ledger.rules.gone_accepted = false;
    assert_eq!(ledger.run(&[])[0], "a: gone before > same; 1/a", "all that is gone has been accepted");
    assert!(ModelLedger::new(rules()).run(&[]).is_empty());
}

#[test]
fn subtracting_more_than_a_tenth_stops() {
    let files = twenty();
    let mut ledger = ModelLedger::of(&files);
    ledger.rules.on_gone = OnGone::Subtract;
    let error = ledger.plan(&files[3..]).unwrap_err();
    assert_eq!(error.kind().exit_code(), 5);
    assert!(error.message().starts_with("3 of 20 counted files are gone"), "{error}");
    assert_eq!(ledger.run(&files[2..])[..2], ["a: gone > gone; -", "b: gone > gone; -"]);
    ledger.rules.gone_accepted = true;
    assert_eq!(
        ledger.run(&files[5..])[..3],
        ["a: gone before > same; -", "b: gone before > same; -", "c: gone > gone; -"]
    );
}

#[test]
fn what_has_moved_is_not_gone() {
    let files = twenty();
    let mut ledger = ModelLedger::of(&files);
    ledger.rules.on_gone = OnGone::Subtract;
    let moved: Vec<File> = [("ä", 1), ("ö", 2), ("ü", 3)].map(|(name, content)| file(name, content)).into();
    let listed = |moved: &[File]| [&files[3..], moved].concat();
    let others: Vec<File> =
        moved.iter().map(|moved| File { content: moved.content + 50, ..moved.clone() }).collect();
    assert_eq!(ledger.try_run(&listed(&others)).unwrap_err().kind(), Kind::Attention);
    assert_eq!(ledger.run(&listed(&moved))[0], "a: gone > moved to ä; -");
}

#[test]
fn what_was_kept_leaves_when_the_job_subtracts() {
    let files = twenty();
    let mut ledger = ModelLedger::of(&files);
    ledger.run(&files[1..]);
    ledger.rules.on_gone = OnGone::Subtract;
    assert_eq!(ledger.run(&files[1..])[0], "a: gone before > gone; -");
    assert_eq!(ledger.row("a").state, FileState::Gone);
}

#[test]
fn what_cannot_be_is_refused() {
    let twice = [file("a", 1), file("a", 1)];
    assert_eq!(ModelLedger::new(rules()).plan(&twice).unwrap_err().kind(), Kind::Bug);
    let mut ledger = ModelLedger::of(&twice[..1]);
    ledger.rows.push(ledger.rows[0].clone());
    assert_eq!(ledger.plan(&twice[..1]).unwrap_err().kind(), Kind::Attention);
    let plan = ModelLedger::new(rules()).plan(&twice[..1]).unwrap();
    assert_eq!(reconcile(&plan, &BTreeMap::new()).unwrap_err().kind(), Kind::Bug);
}
