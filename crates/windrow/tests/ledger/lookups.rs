use std::fs;

use windrow::ledger::{Change, KeptTable, Ledger, read_rows};
use windrow::{Kind, RunRequest, Settings};

use crate::measured::{check, rows};
use crate::storage::Memory;
use crate::work::{JobWords, TestWork};

/// Two jobs in one: the numbers of joined columns, and rows that a look-up leaves out.
fn work(source: &str, unmatched: &str) -> TestWork {
    let source = format!(
        "{source}\n[[source.lookup]]\npath = 'users.csv'\non = {{ user = 'id' }}\nunmatched = '{unmatched}'"
    );
    let reports = vec![("ten", "every = '10m'\nmeasures = ['sum(weight)', 'distinct(team)']".to_owned())];
    TestWork::new(JobWords { source, reports, rejects: "'none'", ..JobWords::default() })
}

fn file(from: u32, n: u32) -> String {
    format!("time,action,n,user\n{}", rows(from, n))
}

/// The table of the first `n` users, whose weights are so many times their numbers.
fn users(work: &TestWork, n: u32, times: u32) {
    let user = |at: u32| format!("user{at},{},t{}\n", at * times, at % 3);
    let text = "id,weight,team\n".to_owned() + &(0..n).map(user).collect::<String>();
    fs::write(work.path("users.csv"), text).unwrap();
}

fn read(work: &TestWork, memory: &Memory) -> u64 {
    work.run(&memory.calm()).unwrap().bytes_read
}

/// Of each file what would be read and why.
fn planned(work: &TestWork, memory: &Memory) -> Vec<(String, &'static str, String)> {
    let files = work.forecast(&memory.calm()).files;
    files.into_iter().map(|file| (file.cause, file.read, file.why)).collect()
}

#[test]
fn a_changed_table_is_followed_as_one_full_run_would() {
    for unmatched in ["keep", "filter", "reject"] {
        let (mut work, memory) = (work("", unmatched), Memory::default());
        work.write("in/a.csv", &file(0, 200));
        work.write("in/b.csv", &file(200, 100));
        users(&work, 9, 1);
        let all = (file(0, 200).len() + file(200, 100).len()) as u64;
        assert_eq!(read(&work, &memory), all);
        check(&work, &memory);
        // The weights, then which users there are.
        for (n, times) in [(9, 2), (11, 2), (7, 2)] {
            users(&work, n, times);
            let why = "users.csv changed since it was counted".to_owned();
            let expected = vec![("changed look-up".to_owned(), "all", why); 2];
            assert_eq!(planned(&work, &memory), expected);
            assert_eq!(read(&work, &memory), all);
            check(&work, &memory);
            assert_eq!(read(&work, &memory), 0);
        }
        let mut changes: Vec<Change> = Vec::new();
        read_rows(&memory.calm(), KeptTable::Changes, None, &mut |row| {
            changes.push(row);
            Ok(())
        })
        .unwrap();
        assert!(
            !changes.is_empty() && changes.iter().all(|change| change.cause == "joined to a changed look-up")
        );
    }
}

#[test]
fn what_does_not_matter_in_a_table_reads_nothing() {
    let (mut work, memory) = (work("", "filter"), Memory::default());
    work.write("in/a.csv", &file(0, 200));
    fs::write(work.path("users.csv"), "id,weight,team,phone\nuser1,5,a,1\nuser2,7,b,2\n").unwrap();
    assert!(read(&work, &memory) > 0);
    // Other rows first, another delimiter, a column that is not used, a row without a key.
    fs::write(work.path("users.csv"), "team;id;phone;weight\n;;;9\nb;user2;3;7\n\"a\";user1;4;5\n").unwrap();
    assert_eq!(read(&work, &memory), 0);
    fs::write(work.path("users.csv"), "id,weight,team\nuser1,5,a\nuser2,07,b\n").unwrap();
    assert!(read(&work, &memory) > 0);
    check(&work, &memory);
}

#[test]
fn a_file_that_has_grown_meanwhile_is_read_from_its_beginning() {
    let (mut work, memory) = (work("growing = true", "filter"), Memory::default());
    users(&work, 9, 1);
    work.write("in/a.csv", &file(0, 150));
    read(&work, &memory);
    work.write("in/a.csv", &file(0, 200));
    assert!(read(&work, &memory) < file(0, 200).len() as u64, "the tail alone");
    work.write("in/a.csv", &file(0, 300));
    users(&work, 10, 3);
    assert_eq!(planned(&work, &memory)[0].1, "all");
    assert_eq!(read(&work, &memory), file(0, 300).len() as u64);
    check(&work, &memory);
    work.write("in/a.csv", &file(0, 320));
    assert!(read(&work, &memory) < file(0, 320).len() as u64, "the tail alone");
    check(&work, &memory);
}

#[test]
fn files_that_move_or_have_copies_count_once_with_the_new_table() {
    for (name, more) in [("in/moved.csv", 0), ("in/grown.csv", 20)] {
        let (mut work, memory) = (work("", "filter"), Memory::default());
        users(&work, 9, 1);
        work.write("in/a.csv", &file(0, 200));
        work.write("in/other.csv", &file(300, 50));
        read(&work, &memory);
        work.rename("in/a.csv", name);
        if more > 0 {
            work.write(name, &file(0, 200 + more));
        }
        users(&work, 5, 2);
        read(&work, &memory);
        check(&work, &memory);
    }
    let (mut work, memory) = (work("", "filter"), Memory::default());
    users(&work, 9, 1);
    work.write("in/a.csv", &file(0, 200));
    read(&work, &memory);
    work.write("in/b.csv", &file(0, 200));
    read(&work, &memory);
    // The copy takes the place of the one that counted, and the table changes at once.
    work.delete("in/a.csv");
    users(&work, 10, 2);
    read(&work, &memory);
    check(&work, &memory);
    assert_eq!(read(&work, &memory), 0);
}

#[test]
fn a_file_that_is_gone_keeps_what_it_was_counted_with() {
    let (mut work, memory) = (work("", "keep"), Memory::default());
    users(&work, 9, 1);
    work.write("in/a.csv", &file(0, 200));
    work.write("in/b.csv", &file(200, 100));
    read(&work, &memory);
    let events = |memory: &Memory| -> i64 {
        let ledger = Ledger::open(&memory.calm()).unwrap().unwrap();
        ledger.rows().filter(|row| row.contribution.is_some()).map(|row| row.counted).sum()
    };
    work.delete("in/a.csv");
    users(&work, 9, 2);
    assert_eq!(read(&work, &memory), file(200, 100).len() as u64);
    assert_eq!(events(&memory), 300);
    assert_eq!(read(&work, &memory), 0);
    // It comes back, and is as the others.
    work.write("in/a.csv", &file(0, 200));
    assert_eq!(read(&work, &memory), file(0, 200).len() as u64);
    check(&work, &memory);
}

#[test]
fn a_refused_file_is_read_again_with_a_new_table() {
    let (mut work, memory) = (work("", "reject"), Memory::default());
    work.question.rejects = "10";
    users(&work, 2, 1);
    work.write("in/a.csv", &file(0, 200));
    let others = "time,action,n,user\n2024-03-30T01:00:00Z,Open,1,user1\n";
    work.write("in/b.csv", others);
    assert_eq!(work.run(&memory.calm()).unwrap().refused().count(), 1);
    assert_eq!(read(&work, &memory), 0);
    users(&work, 11, 1);
    assert_eq!(work.run(&memory.calm()).unwrap().refused().count(), 0);
    check(&work, &memory);
}

#[test]
fn a_table_that_is_missing_or_wrong_leaves_everything_as_it_was() {
    let (mut work, memory) = (work("", "keep"), Memory::default());
    users(&work, 9, 1);
    work.write("in/a.csv", &file(0, 200));
    read(&work, &memory);
    let version = || Ledger::open(&memory.calm()).unwrap().unwrap().version();
    let before = version();
    for (text, kind, said) in [
        (None, Kind::Usage, "the look-up users.csv: "),
        (Some("id,team\nuser1,a\n"), Kind::Usage, "no column \"weight\""),
        (Some("id,weight,team\nuser1,1,a\nuser1,1,a\n"), Kind::Data, "line 2 and line 3 have the same key"),
        (Some("id,weight,team\nuser1,1\n"), Kind::Data, "line 2 cannot be read: too_few_fields"),
    ] {
        match text {
            Some(text) => fs::write(work.path("users.csv"), text).unwrap(),
            None => fs::remove_file(work.path("users.csv")).unwrap(),
        }
        let asked = RunRequest::default();
        let error = work.run_asked(&memory.calm(), &Settings::default(), &asked).unwrap_err();
        assert_eq!(error.kind(), kind, "{error}");
        assert!(error.message().contains(said), "{error}");
        assert_eq!(version(), before);
    }
    users(&work, 9, 1);
    assert_eq!(read(&work, &memory), 0);
    check(&work, &memory);
}
