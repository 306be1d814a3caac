use std::fs;

use windrow::delta::{DeltaTable, Store};
use windrow::job::Job;
use windrow::publish::events::PATH;
use windrow::{Again, Inputs, Kind, RunOptions, RunRequest, Settings, digest};

use crate::model::{HEADER, Model};
use crate::storage::{Memory, OperationFate};
use crate::truth;
use crate::work::{JobWords, TestWork};

fn text(lines: &str) -> String {
    format!("{HEADER}\n{lines}")
}

fn publishing() -> JobWords {
    JobWords { events: true, ..JobWords::default() }
}

const AGAIN: RunRequest = RunRequest { again: Some(Again::All), gone_accepted: true, lists_all: false };

/// The digest of a job's reports over the files that it names, counted once.
pub(crate) fn digest_of(job: &Job) -> String {
    let mut job = job.clone();
    job.output = None;
    digest(&job, Inputs::Listed, &Settings::default(), RunOptions::default()).unwrap()
}

#[test]
fn counting_them_gives_the_digest_of_the_job() {
    let measures = "measures = ['sum(n)', 'mean(n)', 'min(n)', 'max(n)', 'p90(n)', 'distinct(user)', 'distinct(n)', 'sum(m)']";
    let reports = vec![("ten", format!("every = '10m'\nzone = 'Europe/Berlin'\n{measures}"))];
    let mut work = TestWork::new(JobWords { reports, ..publishing() });
    let row = |at: u64| {
        let (second, n) = (1_711_756_800 + at * 7_919 % 300_000, at * 37 % 1_000);
        let n = if at.is_multiple_of(5) { String::new() } else { format!("{n}.{:03}", at % 1_000) };
        let time = jiff::Timestamp::from_second(second as i64).unwrap();
        format!(
            "{time},{},{n},user{},-{at}e-3\n",
            ["Open", " open", "close ", "", "Ä"][at as usize % 5],
            at % 11
        )
    };
    for part in 0..3 {
        let rows: String = (part * 1_000..part * 1_000 + 1_000).map(row).collect();
        work.write(&format!("in/{part}.csv"), &format!("time,action,n,user,m\n{rows}"));
    }
    let job = work.job();
    let store = Store::local(&work.path("out"));
    work.run(&store).unwrap();
    let mut of_events = job.clone();
    (of_events.source.path, of_events.source.root) = (vec!["out/events".to_owned()], work.path(""));
    of_events.source.format = None;
    assert_eq!(digest_of(&of_events), digest_of(&job));
    // What changes is replaced, and nothing else is.
    work.write("in/1.csv", &format!("time,action,n,user,m\n{}", row(7)));
    work.run(&store).unwrap();
    assert_eq!(digest_of(&of_events), digest_of(&job));
    let files = fs::read_dir(work.path("out/events")).unwrap().map(|entry| entry.unwrap().file_name());
    let mut folders: Vec<String> = files.map(|name| name.into_string().unwrap()).collect();
    folders.sort();
    assert_eq!(
        folders,
        ["_delta_log", "date=2024-03-30", "date=2024-03-31", "date=2024-04-01", "date=2024-04-02"]
    );
}

#[test]
fn a_key_that_is_measured_is_counted_of_the_table() {
    let reports = vec![("ten", "every = '10m'\nmeasures = ['distinct(action)']".to_owned())];
    let mut work = TestWork::new(JobWords { reports, case: "keep", ..publishing() });
    work.write(
        "in/a.csv",
        &text("2024-03-31T00:30:00Z,Open\n2024-03-31T00:31:00Z,close\n2024-03-31T00:32:00Z,\n"),
    );
    work.run(&Store::local(&work.path("out"))).unwrap();
    let job = work.job();
    let mut of_events = job.clone();
    (of_events.source.path, of_events.source.root) = (vec!["out/events".to_owned()], work.path(""));
    of_events.source.format = None;
    assert_eq!(digest_of(&of_events), digest_of(&job));
}

#[test]
fn values_of_paths_are_keys_of_events() {
    let mut question = publishing();
    question.source = "path = ['in']\n".to_owned();
    let mut work = TestWork::new(publishing());
    fs::create_dir(work.path("in/action=shut")).unwrap();
    work.write("in/action=shut/a.csv", "time\n2024-03-31T00:30:00Z\n");
    work.write("in/b.csv", &text("2024-03-31T00:31:00Z,open\n"));
    let memory = Memory::default();
    work.run(&memory.calm()).unwrap();
    let keys: Vec<_> = truth::events(&memory.calm()).into_iter().map(|(_, key)| key.unwrap()).collect();
    assert_eq!(keys, ["Shut", "Open"]);
}

/// The run ends with what a person has to do, before it writes anything; reading every file again does it.
#[track_caller]
fn is_mended_by_reading_again(work: &TestWork, memory: &Memory, said: &str) {
    let before = memory.names("");
    let forecast = work.try_forecast(&memory.calm()).unwrap_err();
    for error in [work.run(&memory.calm()).unwrap_err(), forecast] {
        assert_eq!(error.kind(), Kind::Attention, "{error}");
        assert!(error.message().contains(said), "{error}");
        assert!(error.help_text().unwrap().contains("again = \"all\""), "{error:?}");
    }
    assert_eq!(memory.names(""), before, "nothing is written");
    work.run_asked(&memory.calm(), &Settings::default(), &AGAIN).unwrap();
    let mut model = Model::default();
    model.run(&work.job(), &work.files);
    truth::check(&memory.calm(), &work.job(), &model);
}

fn counted(question: JobWords) -> (TestWork, Memory) {
    let (mut work, memory) = (TestWork::new(question), Memory::default());
    work.write("in/a.csv", &text("2024-03-31T00:30:00Z,Open\n2024-03-31T04:31:00Z,close\n"));
    work.write("in/b.csv", &text("2024-03-31T04:32:00Z,Open\n"));
    work.run(&memory.calm()).unwrap();
    (work, memory)
}

#[test]
fn events_of_what_was_counted_without_them_need_it_again() {
    let (mut work, memory) = counted(JobWords::default());
    work.question.events = true;
    is_mended_by_reading_again(&work, &memory, "the events of \"in/a.csv\" were not kept");
}

#[test]
fn events_that_are_cleaned_otherwise_need_all_again() {
    let (mut work, memory) = counted(publishing());
    work.question.case = "lower";
    is_mended_by_reading_again(&work, &memory, "by other rules");
}

#[test]
fn events_that_are_gone_need_all_again() {
    let (work, memory) = counted(publishing());
    memory.remove("events");
    is_mended_by_reading_again(&work, &memory, "the events of \"in/a.csv\" were not kept");
}

#[test]
fn what_another_program_has_merged_needs_all_again() {
    let (work, memory) = counted(publishing());
    let mut table = DeltaTable::open(&memory.calm(), PATH).unwrap().unwrap();
    let file = table.files().next().unwrap().clone();
    let expected_version = table.version();
    let commit = windrow::delta::Commit { expected_version, removes: vec![file], ..Default::default() };
    table.commit(commit).unwrap();
    is_mended_by_reading_again(&work, &memory, "were not kept");
}

#[test]
fn events_that_were_left_out_for_a_while_are_caught_up_where_nothing_came() {
    let (mut work, memory) = counted(publishing());
    work.question.events = false;
    work.delete("in/b.csv");
    work.question.source = "on_gone = 'subtract'".to_owned();
    work.run(&memory.calm()).unwrap();
    work.question.events = true;
    work.run(&memory.calm()).unwrap();
    assert_eq!(truth::events(&memory.calm()).len(), 2);
    work.question.events = false;
    work.write("in/c.csv", &text("2024-03-31T04:32:00Z,Open\n"));
    work.run(&memory.calm()).unwrap();
    work.question.events = true;
    is_mended_by_reading_again(&work, &memory, "the events of \"in/c.csv\" were not kept");
}

#[test]
fn a_ledger_that_was_restored_alone_is_noticed() {
    let (mut work, memory) = counted(publishing());
    let before = memory.copy();
    work.write("in/c.csv", &text("2024-03-31T04:32:00Z,Open\n"));
    work.run(&memory.calm()).unwrap();
    for folder in ["state", "reports", "changes", "rejects", "runs"] {
        memory.remove(folder);
        memory.add(&before, folder);
    }
    let error = work.run(&memory.calm()).unwrap_err();
    assert_eq!(error.kind(), Kind::Attention);
    assert!(error.message().contains("they are not of one moment"), "{error}");
}

#[test]
fn a_refused_file_has_no_events() {
    let (mut work, memory) = counted(publishing());
    work.write("in/a.csv", &text(&"bad\n".repeat(9)));
    work.run(&memory.calm()).unwrap();
    assert_eq!(truth::events(&memory.calm()).len(), 1);
}

#[test]
fn what_is_staged_does_not_pile_up() {
    let (mut work, memory) = counted(publishing());
    for minute in 10..40 {
        work.write(&format!("in/{minute}.csv"), &text(&format!("2024-03-31T05:{minute}:00Z,Open\n")));
        work.run(&memory.calm()).unwrap();
        let staged = DeltaTable::open(&memory.calm(), "state/events").unwrap().unwrap();
        assert!(staged.files().len() <= 9, "{}", staged.files().len());
    }
    assert_eq!(truth::events(&memory.calm()).len(), 33);
}

#[test]
fn where_events_cannot_be_stored_nothing_counts() {
    let (mut work, memory) = counted(publishing());
    let events = truth::events(&memory.calm()).len();
    work.write("in/new.csv", &text("2024-03-31T05:00:00Z,Open\n"));
    let store = memory.wild(Box::new(|what, path| match what == "put" && path.starts_with("events/date") {
        true => OperationFate::Before,
        false => OperationFate::Pass,
    }));
    let log = memory.names("state/ledger/_delta_log");
    assert_eq!(work.run(&store).unwrap_err().kind(), Kind::Storage);
    assert_eq!(memory.names("state/ledger/_delta_log"), log);
    work.run(&memory.calm()).unwrap();
    assert_eq!(truth::events(&memory.calm()).len(), events + 1);
}

#[test]
fn other_engines_are_refused() {
    let (mut work, memory) = counted(publishing());
    work.sees_bytes = false;
    let error = work.run(&memory.calm()).unwrap_err();
    assert_eq!((error.kind(), error.code().name()), (Kind::Usage, "not-built"), "{error}");
}

#[test]
fn what_is_appended_is_added_and_its_data_files_are_made_one() {
    let (mut work, memory) = counted(JobWords { source: "growing = true".to_owned(), ..publishing() });
    let mut model = Model::default();
    for minute in 10..50 {
        let text = format!("{}2024-03-31T05:{minute}:00Z,Open\n", work.files["in/a.csv"]);
        work.write("in/a.csv", &text);
        work.run(&memory.calm()).unwrap();
        model.run(&work.job(), &work.files);
        truth::check(&memory.calm(), &work.job(), &model);
    }
    let files = DeltaTable::open(&memory.calm(), PATH).unwrap().unwrap().files().len();
    assert!(files < 20, "{files}");
}

#[test]
fn a_part_that_counts_for_two_files_is_there_twice() {
    let (mut work, memory) =
        counted(JobWords { source: "growing = true\nduplicates = 'count'".to_owned(), ..publishing() });
    let (before, mut model) = (work.files["in/a.csv"].clone(), Model::default());
    model.run(&work.job(), &work.files);
    // It grows, and what it was is there under another name: both name its first part.
    for (minute, other) in [(33, "in/c.csv"), (34, "in/d.csv")] {
        work.write("in/a.csv", &format!("{}2024-03-31T04:{minute}:00Z,Open\n", work.files["in/a.csv"]));
        work.write(other, &before);
        work.run(&memory.calm()).unwrap();
        model.run(&work.job(), &work.files);
        truth::check(&memory.calm(), &work.job(), &model);
    }
    work.question.source += "\non_gone = 'subtract'";
    work.delete("in/c.csv");
    work.run(&memory.calm()).unwrap();
    model.run(&work.job(), &work.files);
    truth::check(&memory.calm(), &work.job(), &model);
}
