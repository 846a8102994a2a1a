//! What a truck may do at a time, by the permits of its plate.

use domain::FenceId;
use jiff::Timestamp;

use super::permit::{MuckPermit, Permits};
use super::trip::Trip;
use crate::fence::Fence;
use crate::kind::Kind;

/// What permits say of one truck.
pub(super) enum Licence<'a> {
    /// There are no permits at all, or nobody knows its plate.
    Unknown,
    /// It has none, or none for the site where it was loaded.
    None,
    Holds(Vec<&'a MuckPermit>),
}

/// Where a load may be taken along.
pub(super) enum Ways<'a> {
    Unknown,
    Any,
    These(Vec<&'a FenceId>),
}

impl<'a> Licence<'a> {
    /// A permit that held when the trip began holds to its end; its hours are another matter.
    pub(super) fn of(
        permits: &'a Permits,
        plate: Option<&str>,
        trip: &Trip,
        at: Timestamp,
    ) -> Self {
        let Some(plate) = plate.filter(|_| !permits.all().is_empty()) else {
            return Self::Unknown;
        };
        let mut held = permits.of_plate(plate, at);
        if let Some(since) = trip.since().filter(|_| held.is_empty() && trip.is_loaded()) {
            held = permits.of_plate(plate, since);
        }
        if let Some(origin) = trip.origin.as_ref().filter(|_| trip.is_loaded()) {
            held.retain(|permit| permit.construction_site == *origin);
        }
        if held.is_empty() { Self::None } else { Self::Holds(held) }
    }

    pub(super) const fn unpermitted(&self) -> Option<bool> {
        match self {
            Self::Unknown => None,
            Self::None => Some(true),
            Self::Holds(_) => Some(false),
        }
    }

    pub(super) fn out_of_hours(&self, at: Timestamp) -> Option<bool> {
        let Self::Holds(permits) = self else { return None };
        Some(permits.iter().all(|permit| permit.schedule.open_since(at).is_none()))
    }

    /// The ground of its way: routes and sites.
    pub(super) fn ways(&self) -> Ways<'a> {
        let Self::Holds(permits) = self else { return Ways::Unknown };
        if permits.iter().any(|permit| permit.routes.is_empty()) {
            return Ways::Any;
        }
        let of = |permit: &&'a MuckPermit| {
            let site = std::iter::once(&permit.construction_site);
            permit.routes.iter().chain(&permit.disposal_sites).chain(site).collect::<Vec<_>>()
        };
        Ways::These(permits.iter().flat_map(of).collect())
    }

    /// Whether a load may be tipped in this fence.
    pub(super) fn may_tip_in(&self, fence: &Fence) -> bool {
        match self {
            Self::Holds(permits) => permits.iter().any(|permit| {
                permit.disposal_sites.contains(&fence.id) || permit.construction_site == fence.id
            }),
            Self::Unknown | Self::None => {
                matches!(fence.kind, Kind::DisposalSite | Kind::ConstructionSite)
            }
        }
    }

    pub(super) fn sites(&self) -> impl Iterator<Item = &'a FenceId> + use<'a, '_> {
        self.permits().map(|permit| &permit.construction_site)
    }

    pub(super) fn routes(&self) -> impl Iterator<Item = &'a FenceId> + use<'a, '_> {
        self.permits().flat_map(|permit| &permit.routes)
    }

    fn permits(&self) -> impl Iterator<Item = &'a MuckPermit> + use<'a, '_> {
        let held = match self {
            Self::Holds(permits) => permits.as_slice(),
            Self::Unknown | Self::None => &[],
        };
        held.iter().copied()
    }
}
