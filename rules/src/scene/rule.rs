//! One rule of the city: what is told, of whom, where, when, and under which condition.

use std::time::Duration;

use domain::{Authority, Class, FenceId, Queue, RuleId, RuleName, Severity, SourceId};

use crate::fence::Fence;
use crate::kind::Kind;
use crate::scene::line::Line;
use crate::schedule::Schedule;

/// One rule that was configured.
#[derive(Debug, Clone, PartialEq)]
pub struct Rule {
    pub id: RuleId,
    /// What its author calls this version, and the first 12 hex digits of the SHA-256 of what was read: `2026-1+0a1b2c3d4e5f`.
    pub version: String,
    pub name: RuleName,
    /// 事项编码, with the edition of the code table.
    pub matter_code: Option<String>,
    /// The articles that it stands on, for people.
    pub legal_basis: Option<String>,
    pub severity: Severity,
    pub evidence: Evidence,
    pub route: Route,
    /// The only sources that it is applied to; empty: all.
    pub sources: Vec<SourceId>,
    /// The things that break it, or that are counted or missed.
    pub classes: Vec<Class>,
    pub scope: Scope,
    /// Where these are open it allows everything.
    pub except: Option<Area>,
    pub schedule: Schedule,
    /// It is evaluated and counted, and alerts nobody.
    pub shadow: bool,
    pub condition: Condition,
    /// What holds for less long than this changes nothing.
    pub grace: Option<Duration>,
}

/// Which pictures an alert needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Evidence {
    /// The first moment and the one in which it was raised.
    #[default]
    TwoMoments,
    OneMoment,
}

/// Which queue gets the alerts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Route {
    Named(Queue),
    /// Its name, `-`, and the authority of the fence or `unassigned`.
    ByAuthority([Queue; 3]),
}

/// Where a rule looks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scope {
    Anywhere,
    Fences(Area),
}

/// Fences by kind, by name, or both: any of them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Area {
    pub kinds: Vec<Kind>,
    pub ids: Vec<FenceId>,
}

/// What has to be so, and for how long. The ones of a thing and the ones of a place cannot be mixed.
#[derive(Debug, Clone, PartialEq)]
pub enum Condition {
    /// A thing is wrong where it is, for as long as that lasts.
    State { state: State, needed: Duration },
    /// A thing does something in one moment.
    Deed(Deed),
    /// A place is wrong: what is in it, all together.
    Place { muster: Muster, needed: Duration },
}

/// What a thing is.
#[derive(Debug, Clone, PartialEq)]
pub enum State {
    /// Inside; `still`: and in one place; `coming`: and was seen to come in.
    Inside { presence: Presence },
    /// Faster than this over the ground, metres a second.
    Fast { over_mps: f64 },
    /// With none of these within so many metres.
    Alone { without: Vec<Class>, within_m: f64 },
}

/// What being inside asks for besides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    Any,
    /// It keeps its place.
    Still,
    /// It was seen outside before.
    CameIn,
}

/// What a thing does.
#[derive(Debug, Clone, PartialEq)]
pub enum Deed {
    /// Leaves the fences, for so long.
    Exit {
        needed: Duration,
    },
    Cross {
        line: Line,
        way: Way,
    },
}

/// Which way across a line, seen from its first end to its second.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Way {
    LeftToRight,
    RightToLeft,
    #[default]
    Both,
}

/// How many there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Muster {
    AtLeast(usize),
    Nobody,
}

impl Area {
    pub(crate) fn holds(&self, fence: &Fence) -> bool {
        self.kinds.contains(&fence.kind) || self.ids.contains(&fence.id)
    }
}

impl Scope {
    pub(crate) fn holds(&self, fence: &Fence) -> bool {
        match self {
            Self::Anywhere => false,
            Self::Fences(area) => area.holds(fence),
        }
    }
}

impl Route {
    pub(crate) fn queue(&self, authority: Option<Authority>) -> Queue {
        match self {
            Self::Named(queue) => queue.clone(),
            Self::ByAuthority([police, mgmt, nobody]) => match authority {
                Some(Authority::TrafficPolice) => police.clone(),
                Some(Authority::UrbanMgmt) => mgmt.clone(),
                None => nobody.clone(),
            },
        }
    }
}

impl Rule {
    /// Whether it is applied to what a source sees.
    pub(crate) fn heeds(&self, source: &SourceId) -> bool {
        self.sources.is_empty() || self.sources.contains(source)
    }

    /// Whether what `old` began goes on under this rule.
    pub(crate) fn goes_on_as(&self, old: &Self) -> bool {
        let state = |condition: &Condition| match condition {
            Condition::State { state, .. } => Some(std::mem::discriminant(state)),
            _ => None,
        };
        let (a, b) = (&self.condition, &old.condition);
        self.shadow == old.shadow
            && std::mem::discriminant(a) == std::mem::discriminant(b)
            && state(a) == state(b)
    }

    /// How long it has to last.
    pub(crate) fn needed(&self) -> Duration {
        match &self.condition {
            Condition::State { needed, .. }
            | Condition::Place { needed, .. }
            | Condition::Deed(Deed::Exit { needed }) => *needed,
            Condition::Deed(Deed::Cross { .. }) => Duration::ZERO,
        }
    }

    /// Whether it looks at things of this class at all, be it as company.
    pub(crate) fn looks_at(&self, class: Class) -> bool {
        let company = match &self.condition {
            Condition::State { state: State::Alone { without, .. }, .. } => {
                without.contains(&class)
            }
            _ => false,
        };
        company || self.classes.contains(&class)
    }
}
