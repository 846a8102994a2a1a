//! The fences that rules are about.

use axum::{
    extract::State,
    http::{HeaderName, header},
};

use super::{App, ErrorBody, session::SignedIn};

/// The fences as a GeoJSON `FeatureCollection` in WGS-84.
///
/// `feature.id` is a string; the properties are those of `docs/fences.schema.json`, `active` (at this moment) and
/// `hash` (of the content, as alerts quote it). `refused` beside `features` says why newer fences are not in force.
#[utoipa::path(
    get, path = "/api/fences", tag = "map",
    responses(
        (status = 200, content_type = "application/geo+json", body = Object),
        (status = 401, body = ErrorBody),
    )
)]
pub(crate) async fn fences(
    State(app): State<App>,
    _: SignedIn,
) -> ([(HeaderName, &'static str); 1], String) {
    ([(header::CONTENT_TYPE, "application/geo+json")], (app.context.fences)())
}
