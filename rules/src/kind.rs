//! What a fence is for.

use serde::{Deserialize, Serialize};

/// What a fence is for. Kinds without a rule yet are loaded, shown and exported.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// 禁停区
    NoParking,
    /// 停车泊位: parking here is legal, whatever other fences say.
    Bay,
    /// 禁倒区, also where dumping is known to happen
    NoDumping,
    /// 消纳场: where loads may be tipped
    DisposalSite,
    /// 建筑工地, with the permit it works under
    ConstructionSite,
    /// 核准运输路线: a line with a width, or an area
    ApprovedRoute,
    /// 禁建区
    NoBuild,
    /// 耕地
    Farmland,
    /// 河道
    River,
    /// 允许设摊区
    AllowedVending,
    /// 遛犬区
    DogArea,
    /// 敏感区域: nothing that stands here is recorded
    Sensitive,
    /// 禁飞区
    NoFly,
    /// 执法网格: whose ground it is, and whether it was looked at. It forbids nothing.
    Grid,
}

impl Kind {
    pub const ALL: [Self; 14] = [
        Self::NoParking,
        Self::Bay,
        Self::NoDumping,
        Self::DisposalSite,
        Self::ConstructionSite,
        Self::ApprovedRoute,
        Self::NoBuild,
        Self::Farmland,
        Self::River,
        Self::AllowedVending,
        Self::DogArea,
        Self::Sensitive,
        Self::NoFly,
        Self::Grid,
    ];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NoParking => "no_parking",
            Self::Bay => "bay",
            Self::NoDumping => "no_dumping",
            Self::DisposalSite => "disposal_site",
            Self::ConstructionSite => "construction_site",
            Self::ApprovedRoute => "approved_route",
            Self::NoBuild => "no_build",
            Self::Farmland => "farmland",
            Self::River => "river",
            Self::AllowedVending => "allowed_vending",
            Self::DogArea => "dog_area",
            Self::Sensitive => "sensitive",
            Self::NoFly => "no_fly",
            Self::Grid => "grid",
        }
    }

    /// Whether somebody was allowed something here, under a number.
    pub(crate) const fn may_have_permit(self) -> bool {
        matches!(
            self,
            Self::ConstructionSite
                | Self::DisposalSite
                | Self::ApprovedRoute
                | Self::AllowedVending
        )
    }

    /// Whether it makes no sense in a picture.
    pub(crate) const fn needs_ground(self) -> bool {
        matches!(self, Self::Grid | Self::ApprovedRoute | Self::NoFly)
    }
}
