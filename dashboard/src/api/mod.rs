//! The HTTP API: one resource, one file with its routes, JSON shapes, handlers and tests.
//!
//! Everything but login and the health checks asks for a session. [`ApiError`] says what a client
//! may see.

mod aircraft;
mod alerts;
mod construction;
mod coverage;
mod error;
mod events;
mod evidence;
mod fences;
mod flights;
mod guard;
mod health;
mod map;
mod range;
mod session;
mod sources;
mod view;

#[cfg(test)]
pub(crate) mod testing;

use std::sync::Arc;

use axum::routing::post;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use utoipa::OpenApi;
use utoipa_axum::{router::OpenApiRouter, routes};

pub(crate) use error::{ApiError, ErrorBody};
pub(crate) use flights::speaks_tus;
pub(crate) use guard::{headers, same_origin};
pub(crate) use session::Peer;

use crate::{
    Config, Context,
    auth::{Attempts, Hasher},
};

/// Pages that listen for changes at a time; the next one gets 503 and tries again by itself.
const MAX_LISTENERS: usize = 256;

/// What the handlers share.
#[derive(Clone)]
pub(crate) struct App(Arc<Inner>);

pub(crate) struct Inner {
    pub(crate) config: Config,
    pub(crate) context: Context,
    pub(crate) hasher: Hasher,
    pub(crate) attempts: Attempts,
    pub(crate) listeners: Arc<Semaphore>,
    /// Ends the event streams, which otherwise would keep the server from stopping.
    pub(crate) stop: CancellationToken,
}

impl App {
    pub(crate) fn new(config: &Config, context: Context, stop: CancellationToken) -> Self {
        Self(Arc::new(Inner {
            config: config.clone(),
            context,
            hasher: Hasher::default(),
            attempts: Attempts::default(),
            listeners: Arc::new(Semaphore::new(MAX_LISTENERS)),
            stop,
        }))
    }
}

impl std::ops::Deref for App {
    type Target = Inner;
    fn deref(&self) -> &Inner {
        &self.0
    }
}

/// What `OpenAPI` says about the whole.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "Xunjian 巡检",
        description = "Alerts, evidence, sources, fences and flights. Times are RFC 3339 in UTC, positions \
                       WGS-84. A machine result is a lead until a person has reviewed it. Sign in \
                       with `POST /api/login`; the session is a cookie."
    ),
    tags(
        (name = "alerts", description = "Leads and their review"),
        (name = "flights", description = "Uploads by tus 1.0, their processing and what came of it; aircraft that are heard live"),
        (name = "evidence", description = "Pictures, clips and manifests: masked unless the original is asked for with the right and a reason; every look is audited"),
        (name = "sources", description = "Cameras and files"),
        (name = "session", description = "Signing in and out"),
        (name = "map", description = "Fences and base map"),
        (name = "health", description = "For supervisors and Prometheus; open, no personal data"),
    )
)]
struct Description;

/// Short answers in JSON.
pub(crate) fn documents() -> OpenApiRouter<App> {
    OpenApiRouter::with_openapi(Description::openapi())
        .routes(routes!(session::login))
        .routes(routes!(session::logout))
        .routes(routes!(session::session))
        .routes(routes!(map::map))
        .routes(routes!(sources::sources))
        .routes(routes!(fences::fences))
        .routes(routes!(alerts::list))
        .routes(routes!(alerts::show))
        .routes(routes!(alerts::decide))
        .routes(routes!(alerts::separate))
        .routes(routes!(construction::list))
        .routes(routes!(construction::due))
        .routes(routes!(coverage::coverage))
        .routes(routes!(coverage::export))
        .routes(routes!(aircraft::list))
        .routes(routes!(aircraft::track))
        .routes(routes!(flights::list, flights::create))
        .routes(routes!(flights::show, flights::delete))
        .routes(routes!(flights::start))
        .routes(routes!(flights::retry))
        .routes(routes!(flights::fetch))
        .routes(routes!(flights::report))
        .routes(routes!(flights::export))
        .routes(routes!(health::live))
        .routes(routes!(health::ready))
        .routes(routes!(health::metrics))
}

/// Files and event streams, which must reach the client as they are.
pub(crate) fn streams() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(evidence::read))
        .routes(routes!(flights::media))
        .routes(routes!(events::listen))
}

/// Uploads, which take as long as they take.
pub(crate) fn uploads() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(flights::announce, flights::options))
        .routes(routes!(flights::offset, flights::append, flights::remove))
        .route("/api/flights/{id}/files/{n}", post(flights::overridden))
}
