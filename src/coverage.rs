//! What of the fences was seen by flights (巡检一张网): the answer to the page's question.

use std::collections::BTreeMap;

use dashboard::{Coverage, FenceCoverage, LookedAt, MultiPolygon};
use domain::{FenceId, FlightId, GroundLook};
use ground::{MultiRings, Share};
use jiff::Timestamp;
use rules::{Fence, Fences};

/// More looks than this are not joined while somebody waits; the oldest are left out, and `from` says so.
const MOST_JOINED: usize = 20_000;

pub(crate) fn coverage(fences: &Fences, mut asked: LookedAt) -> Coverage {
    let from = match asked.looks.get(MOST_JOINED) {
        None => asked.from,
        Some(oldest) => oldest.at,
    };
    asked.looks.truncate(MOST_JOINED);
    let by_time: BTreeMap<Timestamp, (FlightId, Vec<FenceId>)> =
        asked.looks.iter().map(|look| (look.at, (look.flight, look.empty.clone()))).collect();
    let looks: Vec<GroundLook> = asked
        .looks
        .into_iter()
        .map(|look| GroundLook {
            at: look.at,
            media: 0,
            media_s: 0.0,
            ring: look.ring,
            gsd_cm: look.gsd_cm,
            objects: look.objects,
            empty: look.empty,
        })
        .collect();
    let mut gaps: MultiRings = Vec::new();
    let seen = fences.all().iter().filter_map(|fence| {
        let share = ground::share_of(&fence.rings()?, &looks)?;
        gaps.extend(share.gaps.iter().cloned());
        Some(row(fence, &share, &by_time))
    });
    let fences: Vec<FenceCoverage> = seen.collect();
    let whole = ground::coverage(&looks);
    Coverage {
        from,
        to: asked.to,
        fences,
        area: MultiPolygon { coordinates: whole.polygons },
        area_m2: whole.area_m2,
        gaps: MultiPolygon { coordinates: gaps },
        looks: u64::try_from(looks.len()).unwrap_or(u64::MAX),
    }
}

fn row(
    fence: &Fence,
    share: &Share,
    by_time: &BTreeMap<Timestamp, (FlightId, Vec<FenceId>)>,
) -> FenceCoverage {
    let last = share.last_seen.and_then(|at| by_time.get(&at));
    let whole = share.whole_seen.and_then(|at| by_time.get(&at));
    FenceCoverage {
        id: fence.id.clone(),
        name: fence.name.clone(),
        kind: fence.kind.as_str().to_owned(),
        last_seen: share.last_seen,
        flight: last.map(|(flight, _)| *flight),
        gsd_cm: share.gsd_cm,
        share: share.share,
        empty_at_last_look: whole.map(|(_, empty)| empty.contains(&fence.id)),
    }
}
