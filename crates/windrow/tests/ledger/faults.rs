use windrow::RunRequest;
use windrow::ledger::Ledger;
use windrow::{Kind, Settings};

use crate::model::Model;
use crate::sequences::{Draws, given};
use crate::storage::{Memory, OperationFate};
use crate::truth;
use crate::work::{JobWords, TestWork};

/// How many stores err unless more are asked for.
const SEEDS: u64 = 60;

fn erring_store(seed: u64) {
    let mut dice = Draws(seed);
    let mut work = TestWork::new(JobWords::default());
    let (memory, mut model) = (Memory::default(), Model::default());
    let version =
        |memory: &Memory| Ledger::open(&memory.calm()).unwrap().map_or(0, |ledger| ledger.version());
    let rarely = 20 + dice.below(300);
    for at in 0..12 {
        if at == 0 || dice.below(2) == 0 {
            let text = format!("{}2024-03-31T00:30:00Z,Open\n", dice.text());
            work.write(&format!("in/{}.csv", dice.below(5)), &text);
        }
        let before = version(&memory);
        let mut chance = Draws(seed << 8 | at);
        let store = memory.wild(Box::new(move |what, _| match (chance.below(rarely), what) {
            (0, _) => OperationFate::Before,
            (1, _) => OperationFate::After,
            (2, "put") => OperationFate::AfterThenTaken,
            (3, "put") => OperationFate::FalselyTaken,
            (4 | 5, "list") => OperationFate::Stale,
            _ => OperationFate::Pass,
        }));
        let run = work.run_asked(
            &store,
            &Settings::default(),
            &RunRequest { gone_accepted: true, ..RunRequest::default() },
        );
        if version(&memory) != before {
            model.run(&work.job(), &work.files);
        }
        match run {
            Ok(_) => truth::check(&memory.calm(), &work.job(), &model),
            Err(error) => {
                assert_eq!(error.kind(), Kind::Storage, "{error}");
                assert!(error.help_text().is_some(), "{error}");
            }
        }
    }
    truth::run(&work, &memory, &mut model);
}

#[test]
fn an_addition_whose_answer_is_lost_is_not_made_again() {
    let (mut work, memory) = (TestWork::new(JobWords::default()), Memory::default());
    work.write("in/a.csv", &Draws(1).text());
    let mut lost = None;
    let store = memory.wild(Box::new(move |what, path| {
        if what == "put" && path == "state/contributions/_delta_log/00000000000000000001.json" {
            lost = Some(path.to_owned());
            return OperationFate::After;
        }
        if what == "get" && lost.take_if(|lost| lost == path).is_some() {
            OperationFate::Before
        } else {
            OperationFate::Pass
        }
    }));
    work.run(&store).unwrap();
    let mut model = Model::default();
    truth::follow(&work, &memory, &mut model);
}

#[test]
fn a_store_that_errs_is_never_believed() {
    let seeds = match given("WINDROW_SEED") {
        Some(seed) => seed..seed + 1,
        None => 0..given("WINDROW_SEEDS").unwrap_or(SEEDS),
    };
    for seed in seeds {
        println!("WINDROW_SEED={seed}");
        erring_store(seed);
    }
}
