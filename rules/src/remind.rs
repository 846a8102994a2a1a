//! Who is reminded before anybody looks at the case (违停十分钟提醒), and for how long.

use std::time::Duration;

use domain::{Authority, Class, FenceId, Reminder, TimeBasis};
use serde::{Deserialize, Serialize};

use crate::fence::Fence;

/// `[[rules.parking.reminder]]`: the first one that fits an alert holds; where none fits, there is no reminder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Remind {
    /// Only these fences. Default: all.
    pub fences: Vec<FenceId>,
    /// Only fences of this authority. Default: all.
    pub authority: Option<Authority>,
    /// Only these classes. Default: all.
    pub classes: Vec<Class>,
    /// From delivery on, there is this long to drive off. Default: 10min.
    #[serde(with = "humantime_serde")]
    pub wait: Duration,
    /// Without a receipt for this long the reminder counts as not delivered. Default: 2min.
    #[serde(with = "humantime_serde")]
    pub receipt_within: Duration,
    /// Where it could not be delivered: `wait_longer`, or `queue`, and a person decides at once. Default: `wait_longer`.
    pub undelivered: Undelivered,
    /// How long, then. Default: 20min.
    #[serde(with = "humantime_serde")]
    pub wait_undelivered: Duration,
}

/// What to do where nobody could be reminded.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Undelivered {
    #[default]
    WaitLonger,
    Queue,
}

impl Default for Remind {
    fn default() -> Self {
        Self {
            fences: Vec::new(),
            authority: None,
            classes: Vec::new(),
            wait: Duration::from_mins(10),
            receipt_within: Duration::from_mins(2),
            undelivered: Undelivered::WaitLonger,
            wait_undelivered: Duration::from_mins(20),
        }
    }
}

impl Remind {
    fn fits(&self, fence: &Fence, class: Class) -> bool {
        (self.fences.is_empty() || self.fences.contains(&fence.id))
            && self.authority.is_none_or(|authority| fence.authority == Some(authority))
            && (self.classes.is_empty() || self.classes.contains(&class))
    }

    /// Each problem as (key, rule and value).
    pub(crate) fn validate(&self, nth: usize) -> Vec<(String, String)> {
        let durations = [
            ("wait", self.wait),
            ("receipt_within", self.receipt_within),
            ("wait_undelivered", self.wait_undelivered),
        ];
        let wrong = durations.into_iter().filter(|(_, value)| {
            !(Duration::from_secs(1)..=Duration::from_hours(24)).contains(value)
        });
        wrong
            .map(|(key, value)| {
                let value = humantime_serde::re::humantime::format_duration(value);
                let rule = format!("must lie between 1s and 24h, got `{value}`");
                (format!("rules.parking.reminder[{nth}].{key}"), rule)
            })
            .collect()
    }
}

/// The reminder that an alert begins with. A clip that nobody knows the time of reminds nobody.
pub(crate) fn reminder(
    policies: &[Remind],
    fence: &Fence,
    class: Class,
    basis: TimeBasis,
) -> Option<Reminder> {
    if basis == TimeBasis::Media {
        return None;
    }
    let policy = policies.iter().find(|policy| policy.fits(fence, class))?;
    let longer = (policy.undelivered == Undelivered::WaitLonger).then_some(policy.wait_undelivered);
    Some(Reminder::ask(policy.wait, policy.receipt_within, longer))
}
