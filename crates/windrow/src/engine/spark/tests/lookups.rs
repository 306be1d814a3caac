//! Look-ups on Spark, as far as they can be tested without Spark.

use super::*;
use crate::record::LookupTable;

const TABLE: &str = "name,kind,size\nOpen,one,3\nClose,two,many\n";

/// A job whose key comes from a look-up.
fn joining(folder: &Path, unmatched: &str, filter: &str) -> (Job, InputFile) {
    std::fs::write(folder.join("kinds.csv"), TABLE).unwrap();
    let more = format!(
        "{filter}[[source.lookup]]\npath = \"kinds.csv\"\non = {{ action = \"name\" }}\nprefix = \"of_\"\nunmatched = {unmatched:?}\n"
    );
    let (job, file) = job_with(folder, "action", "#", &[], &more);
    let job = job.with_lookups(&Stop::default()).unwrap().into_owned();
    (job, file)
}

/// The part of the query that decides where a row goes.
fn fate(unmatched: &str, filter: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    let (job, file) = joining(folder.path(), unmatched, filter);
    let text = texts(&job, &file).swap_remove(1);
    let at = text.find(" AS fate").map(|end| (text[..end].rfind(", CASE ").unwrap(), end));
    at.map_or_else(String::new, |(start, end)| text[start + 2..end].to_owned())
}

#[test]
fn a_line_without_a_match_goes_where_the_look_up_says() {
    let (event, filtered) = (LineKind::Event.number(), LineKind::Filtered.number());
    let (reject, unsure) = (LineKind::Reject(Reason::Unmatched).number(), LineKind::Unsure.number());
    assert_eq!(fate("keep", ""), "");
    assert_eq!(fate("filter", ""), format!("CASE WHEN NOT j0 THEN {filtered} ELSE {event} END"));
    assert_eq!(fate("reject", ""), format!("CASE WHEN NOT j0 THEN {reject} ELSE {event} END"));
    // A `where` that needs no column of the table can filter lines without a match.
    let found = fate("reject", "where = \"action <> 'Close'\"\n");
    let expected = format!(
        "CASE WHEN NOT j0 THEN CASE WHEN e0 THEN {reject} ELSE {filtered} END WHEN e0 THEN {event} ELSE {filtered} END"
    );
    assert_eq!(found, expected);
    // If it needs one, windrow decides about those lines.
    let found = fate("reject", "where = \"of_kind <> 'two'\"\n");
    let expected = format!(
        "CASE WHEN NOT j0 THEN CASE WHEN NOT j0 THEN {unsure} WHEN e0 THEN {reject} ELSE {filtered} END WHEN NOT j0 THEN {unsure} WHEN e0 THEN {event} ELSE {filtered} END"
    );
    assert_eq!(found, expected);
    assert!(!fate("keep", "where = \"of_kind <> 'two'\"\n").contains("j0"));
}

#[test]
fn tables_go_with_the_query_and_none_of_their_text_is_in_it() {
    let of = |name: &str, table: &str| {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("kinds.csv"), table).unwrap();
        let more = format!(
            "[[source.lookup]]\npath = \"kinds.csv\"\non = {{ action = {name:?} }}\nprefix = \"of_\"\n"
        );
        let (mut job, file) = job_with(folder.path(), "action", "#", &[], &more);
        job = job.with_lookups(&Stop::default()).unwrap().into_owned();
        texts(&job, &file)
    };
    let expected = of("name", "name,kind\n");
    assert!(expected.iter().all(|text| text.contains("/*+ BROADCAST(t) */") && text.contains("l.f")));
    assert_eq!(of("x` OR '1", "x` OR '1,kind\n'; DROP TABLE lines --,:v0\n"), expected);
}

#[test]
fn lines_without_a_match_are_rejects_to_both() {
    let text =
        "time,action\n2016-07-28T04:19:28Z,Open\n2016-07-28T04:19:28Z,x\nsoon,x\n2016-07-28T04:19:28Z,\"\n";
    let (unmatched, unsure) = (LineKind::Reject(Reason::Unmatched), LineKind::Unsure);
    let folder = tempfile::tempdir().unwrap();
    let (job, file) = joining(folder.path(), "reject", "");
    let (read, rejects) = read_by(&job, &file, text, 3, &[(3, unmatched), (4, unmatched)]).unwrap();
    assert_eq!(read.rejected.unwrap()[Reason::Unmatched as usize], 2);
    assert!(rejects.iter().all(|reject| reject.column.as_deref() == Some("action")));
    assert!(read_by(&job, &file, text, 3, &[(2, unmatched)]).is_err(), "it has a match");
    let (read, _) = read_by(&job, &file, text, 3, &[(2, unsure), (3, unsure)]).unwrap();
    let tally = read.added.unwrap().tally;
    assert_eq!((tally.counted, tally.rejected[Reason::Unmatched as usize]), (1, 1));
}

#[test]
fn tables_that_no_query_holds_are_refused() {
    for (bytes, is_held) in [(1_000, true), ((64 << 20) - 20, true), (64 << 20, false)] {
        let folder = tempfile::tempdir().unwrap();
        let (mut job, _) = joining(folder.path(), "keep", "");
        let mut table = LookupTable::new(1, 1);
        table.add([b"Open".as_slice()].into_iter(), [vec![b'x'; bytes].as_slice()].into_iter()).unwrap();
        let rules = (**job.source.records.rules.as_ref().unwrap()).clone();
        job.source.records.rules = Some(rules.with_tables(vec![table.finish()]).into());
        let checked = plan::check(&job);
        assert_eq!(checked.is_ok(), is_held, "{bytes}");
        let kind = checked.err().map(|error| error.kind());
        assert!(kind.is_none_or(|kind| kind == crate::error::Kind::Usage));
    }
}
