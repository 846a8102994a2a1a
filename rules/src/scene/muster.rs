//! The conditions of places: how many are in one, or that nobody is, where somebody looks.
//!
//! A place is fences that touch each other and belong to one rule: a fence may be split or drawn twice.

use std::collections::BTreeMap;

use domain::{Alert, Covariance, EndReason, Fact, FenceId, GroundFix, LonLat, Place, RuleId, Unit};
use geo::{BoundingRect, Centroid, Intersects, Polygon};
use jiff::{SignedDuration, Timestamp};
use rstar::{
    AABB, RTree,
    primitives::{GeomWithData, Rectangle},
};

use crate::engine::Outcome;
use crate::fence::{Fence, Shape};
use crate::fences::Fences;
use crate::gaze::Gaze;
use crate::inside::Inside;
use crate::kind::Kind;
use crate::scene::Scenes;
use crate::scene::act::{Act, Over, Verdict, Whom, ended};
use crate::scene::rule::{Condition, Muster, Rule, Scope};
use crate::scene::subject::Subject;
use crate::scene::thing::Judge;
use crate::scene::watch::Crowd;
use crate::scene::whereabouts::{SHARE, thing};

/// The places of each rule, by the numbers of their fences.
#[derive(Debug, Default)]
pub(crate) struct Grounds(BTreeMap<RuleId, Vec<Vec<usize>>>);

/// What goes on in places, by rule and the first fence of the place; none: all that a source sees.
#[derive(Debug, Default)]
pub(crate) struct Musters(BTreeMap<(RuleId, Option<FenceId>), Option<Act>>);

impl Grounds {
    pub(crate) fn of(scenes: &Scenes, fences: &Fences) -> Self {
        let places = scenes.all().iter().filter(|rule| {
            matches!(rule.condition, Condition::Place { .. }) && rule.scope != Scope::Anywhere
        });
        Self(places.map(|rule| (rule.id.clone(), joined(rule, fences.all()))).collect())
    }
}

/// Fences of a rule that touch, each group in the order in which they were read.
fn joined(rule: &Rule, fences: &[Fence]) -> Vec<Vec<usize>> {
    let mine: Vec<usize> =
        (0..fences.len()).filter(|&number| rule.scope.holds(&fences[number])).collect();
    let boxes = mine.iter().filter_map(|&number| {
        let bounds = polygon(&fences[number]).bounding_rect()?;
        let corners = Rectangle::from_corners(bounds.min().into(), bounds.max().into());
        Some(GeomWithData::new(corners, number))
    });
    let tree: RTree<GeomWithData<Rectangle<[f64; 2]>, usize>> = RTree::bulk_load(boxes.collect());
    let mut group: BTreeMap<usize, usize> = mine.iter().map(|&number| (number, number)).collect();
    for &number in &mine {
        let Some(bounds) = polygon(&fences[number]).bounding_rect() else { continue };
        let around = AABB::from_corners(bounds.min().into(), bounds.max().into());
        for other in tree.locate_in_envelope_intersecting(around).map(|entry| entry.data) {
            if other < number && one_space(&fences[number], &fences[other]) {
                let (from, to) = (group[&number], group[&other]);
                let (from, to) = (from.max(to), from.min(to));
                group.values_mut().filter(|g| **g == from).for_each(|g| *g = to);
            }
        }
    }
    let mut groups: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (number, first) in group {
        groups.entry(first).or_default().push(number);
    }
    groups.into_values().collect()
}

fn one_space(a: &Fence, b: &Fence) -> bool {
    let spaces = match (&a.shape, &b.shape) {
        (Shape::Ground(_), Shape::Ground(_)) => true,
        (Shape::Image { source, .. }, Shape::Image { source: other, .. }) => source == other,
        _ => false,
    };
    spaces && polygon(a).intersects(polygon(b))
}

fn polygon(fence: &Fence) -> &Polygon {
    match &fence.shape {
        Shape::Ground(polygon) | Shape::Image { polygon, .. } => polygon,
    }
}

impl Musters {
    pub(crate) fn is_empty(&self) -> bool {
        self.0.values().all(Option::is_none)
    }

    pub(crate) fn resume(&mut self, alert: &Alert) {
        let key = (alert.rule.clone(), alert.fence.as_ref().map(|fence| fence.id.clone()));
        self.0.insert(key, Some(Act::resume(alert)));
    }

    pub(crate) fn change(
        &mut self,
        grounds: &Grounds,
        stays: impl Fn(&RuleId, &Act) -> bool,
        shadow: impl Fn(&RuleId) -> bool,
        fences: &Fences,
        out: &mut Vec<Outcome>,
    ) {
        self.0.retain(|(rule, first), slot| {
            let known = first.as_ref().is_none_or(|first| {
                let places = grounds.0.get(rule).into_iter().flatten();
                places.filter_map(|place| place.first()).any(|&n| fences.all()[n].id == *first)
            });
            if let Some(act) = slot.take_if(|act| !known || !stays(rule, act)) {
                let last = act.last_seen();
                ended(act, EndReason::FenceWithdrawn, last, shadow(rule), out);
            }
            known && slot.is_some()
        });
    }

    pub(crate) fn finish(self, scenes: &Scenes, out: &mut Vec<Outcome>) {
        for ((rule, _), act) in self.0 {
            let shadow = scenes.get(&rule).is_none_or(|rule| rule.shadow);
            if let Some(act) = act {
                let last = act.last_seen();
                ended(act, EndReason::SourceEnded, last, shadow, out);
            }
        }
    }
}

/// One place, as one rule asks.
struct Ground<'a> {
    fences: Vec<&'a Fence>,
    /// Since when rule and fences have applied, if they do.
    opened: Option<Timestamp>,
}

/// Who is in a place.
struct Count<'a> {
    /// How surely each is, the surest first.
    sure: Vec<f64>,
    best: Option<&'a Subject>,
}

impl<'a> Judge<'a> {
    pub(crate) fn musters(
        &mut self,
        crowd: &mut Crowd,
        grounds: &Grounds,
        gaze: Option<&Gaze<'_>>,
    ) {
        let (scenes, fences, source) = (self.scenes, self.fences, &self.view.source);
        for rule in scenes.all().iter().filter(|rule| rule.heeds(source)) {
            let Condition::Place { muster, .. } = rule.condition else { continue };
            let everywhere = [Vec::new()];
            let places = match rule.scope {
                Scope::Anywhere => everywhere.as_slice(),
                Scope::Fences(_) => grounds.0.get(&rule.id).map_or(&[][..], Vec::as_slice),
            };
            for place in places {
                let all: Vec<&Fence> = place.iter().map(|&number| &fences.all()[number]).collect();
                let first = all.first().map(|fence| fence.id.clone());
                let key = (rule.id.clone(), first);
                let mut slot = crowd.musters.0.remove(&key).flatten();
                let ground = self.open(rule, all);
                if self.is_seen(rule, muster, &ground, gaze) {
                    self.muster(rule, muster, &ground, crowd, &mut slot);
                } else if let (Some(act), Some(gaze)) = (&mut slot, gaze) {
                    act.pause(gaze.step());
                }
                if slot.is_some() {
                    crowd.musters.0.insert(key, slot);
                }
            }
        }
    }

    fn open(&self, rule: &Rule, all: Vec<&'a Fence>) -> Ground<'a> {
        let at = self.view.at;
        let rests = rule.schedule.open_since(at);
        if rule.scope == Scope::Anywhere {
            return Ground { fences: all, opened: rests };
        }
        let opens = all.iter().filter_map(|fence| fence.schedule.open_since(at)).min();
        let opened = rests.zip(opens).map(|(rule, fence)| rule.max(fence));
        Ground { fences: all, opened }
    }

    /// Whether the place was looked at. Who is counted was seen; that nobody is there has to be.
    fn is_seen(
        &self,
        rule: &Rule,
        muster: Muster,
        ground: &Ground<'_>,
        gaze: Option<&Gaze<'_>>,
    ) -> bool {
        let source = &self.view.source;
        match (muster, &self.view.mount) {
            (Muster::AtLeast(_), _) => true,
            (Muster::Nobody, domain::Mount::Fixed) => rule.sources.contains(source)
                || ground.fences.iter().all(
                    |fence| matches!(&fence.shape, Shape::Image { source: of, .. } if of == source),
                ),
            (Muster::Nobody, domain::Mount::Moving { .. }) => {
                let corners = ground.fences.iter().flat_map(|fence| {
                    polygon(fence).exterior().coords().map(|c| LonLat::new(c.x, c.y))
                });
                let corners: Option<Vec<LonLat>> = corners.collect();
                gaze.zip(corners).is_some_and(|(gaze, corners)| gaze.holds(corners))
            }
        }
    }

    fn muster(
        &mut self,
        rule: &Rule,
        muster: Muster,
        ground: &Ground<'a>,
        crowd: &Crowd,
        slot: &mut Option<Act>,
    ) {
        let at = self.view.at;
        let count = self.count(rule, ground, crowd);
        let there = |least: f64| count.sure.iter().filter(|sure| **sure >= least).count();
        let (surely, perhaps) =
            (there(0.95), count.sure.iter().filter(|sure| **sure > 0.05).count());
        let (holds, word, limit) = match muster {
            Muster::AtLeast(least) if surely >= least => (Inside::Yes, "gathered", least),
            Muster::AtLeast(least) if perhaps < least => (Inside::No, "gathered", least),
            Muster::AtLeast(least) => (Inside::Ambiguous, "gathered", least),
            Muster::Nobody if perhaps == 0 => (Inside::Yes, "nobody", 0),
            Muster::Nobody if surely > 0 => (Inside::No, "nobody", 0),
            Muster::Nobody => (Inside::Ambiguous, "nobody", 0),
        };
        let (holds, over) = match ground.opened {
            Some(_) => (holds, Over::After(EndReason::Cleared)),
            None => (Inside::No, Over::Now(EndReason::ScheduleClosed)),
        };
        let number = |n: usize| f64::from(u32::try_from(n).unwrap_or(u32::MAX));
        let counted = Fact::new("count", number(surely), Unit::Count);
        let counted =
            if limit == 0 { counted.at_most(0.0) } else { counted.at_least(number(limit)) };
        let probability = match muster {
            Muster::AtLeast(least) => count.sure.get(least.saturating_sub(1)).copied(),
            Muster::Nobody => Some(1.0 - count.sure.first().copied().unwrap_or(0.0)),
        };
        let verdict = Verdict {
            holds,
            probability: probability.unwrap_or(0.0),
            fence: ground.fences.first().copied(),
            since: counts_from(ground.opened, crowd, at),
            over,
            word,
            facts: vec![counted],
        };
        let (mount_class, best) = (rule.classes.first().copied(), count.best);
        let Some(class) = best.map(|best| best.now.class).or(mount_class) else { return };
        let Some(place) = best.map(Subject::place).or_else(|| middle(ground)) else { return };
        let whom = Whom {
            subject: "place".to_owned(),
            class,
            place,
            last_seen: at,
            outline: outline(ground),
            shown: best.map(|best| &best.now),
        };
        self.clerk(rule).feed(slot, &verdict, &whom);
    }

    /// Who dropped out lately is still counted.
    fn count<'c>(&self, rule: &Rule, ground: &Ground<'_>, crowd: &'c Crowd) -> Count<'c> {
        let at = self.view.at;
        let recent =
            SignedDuration::try_from(self.config.lost_after).unwrap_or(SignedDuration::MAX);
        let mut found: Vec<(f64, &Subject)> = crowd
            .in_sight
            .values()
            .filter(|one| rule.classes.contains(&one.now.class))
            .filter(|one| at.duration_since(one.at) <= recent)
            .map(|one| (self.is_in(rule, ground, one), one))
            .filter(|(sure, _)| *sure > 0.0)
            .collect();
        found.sort_by(|(a, one), (b, other)| {
            b.total_cmp(a).then(one.now.track.cmp(&other.now.track))
        });
        let best = found.first().map(|(_, one)| *one);
        Count { sure: found.into_iter().map(|(sure, _)| sure).collect(), best }
    }

    fn is_in(&self, rule: &Rule, ground: &Ground<'_>, one: &Subject) -> f64 {
        let (at, place) = (self.view.at, one.place());
        let thing = thing(&self.view.source, &one.now, place);
        let open = |fence: &&Fence| fence.schedule.open_since(at).is_some();
        let within = match rule.scope {
            Scope::Anywhere => 1.0,
            Scope::Fences(_) => {
                let fences: Vec<&Fence> = ground.fences.iter().copied().filter(open).collect();
                thing.breaks(&fences, SHARE)
            }
        };
        if within == 0.0 {
            return 0.0;
        }
        let about = self.fences.about(&self.view.source, &place);
        let of = |wanted: &dyn Fn(&Fence) -> bool| {
            let fences: Vec<&Fence> =
                about.iter().copied().filter(|f| wanted(f)).filter(open).collect();
            thing.breaks(&fences, SHARE)
        };
        let exempt = rule.except.as_ref().map_or(0.0, |area| of(&|fence| area.holds(fence)));
        let secret = of(&|fence| fence.kind == Kind::Sensitive);
        if Inside::of(secret) == Inside::No { within.min(1.0 - exempt) } else { 0.0 }
    }
}

/// What was so before a schedule opened counts from its opening.
fn counts_from(opened: Option<Timestamp>, crowd: &Crowd, at: Timestamp) -> Timestamp {
    let before = crowd.before.unwrap_or(at);
    let first = crowd.first.unwrap_or(at);
    opened.filter(|&opened| opened > before).map_or(at, |opened| opened.max(first))
}

fn outline(ground: &Ground<'_>) -> Option<Vec<[f64; 2]>> {
    ground.fences.first()?.rings()?.into_iter().next()
}

/// The middle of a place, with a doubt as wide as half of it: nobody stands there.
fn middle(ground: &Ground<'_>) -> Option<Place> {
    let fence = ground.fences.first()?;
    let polygon = polygon(fence);
    let (centre, bounds) = (polygon.centroid()?, polygon.bounding_rect()?);
    match fence.shape {
        Shape::Image { .. } => Some(Place::Image { x: centre.x(), y: centre.y() }),
        Shape::Ground(_) => {
            let position = LonLat::new(centre.x(), centre.y())?;
            let corner = LonLat::new(bounds.max().x, bounds.max().y)?;
            let [east, north] = domain::Plane::at(position).metres(corner);
            let covariance = Covariance::round(east.hypot(north) / 2.0);
            Some(GroundFix { position, covariance }.into())
        }
    }
}
