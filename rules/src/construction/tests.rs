use domain::{
    BuildState, ChangeFound, ChangeKind, Class, Covariance, KnownBuild, Plane, Suppressed,
};
use proptest::prelude::*;

use super::story::{
    between, day, demolished, feature, field, known, layer, moved, origin, outline, permit,
    rectangle, roof, shifted,
};
use super::{Construction, Decision, Judged, Passed, Site, WorkSign, judge};
use crate::Kind;

/// With these fences, nothing known and no signs.
fn judged(change: &ChangeFound, features: &[String]) -> Judged {
    told(change, features, &[], &[], &Construction::default())
}

fn told(
    change: &ChangeFound,
    features: &[String],
    known: &[KnownBuild],
    signs: &[WorkSign],
    config: &Construction,
) -> Judged {
    let fences = layer(features);
    judge(change, &Site { fences: &fences, known, signs, config })
}

/// One word for a decision.
fn word(judged: &Judged) -> String {
    match &judged.decision {
        Decision::Raised { alert, .. } => alert.rule.to_string(),
        Decision::Standing { .. } => "standing".to_owned(),
        Decision::Gone { .. } => "gone".to_owned(),
        Decision::LookAgain { because, .. } => format!("look again: {because:?}"),
        Decision::Passed(Passed::Permitted(numbers)) => format!("permitted: {}", numbers.join(" ")),
        Decision::Passed(passed) => format!("{passed:?}"),
    }
}

/// 10 m by 10 m in the middle of no-build ground; what else is known differs.
#[test]
fn ground_and_permits_decide() {
    let all = rectangle([0.0, 0.0], 40.0, 40.0);
    // West of these many metres.
    let west = |of: f64| rectangle([of - 50.0, 0.0], 100.0, 100.0);
    for (name, features, expected) in [
        ("no permit", vec![field()], "construction-new"),
        ("no fence", vec![], "Outside"),
        ("another fence", vec![feature("a", "no_parking", &all, "")], "Outside"),
        ("farmland", vec![feature("a", "farmland", &all, "")], "construction-new"),
        ("a cell of the grid", vec![feature("a", "grid", &all, "")], "Outside"),
        ("beside it", vec![feature("a", "river", &west(-8.0), "")], "Outside"),
        ("a tenth in it", vec![feature("a", "river", &west(-4.0), "")], "Outside"),
        ("a fifth in it", vec![feature("a", "river", &west(-3.0), "")], "look again: Measure"),
        ("a half in it", vec![feature("a", "river", &west(0.0), "")], "construction-new"),
        ("a permit", vec![field(), permit("p", &all, -9, 99)], "permitted: p-1"),
        ("begun in between", vec![field(), permit("p", &all, 9, 99)], "permitted: p-1"),
        ("begun too late", vec![field(), permit("p", &all, 31, 99)], "construction-new"),
        ("expired", vec![field(), permit("p", &all, -99, -1)], "construction-new"),
        ("expired in between", vec![field(), permit("p", &all, -9, 9)], "look again: PermitLapsed"),
        ("of another place", vec![field(), permit("p", &west(-8.0), -9, 99)], "construction-new"),
        ("over a half", vec![field(), permit("p", &west(0.0), -9, 99)], "construction-new"),
        ("over four fifths", vec![field(), permit("p", &west(3.0), -9, 99)], "look again: Measure"),
        ("over nine tenths", vec![field(), permit("p", &west(4.0), -9, 99)], "permitted: p-1"),
        (
            "two that meet",
            vec![
                field(),
                permit("p", &west(0.0), -9, 99),
                permit("q", &rectangle([50.0, 0.0], 100.0, 100.0), -9, 99),
            ],
            "permitted: p-1 q-1",
        ),
        ("a sensitive place", vec![field(), feature("s", "sensitive", &all, "")], "Sensitive"),
        (
            "perhaps a sensitive place",
            vec![field(), feature("s", "sensitive", &west(-5.5), "")],
            "Sensitive",
        ),
    ] {
        let judged = judged(&roof(), &features);
        assert_eq!(word(&judged), expected, "{name}: {:?}", judged.figures);
    }
}

#[test]
fn how_large_and_what_it_is_decide() {
    let sized = |wide: f64, part: f64| {
        let mut change = roof();
        change.outline = outline([0.0, 0.0], wide, wide, 0.5);
        change.outline.area_sigma_m2 = part * change.outline.area_m2;
        change
    };
    for (name, change, expected) in [
        ("large", sized(10.0, 0.33), "construction-new"),
        ("a hut", sized(2.0, 0.33), "TooSmall"),
        ("ten, surely", sized(3.4, 0.05), "construction-new"),
        ("ten, perhaps", sized(3.4, 0.33), "look again: Measure"),
        (
            "a car",
            ChangeFound { suppressed: Some(Suppressed::Vehicle), ..roof() },
            "Suppressed(Vehicle)",
        ),
        (
            "leaves",
            ChangeFound { suppressed: Some(Suppressed::Season), ..roof() },
            "Suppressed(Season)",
        ),
    ] {
        let judged = judged(&change, &[field()]);
        assert_eq!(word(&judged), expected, "{name}: {:?}", judged.figures);
    }
    // All of the jurisdiction is ground without a permit, where the configuration says so.
    let config = Construction { ground: vec![Kind::Grid], ..Construction::default() };
    let cell = [feature("a", "grid", &rectangle([0.0, 0.0], 100.0, 100.0), "")];
    assert_eq!(word(&told(&roof(), &cell, &[], &[], &config)), "construction-new");
}

#[test]
fn doubt_of_the_place_asks_for_another_look() {
    let edge = [feature("a", "farmland", &rectangle([-50.0, 0.0], 100.0, 100.0), "")];
    for (sigma, expected) in [(0.2, "construction-new"), (5.0, "look again: Measure")] {
        let mut change = roof();
        change.outline = outline([-1.0, 0.0], 10.0, 10.0, sigma);
        assert_eq!(word(&judged(&change, &edge)), expected, "{sigma}");
    }
}

/// Raised between day 0 and day 30, and recorded as demolished on day 40.
#[test]
fn what_is_known_of_the_place_decides() {
    use ChangeKind::{Built, Gone, Unknown};
    for (name, one, before, after, kind, expected) in [
        ("the same pictures", known(BuildState::Standing), 0, 30, Unknown, "standing"),
        ("a later one", known(BuildState::Standing), 0, 60, Unknown, "standing"),
        ("half built", known(BuildState::Standing), 10, 60, Unknown, "standing"),
        ("altered", known(BuildState::Standing), 35, 60, Unknown, "look again: Altered"),
        ("higher", known(BuildState::Standing), 35, 60, Built, "standing"),
        ("gone", known(BuildState::Standing), 35, 60, Gone, "gone"),
        ("demolished, still there then", demolished(40), 0, 35, Unknown, "Past"),
        ("its removal", demolished(40), 35, 60, Unknown, "Removed"),
        ("rebuilt", demolished(40), 50, 60, Unknown, "construction-rebuilt"),
        ("rebuilt, by an old picture", demolished(40), 0, 60, Unknown, "construction-rebuilt"),
        ("something else is gone", demolished(40), 50, 60, Gone, "Removed"),
    ] {
        let change = ChangeFound { kind, ..between(before, after) };
        let judged = told(&change, &[field()], &[one], &[], &Construction::default());
        let told = word(&judged);
        assert!(told.starts_with(expected), "{name}: {told}, not {expected}");
    }
    // Elsewhere it says nothing.
    let mut other = known(BuildState::Standing);
    other.outline = outline([40.0, 0.0], 10.0, 10.0, 0.5);
    let judged = told(&roof(), &[field()], &[other], &[], &Construction::default());
    assert_eq!(word(&judged), "construction-new");
}

/// Demolished, rebuilt, and seen again: the latest of the place is what is known.
#[test]
fn what_was_rebuilt_is_one_alert() {
    let config = Construction::default();
    let first = demolished(40);
    let judged = told(&between(50, 60), &[field()], std::slice::from_ref(&first), &[], &config);
    let Decision::Raised { alert, known } = judged.decision else { panic!("{judged:?}") };
    assert_eq!(known.rebuilt_of, Some(first.alert));
    assert_eq!(alert.severity, domain::Severity::Serious);
    let states: Vec<String> =
        alert.why.unwrap().turns.iter().map(|turn| turn.state.clone()).collect();
    assert_eq!(states, ["built", "demolished", "before", "changed"]);
    let again = told(&between(50, 70), &[field()], &[first, *known], &[], &config);
    assert_eq!(again.decision, Decision::Standing { alert: alert.id, at: day(70) });
}

#[test]
fn signs_of_work_make_it_urgent() {
    let sign = |class, east: f64, sigma: f64, at: i64| WorkSign {
        class,
        position: Plane::at(origin()).place([east, 0.0]).unwrap(),
        covariance: Covariance::round(sigma),
        at: day(at),
    };
    for (name, sign, expected) in [
        ("an excavator", sign(Class::Excavator, 20.0, 1.0, 30), "construction-in-progress"),
        (
            "a muck truck the next day",
            sign(Class::MuckTruck, 20.0, 1.0, 31),
            "construction-in-progress",
        ),
        ("a car", sign(Class::Car, 20.0, 1.0, 30), "construction-new"),
        ("too far", sign(Class::Excavator, 60.0, 1.0, 30), "construction-new"),
        ("nobody knows where", sign(Class::Excavator, 20.0, 20.0, 30), "construction-new"),
        ("a week ago", sign(Class::Excavator, 20.0, 1.0, 23), "construction-new"),
    ] {
        let judged = told(&roof(), &[field()], &[], &[sign], &Construction::default());
        assert_eq!(word(&judged), expected, "{name}");
    }
    // It is the same act, with and without.
    let config = Construction::default();
    let busy = [sign(Class::Excavator, 0.0, 1.0, 30)];
    let id = |signs: &[WorkSign]| match told(&roof(), &[field()], &[], signs, &config).decision {
        Decision::Raised { alert, .. } => alert.id,
        other => panic!("{other:?}"),
    };
    assert_eq!(id(&[]), id(&busy));
}

#[test]
fn an_alert_says_what_it_rests_on() {
    let judged = judged(&roof(), &[field()]);
    let Decision::Raised { alert, known } = judged.decision else { panic!("{judged:?}") };
    insta::assert_json_snapshot!((alert, known));
}

/// The fence that most of it lies in is quoted, and its authority gets it.
#[test]
fn the_fence_with_the_largest_part_is_quoted() {
    let of = |authority: &str| format!(r#","parking_authority":"{authority}""#);
    let west =
        feature("west", "farmland", &rectangle([-51.0, 0.0], 100.0, 100.0), &of("urban_mgmt"));
    let east =
        feature("east", "river", &rectangle([49.0, 0.0], 100.0, 100.0), &of("traffic_police"));
    let judged = judged(&roof(), &[west, east]);
    let Decision::Raised { alert, .. } = judged.decision else { panic!("{judged:?}") };
    assert_eq!(alert.fence.unwrap().id.as_str(), "east");
    assert_eq!(alert.queue.as_str(), "construction-traffic_police");
}

#[test]
fn a_demolition_asks_for_visits() {
    let alert = demolished(40).alert;
    let visits = super::revisits(alert, day(40), &[3, 7, 30]);
    let due: Vec<_> = visits.iter().map(|visit| (visit.day, visit.due_at)).collect();
    assert_eq!(due, [(3, day(43)), (7, day(47)), (30, day(70))]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Wherever in the world it happens, the same is decided.
    #[test]
    fn translating_the_world_changes_nothing(
        east in -3e5..3e5_f64, north in -3e5..3e5_f64,
        wide in 3.0..20.0_f64, border in -12.0..12.0_f64, sigma in 0.1..4.0_f64,
    ) {
        let mut change = roof();
        change.outline = outline([0.0, 0.0], wide, 9.0, sigma);
        let ring = rectangle([border - 50.0, 0.0], 100.0, 100.0);
        let (all, part) = (rectangle([0.0, 0.0], 90.0, 90.0), rectangle([border + 30.0, 4.0], 60.0, 8.0));
        let world = |by: [f64; 2]| {
            let mut change = change.clone();
            change.outline.rings = vec![moved(&change.outline.rings[0], by)];
            change.outline.middle = shifted(by);
            let features = [
                feature("a", "farmland", &moved(&ring, by), ""),
                feature("b", "river", &moved(&all, by), ""),
                permit("p", &moved(&part, by), -9, 99),
            ];
            judged(&change, &features)
        };
        let (here, there) = (world([0.0, 0.0]), world([east, north]));
        prop_assert_eq!(word(&here), word(&there), "{:?} {:?}", here.figures, there.figures);
    }

    /// A fence or a permit that is cut in two says what it said.
    #[test]
    fn splitting_a_fence_changes_nothing(
        wide in 3.0..20.0_f64, cut in -15.0..15.0_f64, east in -60.0..60.0_f64, sigma in 0.1..4.0_f64,
        site in -20.0..20.0_f64,
    ) {
        let mut change = roof();
        change.outline = outline([0.0, 0.0], wide, 9.0, sigma);
        let part = |from: f64, to: f64| rectangle([f64::midpoint(from, to), 0.0], to - from, 80.0);
        let whole = [
            feature("a", "farmland", &part(east - 50.0, east + 50.0), ""),
            permit("p", &part(site - 20.0, site + 20.0), -9, 99),
        ];
        let cut_at = |west: f64, east: f64| (cut - west).clamp(1.0, east - west - 1.0) + west;
        let (a, p) = (cut_at(east - 50.0, east + 50.0), cut_at(site - 20.0, site + 20.0));
        let split = [
            feature("a1", "farmland", &part(east - 50.0, a), ""),
            feature("a2", "farmland", &part(a, east + 50.0), ""),
            permit("p1", &part(site - 20.0, p), -9, 99),
            permit("p2", &part(p, site + 20.0), -9, 99),
        ];
        let (one, two) = (judged(&change, &whole), judged(&change, &split));
        prop_assert!((one.figures.probability - two.figures.probability).abs() < 1e-9);
        let kind = |judged: &Judged| word(judged).split(':').next().unwrap().to_owned();
        prop_assert_eq!(kind(&one), kind(&two));
        let alert = |judged: &Judged| match &judged.decision {
            Decision::Raised { alert, .. } => Some(alert.id),
            _ => None,
        };
        prop_assert_eq!(alert(&one), alert(&two));
    }

    /// More doubt never makes an alert of what is looked at again.
    #[test]
    fn doubt_makes_no_alert(border in -9.0..9.0_f64, sigma in 0.1..3.0_f64, more in 1.0..4.0_f64) {
        let probability = |sigma: f64| {
            let mut change = roof();
            change.outline = outline([0.0, 0.0], 10.0, 10.0, sigma);
            let west = rectangle([border - 50.0, 0.0], 100.0, 100.0);
            judged(&change, &[feature("a", "farmland", &west, "")]).figures.probability
        };
        let (sure, unsure) = (probability(sigma), probability(sigma * more));
        prop_assert!(sure >= 0.94 || unsure < 0.95, "{} {}", sure, unsure);
    }
}
