//! States against plain ways: any order and split of values gives one state, and answers are what they say.

use proptest::prelude::*;

use super::*;
use crate::measure::state::read_all;

const ALL: States = States::MOMENTS;

fn all() -> States {
    ALL.and(States::BUCKETS).and(States::DISTINCT)
}

fn bytes(state: &State) -> Vec<u8> {
    let mut bytes = Vec::new();
    state.write(all(), &mut bytes);
    bytes
}

fn of<'t>(values: impl IntoIterator<Item = &'t String>) -> State {
    let mut state = State::new(all());
    for text in values {
        let value = MeasuredValue::read(all(), text.as_bytes()).unwrap();
        assert!(state.add(value));
    }
    state
}

fn numbers() -> impl Strategy<Value = Vec<String>> {
    let number = prop_oneof![
        (-2_000_i64..2_000).prop_map(|n| n.to_string()),
        any::<i64>().prop_map(|n| n.to_string()),
        (any::<i32>(), 0_u32..1_000_000_000).prop_map(|(n, part)| format!("{n}.{part:09}")),
        (1_i32..999, -12_i32..17).prop_map(|(n, exponent)| format!("{n}e{exponent}")),
        Just(String::new()),
    ];
    prop::collection::vec(number, 0..60)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10_000))]

    /// However values are split and merged, the bytes are those of all in one.
    #[test]
    fn splits_and_merges_give_the_same_bytes(
        values in numbers(), parts in 1..6usize, seed in any::<u64>(), many in prop::bool::weighted(0.005),
    ) {
        let more = if many { 1_200 } else { 0 };
        let values: Vec<String> = values.into_iter().chain((0..more).map(|n| (n * 7).to_string())).collect();
        let mut chance = seed;
        let mut next = |below: usize| {
            chance = chance.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (chance >> 33) as usize % below
        };
        let mut split: Vec<Vec<&String>> = vec![Vec::new(); parts];
        values.iter().for_each(|value| split[next(parts)].push(value));
        let mut states: Vec<State> = split.into_iter().map(of).collect();
        while states.len() > 1 {
            let one = states.swap_remove(next(states.len()));
            let at = next(states.len());
            prop_assert!(states[at].merge(&one, 1));
        }
        let whole = bytes(&of(&values));
        prop_assert_eq!(&bytes(&states[0]), &whole);
        let read = read_all([all()].into_iter(), &whole).unwrap();
        prop_assert_eq!(&bytes(&read[0]), &whole);
        prop_assert!(read_all([all()].into_iter(), &whole[..whole.len() - 1]).is_none());
    }

}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    /// What is merged several times is what was added several times.
    #[test]
    fn times_are_repetitions(values in numbers(), times in 1..4usize) {
        let repeated = values.iter().cycle().take(values.len() * times);
        let mut state = State::new(all());
        prop_assert!(state.merge(&of(&values), times as u64));
        prop_assert_eq!(bytes(&state), bytes(&of(repeated)));
    }
}

#[test]
fn nothing_but_white_space_is_null_and_text_is_no_number() {
    let read = |states, text: &str| MeasuredValue::read(states, text.as_bytes());
    let mut state = State::new(all());
    for text in ["", " ", "\t "] {
        state.add(read(all(), text).unwrap());
    }
    assert_eq!(state.answer(Function::Sum), Number::Decimal(None));
    assert_eq!(state.answer(Function::Quantile(500)), Number::Real(None));
    assert_eq!(state.answer(Function::Distinct), Number::Whole(Some(0)));
    assert_eq!(read(all(), "x").unwrap_err(), crate::reject::Reason::BadNumber);
    assert!(read(States::DISTINCT, "x").is_ok());
}

#[test]
fn a_value_follows_the_rules_of_its_column() {
    use crate::reject::Reason::BadNumber;
    let one = 1_000_000_000;
    for states in [States::MOMENTS, all()] {
        let read = |thousands: Option<u8>, bad_is_null, text: &str, len| {
            let column = MeasuredColumn {
                name: "ms".to_owned(),
                states,
                rules: NumberRules { thousands, bad_is_null },
            };
            let mut value = MeasuredValue::default();
            value.set(&column, text.as_bytes(), len).map(|()| value.units())
        };
        let all_of = |thousands, bad_is_null, text: &str| read(thousands, bad_is_null, text, text.len());
        let comma = Some(b',');
        assert_eq!(all_of(None, false, "1.5"), Ok(Some(one + one / 2)));
        assert_eq!(all_of(None, false, " "), Ok(None));
        assert_eq!(all_of(None, false, "1,234"), Err(BadNumber));
        assert_eq!(all_of(None, true, "1,234"), Ok(None));
        assert_eq!(all_of(comma, false, "1,234"), Ok(Some(1_234 * one)));
        assert_eq!(all_of(comma, false, "1,23"), Err(BadNumber));
        assert_eq!(all_of(comma, true, "1,23"), Ok(None));
        assert_eq!(all_of(comma, true, ""), Ok(None));
        // What stands behind the value is not read.
        assert_eq!(read(None, false, "12,34,5678", 2), Ok(Some(12 * one)));
        assert_eq!(read(comma, false, "1,234,5678", 5), Ok(Some(1_234 * one)));
    }
    let column =
        |text: &str, states| MeasuredColumn { name: text.to_owned(), states, rules: NumberRules::default() };
    assert!(column("ms", all()).is_text() && !column("ms", States::MOMENTS.and(States::BUCKETS)).is_text());
}

#[test]
fn texts_are_told_apart_without_the_white_space_around_them() {
    let rules = NumberRules { thousands: Some(b','), bad_is_null: false };
    let column = MeasuredColumn { name: "ms".to_owned(), states: all(), rules };
    let mut state = State::new(all());
    for text in ["1,234", " 1,234 ", "1,235", "1234", "\t1234", "1235", ""] {
        let mut value = MeasuredValue::default();
        value.set(&column, text.as_bytes(), text.len()).unwrap();
        assert!(state.add(value));
    }
    assert_eq!(state.answer(Function::Distinct), Number::Whole(Some(4)));
}

#[test]
fn moments_of_others_are_added() {
    let mut others = Moments::default();
    assert!(others.add(i128::MAX / 2) && others.add(-7));
    let mut state = State::new(States::MOMENTS);
    assert!(state.add_moments(&others));
    assert_eq!(state.answer(Function::Min), Number::Decimal(Some(-7)));
    assert_eq!(state.answer(Function::Sum), Number::Decimal(Some(i128::MAX / 2 - 7)));
    assert!(state.add_moments(&others) && !state.add_moments(&others));
}

#[test]
fn answers_are_those_of_the_values() {
    let one = 1_000_000_000;
    let texts = ["3", "-1", "2", "", "2"].map(str::to_owned);
    let state = of(&texts);
    for (function, expected) in [
        (Function::Sum, Number::Decimal(Some(6 * one))),
        (Function::Min, Number::Decimal(Some(-one))),
        (Function::Max, Number::Decimal(Some(3 * one))),
        (Function::Mean, Number::Real(Some(1.5))),
        (Function::Quantile(250), Number::Real(Some(-1.0))),
        // The middle of a bucket, if that is between the least and the greatest value.
        (Function::Quantile(500), Number::Real(Some(2.005))),
        (Function::Quantile(999), Number::Real(Some(3.0))),
        (Function::Distinct, Number::Whole(Some(3))),
    ] {
        assert_eq!(state.answer(function), expected, "{function}");
    }
}

#[test]
fn a_state_whose_parts_differ_is_not_read() {
    let buckets = States::MOMENTS.and(States::BUCKETS);
    let read = |moments: &[&str], values: &[&str]| {
        let of_all = |states, texts: &[&str]| {
            let mut state = State::new(states);
            for text in texts {
                assert!(state.add(MeasuredValue::read(states, text.as_bytes()).unwrap()));
            }
            state
        };
        let mut bytes = Vec::new();
        of_all(States::MOMENTS, moments).write(States::MOMENTS, &mut bytes);
        of_all(buckets, values).write(States::BUCKETS, &mut bytes);
        read_all([buckets].into_iter(), &bytes).is_some()
    };
    assert!(read(&["1", "2"], &["1", "2"]));
    assert!(!read(&["1", "2"], &["1"]));
    assert!(!read(&["1"], &["1", "2"]));
}

#[test]
fn a_sum_past_what_can_be_held_is_told() {
    let text = "99999999999999999999";
    let value = MeasuredValue::read(States::MOMENTS, text.as_bytes()).unwrap();
    let mut state = State::new(States::MOMENTS);
    state.add(value);
    let mut sum = State::new(States::MOMENTS);
    assert!(sum.merge(&state, 900_000_000) && sum.fits());
    assert!(sum.merge(&state, 200_000_000) && !sum.fits());
    assert!(!sum.merge(&state, 1_000_000_000));
    assert!(!State::new(States::MOMENTS).merge(&state, 5_000_000_000), "a product wraps too");
}

/// Values of ten shapes.
fn distributions() -> Vec<(&'static str, Vec<i128>)> {
    let mut chance = 7_u64;
    let mut unit = || {
        chance = chance.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((chance >> 11) as f64 + 0.5) / (1_u64 << 53) as f64
    };
    let mut normal = || (-2.0 * unit().ln()).sqrt() * (std::f64::consts::TAU * unit()).cos();
    let normals: Vec<f64> = (0..20_000).map(|_| normal()).collect();
    let uniform: Vec<f64> = (0..20_000).map(|_| unit()).collect();
    let make =
        |values: &[f64], of: &dyn Fn(f64) -> f64| values.iter().map(|x| (of(*x) * 1e9) as i128).collect();
    vec![
        ("uniform", make(&uniform, &|x| x * 1_000.0)),
        ("normal", make(&normals, &|x| 500.0 + 50.0 * x)),
        ("normal about zero", make(&normals, &|x| x)),
        ("log-normal", make(&normals, &|x| (3.0 + 1.5 * x).exp())),
        ("exponential", make(&uniform, &|x| -120.0 * x.ln())),
        ("Pareto", make(&uniform, &|x| x.powf(-1.0 / 1.1))),
        ("two humps", make(&normals, &|x| if x > 0.3 { 10.0 + x } else { 5_000.0 + 100.0 * x })),
        ("constant", make(&uniform, &|_| 42.5)),
        ("whole numbers", make(&uniform, &|x| (x * 30.0).floor())),
        ("tiny", make(&uniform, &|x| x * 1e-7)),
    ]
}

#[test]
fn quantiles_are_within_one_percent_on_ten_distributions() {
    let shapes = distributions();
    assert_eq!(shapes.len(), 10);
    for (name, mut values) in shapes {
        let mut state = State::new(States::MOMENTS.and(States::BUCKETS));
        for units in &values {
            let mut text = Vec::new();
            push_decimal(*units, &mut text);
            state.add(MeasuredValue::read(States::MOMENTS, &text).unwrap());
        }
        values.sort_unstable();
        for per_mille in [1_u16, 10, 50, 100, 250, 500, 750, 900, 950, 990, 999] {
            let rank = (values.len() * usize::from(per_mille)).div_ceil(1_000).max(1);
            let exact = values[rank - 1] as f64 / 1e9;
            let Number::Real(Some(said)) = state.answer(Function::Quantile(per_mille)) else {
                panic!("{name}")
            };
            // Half a unit of the last digit that is kept.
            assert!(
                (said - exact).abs() <= exact.abs() * 0.01 + 1e-9,
                "{name} p{per_mille}: {said} for {exact}"
            );
        }
    }
}
