//! Stories of trucks.

mod driver;
mod night;
mod stories;
mod world;

use domain::{Alert, GroundFix, LonLat};
use jiff::Timestamp;

use super::TruckRules;
use super::alert::Case;
use super::ground::Ground;
use super::violation::Violation;

/// Somewhere.
fn here() -> GroundFix {
    Ground::round(LonLat::new(120.1, 30.9).unwrap(), 5.0)
}

/// An alert, whatever it is about.
pub(super) fn alert(since: Timestamp, raised_at: Timestamp) -> Alert {
    let case = Case {
        violation: Violation::LidOpen,
        terminal: None,
        plate: None,
        turns: &[],
        since,
        raised_at,
        fix: here(),
        fence: None,
        probability: 1.0,
        facts: Vec::new(),
        seen: None,
    };
    case.alert(&TruckRules::default())
}
