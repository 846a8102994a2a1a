//! The alert, with the grounds it rests on.

use domain::{
    Alert, AlertId, Authority, BuildState, Class, Fact, KnownBuild, Queue, Review, RuleId,
    RuleName, Severity, Unit, Why,
};

use super::ground::Permits;
use super::judge::{Case, Decision, Figures};
use crate::Fence;

/// What is alerted of: ids of alerts do not depend on it, so that a sign of work makes no second alert.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum What {
    New,
    InProgress,
    Rebuilt,
}

impl What {
    const fn rule(self) -> &'static str {
        match self {
            Self::New => "construction-new",
            Self::InProgress => "construction-in-progress",
            Self::Rebuilt => "construction-rebuilt",
        }
    }

    const fn severity(self) -> Severity {
        match self {
            Self::New => Severity::General,
            // What is being built can still be stopped, and what was ordered away has come back.
            Self::InProgress | Self::Rebuilt => Severity::Serious,
        }
    }

    fn name(self) -> RuleName {
        let (zh, en) = match self {
            Self::New => ("疑似新增违建", "Suspected illegal construction"),
            Self::InProgress => ("疑似在建违建", "Suspected illegal construction in progress"),
            Self::Rebuilt => ("疑似拆后复建", "Suspected rebuilding after demolition"),
        };
        RuleName { zh: zh.to_owned(), en: en.to_owned() }
    }
}

/// What alerts of this rule are told apart by.
const RULE: &str = "construction";

pub(super) fn raise(
    case: &Case<'_>,
    rebuilt_of: Option<&KnownBuild>,
    figures: &mut Figures,
) -> Decision {
    figures.signs = case.signs().count();
    let what = match (rebuilt_of, figures.signs) {
        (Some(_), _) => What::Rebuilt,
        (None, 0) => What::New,
        (None, _) => What::InProgress,
    };
    let fence = case.ground.most(&case.shape, Permits::HeldOrLapsed);
    let alert = alert(case, what, fence, rebuilt_of, figures);
    let change = case.change;
    let known = KnownBuild {
        alert: alert.id,
        outline: change.outline.clone(),
        bare_at: change.before.at,
        since: change.after.at,
        last_seen: change.after.at,
        state: BuildState::Standing,
        rebuilt_of: rebuilt_of.map(|known| known.alert),
    };
    Decision::Raised { alert: Box::new(alert), known: Box::new(known) }
}

fn alert(
    case: &Case<'_>,
    what: What,
    fence: Option<&Fence>,
    rebuilt_of: Option<&KnownBuild>,
    figures: &Figures,
) -> Alert {
    let (after, outline, config) = (&case.change.after, &case.change.outline, case.site.config);
    // Not by its fence: where that was cut in two is no matter.
    let subject = format!("{:.6},{:.6}", outline.middle.lon(), outline.middle.lat());
    let id = AlertId::derive(&RuleId::known(RULE), &after.source, None, subject, after.at);
    let said = |text: &String| Some(text.clone()).filter(|text| !text.is_empty());
    #[expect(clippy::cast_possible_truncation, reason = "a probability")]
    let score = case.change.probability as f32;
    Alert {
        id,
        revision: 1,
        rule: RuleId::known(what.rule()),
        rule_version: None,
        rule_name: Some(what.name()),
        severity: what.severity(),
        matter_code: said(&config.matter_code),
        legal_basis: said(&config.legal_basis),
        queue: queue(fence),
        source: after.source.clone(),
        source_name: after.source_name.clone(),
        track: None,
        terminal: None,
        class: Class::Structure,
        score: Some(score),
        plate: None,
        fence: fence.map(Fence::reference),
        place: case.place(),
        outline: outline.rings.first().cloned(),
        seen: None,
        probability_inside: figures.probability,
        since: after.at,
        raised_at: after.at,
        last_seen: after.at,
        ended_at: None,
        end_reason: None,
        dwell_s: 0.0,
        dwell_needed_s: 0.0,
        time_basis: after.basis,
        reminder: None,
        also: Vec::new(),
        part_of: None,
        why: Some(Box::new(why(case, fence, rebuilt_of, figures))),
        review: Review::default(),
    }
}

/// Whoever is in charge of the ground gets it; who is not said, the city management.
fn queue(fence: Option<&Fence>) -> Queue {
    match fence.and_then(|fence| fence.authority) {
        Some(Authority::TrafficPolice) => Queue::known("construction-traffic_police"),
        Some(Authority::UrbanMgmt) | None => Queue::known("construction-urban_mgmt"),
    }
}

fn why(
    case: &Case<'_>,
    fence: Option<&Fence>,
    rebuilt_of: Option<&KnownBuild>,
    figures: &Figures,
) -> Why {
    let (change, config) = (case.change, case.site.config);
    let mut turns = vec![(change.before.at, "before"), (change.after.at, "changed")];
    let known = rebuilt_of.map(|known| (known.since, &known.state));
    if let Some((since, BuildState::Demolished { at, .. })) = known {
        turns.extend([(since, "built"), (*at, "demolished")]);
    }
    turns.extend(case.signs().map(|sign| sign.at).max().map(|at| (at, "work_seen")));
    turns.sort_by_key(|turn| turn.0);
    let mut why = Why::default();
    for (at, state) in turns {
        let here = fence.filter(|_| state == "changed").map(|fence| &fence.id);
        why.turn(at, state, here);
    }
    let outline = &change.outline;
    let apart = change.after.at.duration_since(change.before.at).as_secs_f64();
    why.facts = vec![
        Fact::new("area", outline.area_m2, Unit::SquareMetre).at_least(config.least_m2),
        Fact::new("area_sigma", outline.area_sigma_m2, Unit::SquareMetre),
        Fact::new("unpermitted_share", figures.unpermitted, Unit::Share).at_least(config.share),
        Fact::new("forbidden_share", figures.forbidden, Unit::Share),
        Fact::new("probability", figures.probability, Unit::Share).at_least(0.95),
        Fact::new("change_probability", change.probability, Unit::Share),
        Fact::new("between_pictures", apart, Unit::Second),
    ];
    let placed = outline.covariance_m2.ellipse95().semi_major_m;
    why.facts.push(Fact::new("place_95", placed, Unit::Metre));
    if let Some(metres) = change.residual_m {
        why.facts.push(Fact::new("registration", metres, Unit::Metre));
    }
    if figures.signs > 0 {
        #[expect(clippy::cast_precision_loss, reason = "some signs")]
        let signs = figures.signs as f64;
        why.facts.push(Fact::new("signs_of_work", signs, Unit::Count));
    }
    why
}
