//! What a truck can do wrong: each a rule of its own, with its name, its gravity and what it stands on.

use std::time::Duration;

use domain::{RuleId, RuleName, Severity};

use super::config::TruckRules;

/// One rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Violation {
    Unpermitted,
    OutOfHours,
    OffRoute,
    LidOpen,
    BodyRaised,
    Dumping,
    SignalLost,
    TippingSeen,
}

impl Violation {
    /// Those that a terminal tells of, by their place among the watches of a truck.
    pub(super) const OF_TERMINALS: [Self; 7] = [
        Self::Unpermitted,
        Self::OutOfHours,
        Self::OffRoute,
        Self::LidOpen,
        Self::BodyRaised,
        Self::Dumping,
        Self::SignalLost,
    ];

    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Unpermitted => "muck-unpermitted",
            Self::OutOfHours => "muck-out-of-hours",
            Self::OffRoute => "muck-off-route",
            Self::LidOpen => "muck-lid-open",
            Self::BodyRaised => "muck-body-raised",
            Self::Dumping => "muck-dumping",
            Self::SignalLost => "muck-signal-lost",
            Self::TippingSeen => "muck-tipping-seen",
        }
    }

    pub(super) fn id(self) -> RuleId {
        RuleId::known(self.as_str())
    }

    pub(super) fn by_id(id: &RuleId) -> Option<Self> {
        let all = Self::OF_TERMINALS.into_iter().chain([Self::TippingSeen]);
        all.into_iter().find(|violation| violation.as_str() == id.as_str())
    }

    /// The state that an alert tells of, at the time it began.
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Unpermitted => "unpermitted",
            Self::OutOfHours => "out_of_hours",
            Self::OffRoute => "off_route",
            Self::LidOpen => "lid_open",
            Self::BodyRaised => "body_raised",
            Self::Dumping => "dumped",
            Self::SignalLost => "signal_lost",
            Self::TippingSeen => "tipping_seen",
        }
    }

    pub(super) fn name(self) -> RuleName {
        let (zh, en) = match self {
            Self::Unpermitted => ("无核准证运输渣土", "Muck carried without a permit"),
            Self::OutOfHours => ("超时段运输渣土", "Muck carried out of hours"),
            Self::OffRoute => ("偏离核准路线", "Off the approved route"),
            Self::LidOpen => ("重车未密闭行驶", "Drives loaded with an open lid"),
            Self::BodyRaised => ("消纳场外举升车厢", "Body raised outside a disposal site"),
            Self::Dumping => ("疑似偷倒渣土", "Suspected dumping of muck"),
            Self::SignalLost => ("重车信号中断", "Signal lost while loaded"),
            Self::TippingSeen => ("画面发现倾倒渣土", "Tipping of muck seen"),
        };
        RuleName { zh: zh.to_owned(), en: en.to_owned() }
    }

    /// A load on the ground is grave; what may end in one is general; a terminal that fell silent may be broken.
    pub(super) const fn severity(self) -> Severity {
        match self {
            Self::Dumping | Self::BodyRaised | Self::TippingSeen => Severity::Serious,
            Self::Unpermitted | Self::OffRoute | Self::LidOpen => Severity::General,
            Self::OutOfHours | Self::SignalLost => Severity::Minor,
        }
    }

    pub(super) const fn legal_basis(self) -> Option<&'static str> {
        match self {
            Self::Unpermitted => Some("《城市建筑垃圾管理规定》第七条、第十三条"),
            Self::OutOfHours | Self::OffRoute => Some("《城市建筑垃圾管理规定》第十四条"),
            Self::LidOpen => Some("《城市市容和环境卫生管理条例》第十五条"),
            Self::BodyRaised | Self::Dumping | Self::TippingSeen => Some(
                "《城市建筑垃圾管理规定》第十五条；《固体废物污染环境防治法》第六十三条、第一百一十一条",
            ),
            Self::SignalLost => None,
        }
    }

    /// How long it must last.
    pub(super) const fn needs(self, config: &TruckRules) -> Duration {
        match self {
            Self::Unpermitted => config.unpermitted_for,
            Self::OutOfHours => config.out_of_hours_for,
            Self::OffRoute => config.off_route_for,
            Self::LidOpen => config.lid_open_for,
            Self::BodyRaised => config.body_raised_for,
            Self::Dumping => config.dump_stop,
            Self::SignalLost => config.signal_lost_after,
            Self::TippingSeen => config.tipping_for,
        }
    }
}
