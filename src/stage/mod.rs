//! The stages of the road, one file each. `crate::pipeline` connects them.

pub(crate) mod clip;
pub(crate) mod detect;
pub(crate) mod diary;
pub(crate) mod follow;
pub(crate) mod inbox;
pub(crate) mod judge;
pub(crate) mod keepsake;
pub(crate) mod look;
pub(crate) mod plates;
pub(crate) mod record;
pub(crate) mod shot;
pub(crate) mod told;
pub(crate) mod viewlog;
