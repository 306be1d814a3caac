use windrow::Asked;
use windrow::ledger::Ledger;
use windrow::{Kind, Settings};

use crate::model::Model;
use crate::sequences::{Dice, given};
use crate::storage::{Fate, Memory};
use crate::truth;
use crate::work::{Question, Work};

/// How many stores err unless more are asked for.
const SEEDS: u64 = 60;

fn erring_store(seed: u64) {
    let mut dice = Dice(seed);
    let mut work = Work::new(Question::default());
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
        let mut chance = Dice(seed << 8 | at);
        let store = memory.wild(Box::new(move |what, _| match (chance.below(rarely), what) {
            (0, _) => Fate::Before,
            (1, _) => Fate::After,
            (2, "put") => Fate::AfterThenTaken,
            (3, "put") => Fate::FalselyTaken,
            (4 | 5, "list") => Fate::Stale,
            _ => Fate::Pass,
        }));
        let run =
            work.run_asked(&store, &Settings::default(), &Asked { gone_accepted: true, ..Asked::default() });
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
    work.run(&memory.calm()).unwrap();
    model.run(&work.job(), &work.files);
    truth::check(&memory.calm(), &work.job(), &model);
}

#[test]
fn an_addition_whose_answer_is_lost_is_not_made_again() {
    let (mut work, memory) = (Work::new(Question::default()), Memory::default());
    work.write("in/a.csv", &Dice(1).text());
    let mut lost = None;
    let store = memory.wild(Box::new(move |what, path| {
        if what == "put" && path == "state/contributions/_delta_log/00000000000000000001.json" {
            lost = Some(path.to_owned());
            return Fate::After;
        }
        if what == "get" && lost.take_if(|lost| lost == path).is_some() { Fate::Before } else { Fate::Pass }
    }));
    work.run(&store).unwrap();
    let mut model = Model::default();
    model.run(&work.job(), &work.files);
    truth::check(&memory.calm(), &work.job(), &model);
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
