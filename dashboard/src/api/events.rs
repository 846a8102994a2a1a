//! Changes, pushed to the pages: server-sent events.
//!
//! A page that reconnects reads its lists again, so nothing needs to be replayed; a listener that
//! falls behind is disconnected for the same effect.

use std::{convert::Infallible, sync::Arc, time::Duration};

use axum::{
    extract::State,
    response::sse::{Event, KeepAlive, Sse},
};
use domain::{FlightId, SourceStatus};
use futures_util::{Stream, StreamExt, future, stream};
use serde::Serialize;
use store::Change;
use tokio::sync::{OwnedSemaphorePermit, broadcast};
use tokio_stream::wrappers::{
    BroadcastStream, IntervalStream, errors::BroadcastStreamRecvError as Lagged,
};

use super::{ApiError, App, ErrorBody, session::SignedIn};

const KEEP_ALIVE: Duration = Duration::from_secs(15);
/// A listener whose session has ended is sent away within this time.
const RECHECK: Duration = Duration::from_mins(1);

/// Changes from now on, as server-sent events.
///
/// `hello` (`{version}`) comes first; then `alert` with an Alert, `source` with a Source and
/// `flight` with a Flight whenever one changes; figures of a flight at most once a second. After a reconnect, read the lists again.
#[utoipa::path(
    get, path = "/api/events", tag = "alerts",
    responses(
        (status = 200, content_type = "text/event-stream", body = str),
        (status = 401, body = ErrorBody),
        (status = 503, description = "`busy`: too many listeners", body = ErrorBody),
    )
)]
pub(crate) async fn listen(
    State(app): State<App>,
    SignedIn(session): SignedIn,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, ApiError> {
    let place = Arc::clone(&app.listeners).try_acquire_owned().map_err(|_full| ApiError::Busy)?;
    let changes = changes(&app, session.expires);
    let stop = app.stop.clone();
    let events = hello().chain(changes).take_until(stop.cancelled_owned());
    Ok(Sse::new(holding(place, events)).keep_alive(KeepAlive::new().interval(KEEP_ALIVE)))
}

fn hello() -> impl Stream<Item = Result<Event, Infallible>> {
    #[derive(Serialize)]
    struct Hello {
        version: &'static str,
    }
    let hello = event("hello", &Hello { version: env!("CARGO_PKG_VERSION") });
    stream::iter(hello.map(Ok))
}

/// Something for one listener.
enum News {
    Alert(Change),
    Source(Box<SourceStatus>),
    Flight(FlightId),
    Look,
}

/// Ends when the listener falls behind, or its session expires.
fn changes(
    app: &App,
    expires: jiff::Timestamp,
) -> impl Stream<Item = Result<Event, Infallible>> + use<> {
    let alerts = told(app.context.store.changes()).map(|change| change.map(News::Alert));
    let sources = told(app.context.sources.changes())
        .map(|source| source.map(|source| News::Source(Box::new(source))));
    let flights = told(app.context.store.flight_changes()).map(|id| id.map(News::Flight));
    let look = IntervalStream::new(tokio::time::interval(RECHECK)).map(|_| Ok(News::Look));
    let (app, clock) = (app.clone(), Arc::clone(&app.context.clock));
    stream::select(stream::select(alerts, sources), stream::select(flights, look))
        .take_while(move |news| future::ready(news.is_ok() && clock.now() < expires))
        .filter_map(move |news| {
            let app = app.clone();
            async move { described(&app, news.ok()?).await.map(Ok) }
        })
}

fn told<T: Clone + Send + 'static>(
    receiver: broadcast::Receiver<T>,
) -> impl Stream<Item = Result<T, Lagged>> {
    BroadcastStream::new(receiver)
}

async fn described(app: &App, news: News) -> Option<Event> {
    match news {
        News::Alert(change) => match app.context.store.alert(change.alert).await {
            Ok(alert) => event("alert", &alert?),
            Err(error) => {
                tracing::error!(%error, "cannot show a change to a page");
                None
            }
        },
        News::Source(status) => event("source", &status),
        News::Flight(id) => match app.context.store.flight(id).await {
            Ok(flight) => event("flight", &flight?),
            Err(error) => {
                tracing::error!(%error, "cannot show a flight to a page");
                None
            }
        },
        News::Look => None,
    }
}

fn event(name: &str, data: &impl Serialize) -> Option<Event> {
    match Event::default().event(name).json_data(data) {
        Ok(event) => Some(event),
        Err(error) => {
            tracing::error!(%error, name, "an event has no JSON form");
            None
        }
    }
}

/// Keeps the listener's place until the stream is dropped.
fn holding<S: Stream>(place: OwnedSemaphorePermit, inner: S) -> impl Stream<Item = S::Item> {
    inner.map(move |item| {
        let _held = &place;
        item
    })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use axum::{body::Body, http::Request};
    use futures_util::StreamExt;

    use crate::{
        api::testing::Page,
        testing::{alert, status},
    };

    /// Reads the stream until `wanted` is in it.
    async fn until(body: &mut axum::body::BodyDataStream, wanted: &str) -> String {
        let mut text = String::new();
        let found = async {
            while !text.contains(wanted) {
                let piece = body.next().await.expect("the stream goes on").unwrap();
                text.push_str(std::str::from_utf8(&piece).unwrap());
            }
        };
        tokio::time::timeout(Duration::from_secs(10), found).await.expect(wanted);
        text
    }

    #[tokio::test]
    async fn changes_are_pushed() {
        let page = Page::signed_in("guest").await;
        let request = page.with_cookie(Request::get("/api/events")).body(Body::empty()).unwrap();
        let response = page.send(request).await;
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        let mut body = response.into_body().into_data_stream();
        until(&mut body, "event: hello\ndata: {\"version\":\"0.1.0\"}\n\n").await;

        page.bench.raise(&alert(1)).await;
        let text = until(&mut body, "\n\n").await;
        assert!(text.starts_with("event: alert\ndata: {\"id\":\""), "{text}");

        page.bench.context.sources.changed(status("gate"));
        let text = until(&mut body, "\n\n").await;
        assert!(text.starts_with("event: source\ndata: {\"id\":\"gate\""), "{text}");

        page.bench.context.store.new_flight("早班", "li").await.unwrap();
        let text = until(&mut body, "\n\n").await;
        assert!(text.starts_with("event: flight\ndata: {\"id\":1,\"name\":\"早班\""), "{text}");
    }

    #[tokio::test]
    async fn a_listener_that_falls_behind_is_sent_away() {
        let page = Page::signed_in("guest").await;
        let request = page.with_cookie(Request::get("/api/events")).body(Body::empty()).unwrap();
        let mut body = page.send(request).await.into_body().into_data_stream();
        until(&mut body, "hello").await;
        for _ in 0..300 {
            page.bench.context.sources.changed(status("gate"));
        }
        let end = tokio::time::timeout(Duration::from_secs(10), async {
            while body.next().await.is_some() {}
        });
        end.await.expect("the stream ends");
    }

    #[tokio::test]
    async fn listeners_are_limited_and_leave_their_place() {
        let page = Page::signed_in("guest").await;
        let listen = async || {
            let request =
                page.with_cookie(Request::get("/api/events")).body(Body::empty()).unwrap();
            page.send(request).await
        };
        let mut held = Vec::new();
        for _ in 0..super::super::MAX_LISTENERS {
            held.push(listen().await);
        }
        assert_eq!(listen().await.status().as_u16(), 503);
        held.pop();
        assert_eq!(listen().await.status().as_u16(), 200);
    }
}
