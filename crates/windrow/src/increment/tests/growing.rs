//! Files that are only ever appended to.

use super::*;

fn growing(content: u128, size: u64) -> File {
    File { size, ..file("a", content) }
}

fn ledger() -> ModelLedger {
    let mut ledger = ModelLedger::new(Rules { growing: true, ..rules() });
    ledger.run(&[growing(1, 100_000)]);
    ledger
}

/// The reading of a tail, after a proof of `proven`.
fn tail(file: &File, proven: u128) -> BTreeMap<Arc<str>, Reading> {
    let Reading::Counted(content) = file.reading(2) else { unreachable!() };
    let content =
        CountedContent { proven: Some(Proof { head: proven, last: proven, ..Proof::default() }), ..*content };
    [("a".into(), Reading::Counted(Box::new(content)))].into()
}

#[test]
fn only_the_tail_of_a_grown_file_is_read() {
    let mut ledger = ledger();
    let grown = growing(2, 100_500);
    let plan = ledger.plan(std::slice::from_ref(&grown)).unwrap();
    assert_eq!(
        plan.files[0].read,
        Read::Tail { from: 100_000, proof: Proof { head: 1, last: 1, ..Proof::default() } }
    );
    assert_eq!(plan.files[0].bytes(), 500 + 2 * PROOF_BYTES);
    let reconciled = ledger.reconcile(&plan, &tail(&grown, 1)).unwrap();
    assert_eq!(said(&plan, &reconciled), ["a: grown > grown; 2/a"]);
    assert_eq!(ledger.row("a").counted_bytes, 100_500);
}

#[test]
fn a_file_whose_proof_fails_is_read_whole() {
    let mut ledger = ledger();
    let other = growing(2, 100_500);
    let plan = ledger.plan(std::slice::from_ref(&other)).unwrap();
    assert_eq!(reconcile(&plan, &tail(&other, 3)).unwrap_err().kind(), Kind::Bug);
    let whole = [("a".into(), other.reading(2))].into();
    let reconciled = ledger.reconcile(&plan, &whole).unwrap();
    assert_eq!(said(&plan, &reconciled), ["a: grown > changed; 2/a"]);
}

#[test]
fn an_unterminated_line_waits() {
    let mut ledger = ledger();
    let plan = ledger.plan(&[growing(1, 100_007)]).unwrap();
    let mut readings = tail(&growing(1, 100_007), 1);
    if let Some(Reading::Counted(content)) = readings.get_mut("a") {
        content.counted_bytes = 100_000;
    }
    let reconciled = ledger.reconcile(&plan, &readings).unwrap();
    assert_eq!(said(&plan, &reconciled), ["a: grown > equal; 1/a"]);
    assert_eq!((ledger.row("a").version.size_bytes, ledger.row("a").counted_bytes), (100_007, 100_000));
    assert_eq!(ledger.run(&[growing(1, 100_007)]), ["a: same > same; 1/a"]);
    let plan = ledger.plan(&[growing(2, 100_009)]).unwrap();
    assert!(matches!(plan.files[0].read, Read::Tail { from: 100_000, .. }));
}

#[test]
fn what_is_not_growth_is_read_whole() {
    let mut ledger = ledger();
    let read = |ledger: &ModelLedger, file: File| {
        let planned = &ledger.plan(&[file]).unwrap().files[0];
        (planned.cause, planned.read)
    };
    assert_eq!(read(&ledger, growing(2, 99_999)), (ReadReason::Changed, Read::Whole));
    assert_eq!(read(&ledger, growing(2, 100_000)), (ReadReason::Touched, Read::Whole));
    ledger.rules.growing = false;
    assert_eq!(read(&ledger, growing(2, 100_001)), (ReadReason::Changed, Read::Whole));
    ledger.rules.growing = true;
    ledger.rows[0].racy = true;
    let (cause, racy) = read(&ledger, growing(1, 100_000));
    assert!(cause == ReadReason::Racy && matches!(racy, Read::Tail { .. }), "its proof is enough");
    (ledger.rows[0].state, ledger.rows[0].contribution) = (FileState::Refused, None);
    assert_eq!(read(&ledger, growing(2, 100_001)), (ReadReason::Changed, Read::Whole));
}

#[test]
fn a_proof_is_of_the_first_and_the_last_bytes() {
    assert_eq!(Proof::ranges(10), [0..10, 0..10]);
    assert_eq!(Proof::ranges(PROOF_BYTES + 1), [0..PROOF_BYTES, 1..PROOF_BYTES + 1]);
}
