//! Flights and files as paths name them.

use axum::{
    extract::{FromRequestParts, Path},
    http::request::Parts,
};
use domain::FlightId;
use serde::Deserialize;

use super::{ApiError, App};

/// `{id}` of the path; 404 for what is no id.
pub(crate) struct FlightPath(pub(crate) FlightId);

impl FromRequestParts<App> for FlightPath {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, ApiError> {
        #[derive(Deserialize)]
        struct WithId {
            id: FlightId,
        }
        let path = Path::<WithId>::from_request_parts(parts, app).await;
        let not_found = |_| ApiError::NotFound("flight with this id".to_owned());
        path.map(|Path(path)| Self(path.id)).map_err(not_found)
    }
}

/// `{id}` and `{n}` of the path; 404 for what are no numbers.
#[derive(Deserialize)]
pub(crate) struct FilePath {
    pub(crate) id: FlightId,
    pub(crate) n: u64,
}

impl FromRequestParts<App> for FilePath {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, ApiError> {
        let path = Path::<Self>::from_request_parts(parts, app).await;
        let not_found = |_| ApiError::NotFound("file of this number".to_owned());
        path.map(|Path(path)| path).map_err(not_found)
    }
}
