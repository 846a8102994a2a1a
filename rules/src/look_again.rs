//! What to do where nobody can tell: look again. It never becomes an alert by itself.

use domain::{FenceRef, Mount, Place, TrackId};
use jiff::Timestamp;

use crate::fence::{Fence, Shape};

/// Something stands where inside or outside cannot be told.
#[derive(Debug, Clone, PartialEq)]
pub struct LookAgain {
    pub track: TrackId,
    /// The likeliest fence.
    pub fence: FenceRef,
    pub place: Place,
    /// That it breaks the fence.
    pub probability: f64,
    pub since: Timestamp,
    pub at: Timestamp,
    pub remedy: Remedy,
}

/// How somebody could tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Remedy {
    /// 复飞: from lower, or from straight above.
    FlyAgain,
    /// 变焦: a longer lens, or a nearer camera.
    Zoom,
    /// 现场核查: no view of this kind will tell.
    CheckOnSite,
}

impl Remedy {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::FlyAgain => "fly_again",
            Self::Zoom => "zoom",
            Self::CheckOnSite => "check_on_site",
        }
    }

    /// A place surer than this cannot be made surer by looking: what stands there stands on the border.
    pub(crate) const SURE_M: f64 = 0.5;

    pub(crate) fn of(fence: &Fence, place: &Place, mount: &Mount) -> Self {
        match (place, &fence.shape) {
            (Place::Ground { ellipse95, .. }, _) if ellipse95.semi_major_m < Self::SURE_M => {
                Self::CheckOnSite
            }
            // Where nobody surveyed the camera there is no ground to be surer of.
            (Place::Image { .. }, _) | (_, Shape::Image { .. }) => Self::CheckOnSite,
            _ => match mount {
                Mount::Fixed => Self::Zoom,
                Mount::Moving { .. } => Self::FlyAgain,
            },
        }
    }
}
