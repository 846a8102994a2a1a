//! The alert that a stay becomes.

use domain::{Alert, Fact, Queue, Review, Severity, Unit, View, Why};
use jiff::{SignedDuration, Timestamp};

use super::{Lane, parking};
use crate::chance::{dwell_of, share_of};
use crate::fence::Fence;
use crate::inside::Inside;
use crate::parking::{Standing, Stay};
use crate::{Parking, remind};

pub(super) fn raised(
    stay: &Stay,
    standing: &Standing,
    fence: &Fence,
    lane: &Lane,
    view: &View,
    config: &Parking,
) -> Alert {
    Alert {
        id: stay.id,
        revision: 1,
        rule: parking(),
        rule_version: None,
        rule_name: None,
        severity: Severity::General,
        matter_code: None,
        legal_basis: None,
        queue: queue(fence),
        source: view.source.clone(),
        source_name: lane.name.clone(),
        track: Some(standing.track()),
        terminal: None,
        class: standing.class(),
        score: Some(standing.last.score),
        fence: Some(fence.reference()),
        place: standing.place,
        outline: None,
        seen: standing.last.seen,
        probability_inside: stay.probability,
        since: stay.since,
        raised_at: view.at,
        last_seen: view.at,
        ended_at: None,
        end_reason: None,
        dwell_s: view.at.duration_since(stay.since).as_secs_f64(),
        plate: None,
        dwell_needed_s: dwell_of(fence, config).as_secs_f64(),
        time_basis: view.basis,
        reminder: remind::reminder(&config.reminder, fence, standing.class(), view.basis),
        also: Vec::new(),
        part_of: None,
        why: Some(Box::new(why(stay, standing, fence, view.at, config))),
        review: Review::default(),
    }
}

fn why(stay: &Stay, standing: &Standing, fence: &Fence, at: Timestamp, config: &Parking) -> Why {
    let mut why = Why::default();
    why.turn(standing.since, "standing", None);
    why.turn(stay.since, "inside", Some(&fence.id));
    why.turn(at, "confirmed", Some(&fence.id));
    let seconds = |span: SignedDuration| span.as_secs_f64();
    let stood = seconds(standing.stood_at(at).duration_since(stay.since));
    why.facts = vec![
        Fact::new("stood", stood, Unit::Second).at_least(dwell_of(fence, config).as_secs_f64()),
        Fact::new("unseen", seconds(standing.unseen), Unit::Second),
        Fact::new("queued", seconds(standing.queued), Unit::Second),
        Fact::new("attended", seconds(standing.attended), Unit::Second),
        Fact::new("inside", stay.probability, Unit::Share).at_least(Inside::SURE),
        Fact::new("footprint", share_of(fence, config), Unit::Share),
    ];
    why
}

/// Whether its time to drive off may still run.
pub(super) fn is_reminded(standing: &Standing) -> bool {
    let alert = standing.stay.as_ref().and_then(|stay| stay.alert.as_ref());
    alert.and_then(|alert| alert.reminder.as_ref()).is_some_and(|one| one.state.is_pending())
}

/// Whoever decides a parking case at the place gets it.
fn queue(fence: &Fence) -> Queue {
    let name = match fence.authority {
        Some(domain::Authority::TrafficPolice) => "parking-traffic_police",
        Some(domain::Authority::UrbanMgmt) => "parking-urban_mgmt",
        None => "parking-unassigned",
    };
    Queue::new(name).expect("these names are valid ids")
}
