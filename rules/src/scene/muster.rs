//! The conditions of places: how many are in one, or that nobody is, where somebody looks.
//!
//! A place is fences that touch each other and belong to one rule: a fence may be split or drawn twice.

use std::collections::{BTreeMap, BTreeSet};

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

/// The places of each rule.
#[derive(Debug, Default)]
pub(crate) struct Grounds(BTreeMap<RuleId, Places>);

/// Of one rule: the numbers of the fences of each, and in which each fence is.
#[derive(Debug, Default)]
struct Places {
    list: Vec<Vec<usize>>,
    of: BTreeMap<FenceId, usize>,
}

/// What goes on in places, by rule and the first fence of the place; none: all that a source sees.
#[derive(Debug, Default)]
pub(crate) struct Musters(BTreeMap<(RuleId, Option<FenceId>), Option<Act>>);

impl Grounds {
    pub(crate) fn of(scenes: &Scenes, fences: &Fences) -> Self {
        let places = scenes.all().iter().filter(|rule| {
            matches!(rule.condition, Condition::Place { .. }) && rule.scope != Scope::Anywhere
        });
        Self(places.map(|rule| (rule.id.clone(), Places::of(rule, fences.all()))).collect())
    }
}

impl Places {
    fn of(rule: &Rule, fences: &[Fence]) -> Self {
        let list = joined(rule, fences);
        let numbered = list.iter().enumerate().flat_map(|(place, numbers)| {
            numbers.iter().map(move |&number| (fences[number].id.clone(), place))
        });
        let of = numbered.collect();
        Self { list, of }
    }

    /// All that a source sees.
    fn everywhere() -> Self {
        Self { list: vec![Vec::new()], of: BTreeMap::new() }
    }
}

/// Fences of a rule that touch, each group in the order in which they were read.
fn joined(rule: &Rule, fences: &[Fence]) -> Vec<Vec<usize>> {
    let mine: Vec<usize> =
        (0..fences.len()).filter(|&number| rule.scope.holds(&fences[number])).collect();
    let bounds = |number: usize| {
        let rect = polygon(&fences[number]).bounding_rect()?;
        Some((<[f64; 2]>::from(rect.min()), <[f64; 2]>::from(rect.max())))
    };
    let boxes = mine.iter().enumerate().filter_map(|(nth, &number)| {
        let (least, most) = bounds(number)?;
        Some(GeomWithData::new(Rectangle::from_corners(least, most), nth))
    });
    let tree: RTree<GeomWithData<Rectangle<[f64; 2]>, usize>> = RTree::bulk_load(boxes.collect());
    let mut first: Vec<usize> = (0..mine.len()).collect();
    for (nth, &number) in mine.iter().enumerate() {
        let Some((least, most)) = bounds(number) else { continue };
        let near = tree.locate_in_envelope_intersecting(AABB::from_corners(least, most));
        for other in near.map(|entry| entry.data).filter(|other| *other < nth) {
            if one_space(&fences[number], &fences[mine[other]]) {
                let (a, b) = (root(&mut first, nth), root(&mut first, other));
                first[a.max(b)] = a.min(b);
            }
        }
    }
    let mut groups: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (nth, &number) in mine.iter().enumerate() {
        groups.entry(root(&mut first, nth)).or_default().push(number);
    }
    groups.into_values().collect()
}

/// The first of its group, by a chain that is shortened on the way.
fn root(first: &mut [usize], mut nth: usize) -> usize {
    while first[nth] != nth {
        first[nth] = first[first[nth]];
        nth = first[nth];
    }
    nth
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

    /// The places where something goes on.
    fn open(&self, rule: &RuleId, places: &Places) -> BTreeSet<usize> {
        let mine = self.0.keys().filter(|(of, _)| of == rule);
        let place = |first: &Option<FenceId>| match first {
            None => Some(0),
            Some(first) => places.of.get(first).copied(),
        };
        mine.filter_map(|(_, first)| place(first)).collect()
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
                let Some(places) = grounds.0.get(rule) else { return false };
                let place = places.of.get(first).map(|&place| &places.list[place]);
                place.is_some_and(|place| fences.all()[place[0]].id == *first)
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
        let mut musters = std::mem::take(&mut crowd.musters);
        let (everywhere, nowhere) = (Places::everywhere(), Places::default());
        for rule in scenes.all().iter().filter(|rule| rule.heeds(source)) {
            let Condition::Place { muster, .. } = rule.condition else { continue };
            let places = match rule.scope {
                Scope::Anywhere => &everywhere,
                Scope::Fences(_) => grounds.0.get(&rule.id).unwrap_or(&nowhere),
            };
            let mut counts = self.counts(rule, places, crowd);
            let mut asked: BTreeSet<usize> = counts.keys().copied().collect();
            asked.extend(musters.open(&rule.id, places));
            if muster == Muster::Nobody {
                asked.extend(0..places.list.len());
            }
            for place in asked {
                let all = &places.list[place];
                let all: Vec<&Fence> = all.iter().map(|&number| &fences.all()[number]).collect();
                let key = (rule.id.clone(), all.first().map(|fence| fence.id.clone()));
                let mut slot = musters.0.remove(&key).flatten();
                let ground = self.open(rule, all);
                if self.is_seen(rule, muster, &ground, gaze) {
                    let count = Count::of(counts.remove(&place).unwrap_or_default());
                    let since = counts_from(ground.opened, crowd, self.view.at);
                    self.muster(rule, muster, &ground, &count, since, &mut slot);
                } else if let (Some(act), Some(gaze)) = (&mut slot, gaze) {
                    act.pause(gaze.step());
                }
                if slot.is_some() {
                    musters.0.insert(key, slot);
                }
            }
        }
        crowd.musters = musters;
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
        count: &Count<'_>,
        since: Timestamp,
        slot: &mut Option<Act>,
    ) {
        let at = self.view.at;
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
            since,
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

    /// Who is in each place, and how surely. Who dropped out lately is still there.
    fn counts<'c>(
        &self,
        rule: &Rule,
        places: &Places,
        crowd: &'c Crowd,
    ) -> BTreeMap<usize, Vec<(f64, &'c Subject)>> {
        let at = self.view.at;
        let recent =
            SignedDuration::try_from(self.config.lost_after).unwrap_or(SignedDuration::MAX);
        let mut counts: BTreeMap<usize, Vec<(f64, &Subject)>> = BTreeMap::new();
        let there = crowd.in_sight.values().filter(|one| {
            rule.classes.contains(&one.now.class) && at.duration_since(one.at) <= recent
        });
        for one in there {
            for (place, sure) in self.places_of(rule, places, one) {
                counts.entry(place).or_default().push((sure, one));
            }
        }
        counts
    }

    /// The places that one is, or may be, in.
    fn places_of(&self, rule: &Rule, places: &Places, one: &Subject) -> Vec<(usize, f64)> {
        let (at, place) = (self.view.at, one.place());
        let thing = thing(&self.view.source, &one.now, place);
        let about = self.fences.about(&self.view.source, &place);
        let open: Vec<&Fence> = about
            .into_iter()
            .filter(|fence| thing.is_near(fence) && fence.schedule.open_since(at).is_some())
            .collect();
        let of = |wanted: &dyn Fn(&Fence) -> bool| {
            let fences: Vec<&Fence> = open.iter().copied().filter(|f| wanted(f)).collect();
            thing.breaks(&fences, SHARE)
        };
        if Inside::of(of(&|fence| fence.kind == Kind::Sensitive)) != Inside::No {
            return Vec::new();
        }
        let exempt = rule.except.as_ref().map_or(0.0, |area| of(&|fence| area.holds(fence)));
        if rule.scope == Scope::Anywhere {
            return vec![(0, 1.0 - exempt)];
        }
        let near: BTreeSet<usize> =
            open.iter().filter_map(|fence| places.of.get(&fence.id).copied()).collect();
        let sure = |place: usize| of(&|fence| places.of.get(&fence.id) == Some(&place));
        near.into_iter().map(|place| (place, sure(place).min(1.0 - exempt))).collect()
    }
}

impl<'a> Count<'a> {
    fn of(mut found: Vec<(f64, &'a Subject)>) -> Self {
        found.sort_by(|(a, one), (b, other)| {
            b.total_cmp(a).then(one.now.track.cmp(&other.now.track))
        });
        let best = found.first().filter(|(sure, _)| *sure > 0.0).map(|(_, one)| *one);
        Self { sure: found.into_iter().map(|(sure, _)| sure).collect(), best }
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
