//! Cameras and files.

use axum::{Json, extract::State};
use domain::SourceStatus;

use super::{App, ErrorBody, session::SignedIn};

/// All sources as they are now.
#[utoipa::path(
    get, path = "/api/sources", tag = "sources",
    responses((status = 200, body = Vec<SourceStatus>), (status = 401, body = ErrorBody))
)]
pub(crate) async fn sources(State(app): State<App>, _: SignedIn) -> Json<Vec<SourceStatus>> {
    Json(app.context.sources.list())
}
