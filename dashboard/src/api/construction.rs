//! Places where something was built without a permit, and those that are due to be flown over again.

use axum::{Json, extract::State};
use domain::{AlertId, BuildState, KnownBuild, RebuildVisit};
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use super::{ApiError, App, ErrorBody, session::SignedIn};

/// What stands or stood in a place.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct BuiltPlace {
    /// It is known by the alert that was raised of it.
    alert: AlertId,
    lon: f64,
    lat: f64,
    /// A closed ring of [lon, lat].
    outline: Vec<[f64; 2]>,
    area_m2: f64,
    area_sigma_m2: f64,
    /// The latest picture without it.
    bare_at: Timestamp,
    /// The first picture with it.
    since: Timestamp,
    last_seen: Timestamp,
    demolished_at: Option<Timestamp>,
    /// A user, or `machine`.
    demolished_by: Option<String>,
    /// The alert of what stood here before and was taken away.
    rebuilt_of: Option<AlertId>,
}

/// A flight that is due over the place of something demolished.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DueVisit {
    alert: AlertId,
    /// Days after the demolition.
    day: u16,
    due_at: Timestamp,
    place: Option<BuiltPlace>,
}

/// The register, newest first; at most 1000.
#[utoipa::path(
    get, path = "/api/construction", tag = "alerts",
    responses((status = 200, body = Vec<BuiltPlace>), (status = 401, body = ErrorBody))
)]
pub(crate) async fn list(
    State(app): State<App>,
    _: SignedIn,
) -> Result<Json<Vec<BuiltPlace>>, ApiError> {
    let known = app.context.store.builds().await?;
    Ok(Json(known.into_iter().map(BuiltPlace::from).collect()))
}

/// Visits that are due and were not flown, longest due first; at most 1000.
#[utoipa::path(
    get, path = "/api/construction/due", tag = "alerts",
    responses((status = 200, body = Vec<DueVisit>), (status = 401, body = ErrorBody))
)]
pub(crate) async fn due(
    State(app): State<App>,
    _: SignedIn,
) -> Result<Json<Vec<DueVisit>>, ApiError> {
    let store = &app.context.store;
    let visits = store.visits_due(app.context.clock.now()).await?;
    let known = store.builds().await?;
    let due = |RebuildVisit { alert, day, due_at, .. }: RebuildVisit| {
        let place = known.iter().find(|one| one.alert == alert).cloned().map(BuiltPlace::from);
        DueVisit { alert, day, due_at, place }
    };
    Ok(Json(visits.into_iter().map(due).collect()))
}

impl From<KnownBuild> for BuiltPlace {
    fn from(known: KnownBuild) -> Self {
        let KnownBuild { alert, outline, bare_at, since, last_seen, state, rebuilt_of } = known;
        let (demolished_at, demolished_by) = match state {
            BuildState::Standing => (None, None),
            BuildState::Demolished { at, by } => (Some(at), Some(by)),
        };
        Self {
            alert,
            lon: outline.middle.lon(),
            lat: outline.middle.lat(),
            outline: outline.rings.into_iter().next().unwrap_or_default(),
            area_m2: outline.area_m2,
            area_sigma_m2: outline.area_sigma_m2,
            bare_at,
            since,
            last_seen,
            demolished_at,
            demolished_by,
            rebuilt_of,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::api::testing::Page;

    #[tokio::test]
    async fn the_register_is_for_whoever_is_signed_in() {
        let (page, stranger) = (Page::signed_in("guest").await, Page::new().await);
        for path in ["/api/construction", "/api/construction/due"] {
            assert_eq!(page.get(path).await.json(), json!([]), "{path}");
            assert_eq!(stranger.get(path).await.status.as_u16(), 401, "{path}");
        }
    }
}
