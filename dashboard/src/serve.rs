//! Puts the API and the page together and serves them.

use std::{
    any::Any,
    io,
    net::SocketAddr,
    time::{Duration, Instant},
};

use axum::{
    Json, Router,
    extract::{DefaultBodyLimit, MatchedPath, Request},
    middleware::{self, Next},
    response::{IntoResponse, Response},
    routing::get,
};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tower_http::{catch_panic::CatchPanicLayer, compression::CompressionLayer};

use crate::{
    Config, Context,
    api::{self, ApiError, App, Peer},
    door::Door,
    page,
};

/// The largest request but an upload is a decision with its note.
const MAX_BODY: usize = 64 << 10;
/// Until the answer begins; files and events may then take their time. Uploads are watched by
/// themselves.
const TIMEOUT: Duration = Duration::from_secs(30);
/// How long requests get to finish after `stop`.
const DRAIN: Duration = Duration::from_secs(5);

/// The web could not be served.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    #[error("cannot listen on {listen} (`http.listen`): is the program already running?")]
    Listen { listen: SocketAddr, source: io::Error },
    #[error("the web server failed")]
    Serve(#[source] io::Error),
}

/// Serves until `stop`, then lets running requests finish for at most 5 s.
pub async fn serve(
    config: &Config,
    context: Context,
    stop: CancellationToken,
) -> Result<(), ServeError> {
    let listen = config.http.listen;
    let listener =
        TcpListener::bind(listen).await.map_err(|source| ServeError::Listen { listen, source })?;
    tracing::info!(address = %listen, "page and API are served");
    let app = App::new(config, context, stop.clone());
    let service = router(app).into_make_service_with_connect_info::<Peer>();
    let server = axum::serve(Door::new(listener), service)
        .with_graceful_shutdown(stop.clone().cancelled_owned());
    let overdue = async {
        stop.cancelled().await;
        tokio::time::sleep(DRAIN).await;
    };
    tokio::select! {
        ended = server => ended.map_err(ServeError::Serve),
        () = overdue => Ok(()),
    }
}

/// The `OpenAPI` document, as served at `/api/openapi.json`.
pub fn openapi_json() -> String {
    description().to_pretty_json().expect("the description is plain data")
}

fn description() -> utoipa::openapi::OpenApi {
    let mut description = api::documents().into_openapi();
    description.merge(api::streams().into_openapi());
    description.merge(api::uploads().into_openapi());
    description
}

pub(crate) fn router(app: App) -> Router {
    let openapi = get(async || Json(description()));
    let (documents, _) = api::documents().split_for_parts();
    let (streams, _) = api::streams().split_for_parts();
    let (uploads, _) = api::uploads().split_for_parts();
    documents
        .route("/api/openapi.json", openapi)
        .method_not_allowed_fallback(wrong_method)
        .route_layer(middleware::from_fn(measured))
        .fallback(page::page)
        .layer(CompressionLayer::new())
        .merge(
            streams
                .method_not_allowed_fallback(wrong_method)
                .route_layer(middleware::from_fn(measured)),
        )
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .layer(middleware::from_fn(in_time))
        .merge(
            uploads
                .method_not_allowed_fallback(wrong_method)
                .layer(middleware::from_fn(api::speaks_tus))
                .route_layer(middleware::from_fn(measured)),
        )
        .layer(middleware::from_fn(api::same_origin))
        .layer(CatchPanicLayer::custom(broken))
        .layer(middleware::from_fn_with_state(app.clone(), api::headers))
        .with_state(app)
}

async fn wrong_method() -> ApiError {
    ApiError::WrongMethod
}

/// Counts requests by route, never by address or name.
async fn measured(path: MatchedPath, request: Request, next: Next) -> Response {
    let started = Instant::now();
    let method = request.method().to_string();
    let response = next.run(request).await;
    let labels = [
        ("method", method),
        ("path", path.as_str().to_owned()),
        ("status", response.status().as_u16().to_string()),
    ];
    metrics::histogram!("xunjian_http_answer_seconds", &labels).record(started.elapsed());
    response
}

async fn in_time(request: Request, next: Next) -> Result<Response, ApiError> {
    let answer = tokio::time::timeout(TIMEOUT, next.run(request)).await;
    answer.map_err(|_elapsed| ApiError::Timeout)
}

/// A handler's panic is a bug of ours and costs one request.
#[expect(clippy::needless_pass_by_value, reason = "`ResponseForPanic` is called like this")]
fn broken(panic: Box<dyn Any + Send>) -> Response {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    let text = text.or_else(|| panic.downcast_ref::<String>().cloned());
    ApiError::Internal(text.unwrap_or_else(|| "panic".to_owned()).into()).into_response()
}

#[cfg(test)]
mod tests {
    use serde_json::Value;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;
    use crate::api::testing::Page;

    #[test]
    fn the_description_lists_every_path() {
        let description: Value = serde_json::from_str(&openapi_json()).unwrap();
        let mut paths: Vec<_> = description["paths"].as_object().unwrap().keys().cloned().collect();
        paths.sort();
        assert_eq!(
            paths,
            [
                "/api/aircraft",
                "/api/aircraft/{sn}/track",
                "/api/alerts",
                "/api/alerts/{id}",
                "/api/alerts/{id}/decision",
                "/api/alerts/{id}/evidence/{name}",
                "/api/alerts/{id}/separate",
                "/api/construction",
                "/api/construction/due",
                "/api/coverage",
                "/api/coverage.geojson",
                "/api/events",
                "/api/fences",
                "/api/flights",
                "/api/flights/{id}",
                "/api/flights/{id}/export/{kind}",
                "/api/flights/{id}/fetch",
                "/api/flights/{id}/files",
                "/api/flights/{id}/files/{n}",
                "/api/flights/{id}/media/{n}",
                "/api/flights/{id}/report",
                "/api/flights/{id}/retry",
                "/api/flights/{id}/start",
                "/api/login",
                "/api/logout",
                "/api/map",
                "/api/session",
                "/api/sources",
                "/health/livez",
                "/health/readyz",
                "/metrics",
            ]
        );
    }

    #[test]
    fn every_schema_that_is_named_is_there() {
        let text = openapi_json();
        let description: Value = serde_json::from_str(&text).unwrap();
        let schemas = description["components"]["schemas"].as_object().unwrap();
        for part in text.split("#/components/schemas/").skip(1) {
            let name = part.split('"').next().unwrap();
            assert!(schemas.contains_key(name), "{name}");
        }
    }

    #[tokio::test]
    async fn wrong_methods_are_told_in_the_api_s_own_form() {
        let page = Page::new().await;
        let answer = page.post("/api/alerts", &serde_json::json!({})).await;
        assert_eq!((answer.status.as_u16(), answer.code().as_str()), (405, "wrong_method"));
    }

    #[tokio::test]
    async fn an_open_event_stream_does_not_hold_up_the_end() {
        let page = Page::signed_in("guest").await;
        let stop = CancellationToken::new();
        let mut config = Config::default();
        // Free a moment ago: nobody else asks the system for ports of this test.
        let port = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
        config.http.listen = port;
        let context = page.bench.context.clone();
        let asked = stop.clone();
        let mut server = tokio::task::JoinSet::new();
        server.spawn(async move { serve(&config, context, asked).await });
        let mut again = tokio::time::interval(Duration::from_millis(5));
        let mut socket = loop {
            match tokio::net::TcpStream::connect(port).await {
                Ok(socket) => break socket,
                Err(_) => drop(again.tick().await),
            }
        };
        let request = format!(
            "GET /api/events HTTP/1.1\r\nhost: {port}\r\ncookie: {}\r\n\r\n",
            page.cookie().unwrap()
        );
        socket.write_all(request.as_bytes()).await.unwrap();
        let mut text = String::new();
        while !text.contains("event: hello") {
            let mut piece = [0; 1024];
            let length = socket.read(&mut piece).await.unwrap();
            assert!(length > 0, "{text}");
            text.push_str(std::str::from_utf8(&piece[..length]).unwrap());
        }
        let started = Instant::now();
        stop.cancel();
        server.join_next().await.unwrap().unwrap().unwrap();
        assert!(started.elapsed() < DRAIN, "{:?}", started.elapsed());
    }

    #[tokio::test]
    async fn a_taken_port_names_its_setting() {
        let taken = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mut config = Config::default();
        config.http.listen = taken.local_addr().unwrap();
        let bench = crate::testing::bench().await;
        let error = serve(&config, bench.context, CancellationToken::new()).await.unwrap_err();
        assert!(error.to_string().contains("`http.listen`"), "{error}");
    }
}
