//! 违建预警: what was built between two pictures, held against the ground it stands on and against permits.
//!
//! Takes a [`domain::ChangeFound`] and decides it alone, by probability: how much of the outline lies on which ground, over all
//! places where the outline as a whole may lie, and how large that part is with the doubt of its area. Only what is
//! forbidden with P ≥ 0.95 is an alert; what cannot be told is looked at again.
//!
//! Assumes that permits and registers of places are complete as they are given, and that times are those of the pictures. Leaves to others to
//! find changes, to keep the registry, and every legal judgement: an alert is a lead.

mod config;
mod ground;
mod judge;
mod known;
mod raise;
mod shape;
#[cfg(test)]
mod story;
#[cfg(test)]
mod tests;
mod watch;

pub use config::Construction;
pub use judge::{Decision, Doubt, Figures, Judged, Passed, Site, WorkSign, judge};
pub use watch::revisits;
