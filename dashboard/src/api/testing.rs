//! The whole router, spoken to as a browser would.

use axum::{
    Router,
    body::{Body, Bytes},
    http::{HeaderMap, Request, StatusCode, header},
    response::Response,
};
use serde_json::Value;
use store::Role;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

use super::App;
use crate::{
    Config,
    testing::{Bench, bench},
};

/// A browser with its cookie.
pub(crate) struct Page {
    pub(crate) bench: Bench,
    router: Router,
    cookie: Option<String>,
}

pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    pub(crate) fn code(&self) -> String {
        self.json()["error"]["code"].as_str().unwrap_or_default().to_owned()
    }

    pub(crate) fn header(&self, name: header::HeaderName) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}

pub(crate) const PASSWORD: &str = "correct horse";

impl Page {
    /// Nobody is signed in; there are `admin`, `li` (reviewer) and `guest` (viewer).
    pub(crate) async fn new() -> Self {
        Self::with(Config::default()).await
    }

    pub(crate) async fn with(config: Config) -> Self {
        let bench = bench().await;
        // One hash for all three: hashing is slow on purpose.
        let hash = crate::auth::Hasher::default().hash(PASSWORD.to_owned()).await.unwrap();
        for (name, role) in
            [("admin", Role::Admin), ("li", Role::Reviewer), ("guest", Role::Viewer)]
        {
            bench.context.store.add_user(name, role, &hash).await.unwrap();
        }
        let app = App::new(&config, bench.context.clone(), CancellationToken::new());
        Self { bench, router: crate::serve::router(app), cookie: None }
    }

    pub(crate) async fn signed_in(name: &str) -> Self {
        let mut page = Self::new().await;
        assert_eq!(page.sign_in(name, PASSWORD).await.status, StatusCode::OK);
        page
    }

    pub(crate) async fn sign_in(&mut self, name: &str, password: &str) -> Answer {
        let body = serde_json::json!({ "name": name, "password": password });
        let answer = self.post("/api/login", &body).await;
        let cookie = answer.header(header::SET_COOKIE).split(';').next().unwrap_or_default();
        if !cookie.is_empty() {
            self.cookie = Some(cookie.to_owned());
        }
        answer
    }

    pub(crate) fn cookie(&self) -> Option<&str> {
        self.cookie.as_deref()
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.answer(Request::get(path)).await
    }

    pub(crate) async fn get_with(&self, path: &str, name: &str, value: &str) -> Answer {
        self.answer(Request::get(path).header(name, value)).await
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Answer {
        let request = Request::post(path)
            .header("content-type", "application/json")
            .header("host", "here:8080")
            .header("origin", "http://here:8080");
        let request = self.with_cookie(request).body(Body::from(body.to_string())).unwrap();
        read(self.send(request).await).await
    }

    async fn answer(&self, request: axum::http::request::Builder) -> Answer {
        self.ask(request, Body::empty()).await
    }

    pub(crate) async fn ask(&self, request: axum::http::request::Builder, body: Body) -> Answer {
        read(self.send(self.with_cookie(request).body(body).unwrap()).await).await
    }

    pub(crate) fn with_cookie(
        &self,
        request: axum::http::request::Builder,
    ) -> axum::http::request::Builder {
        match &self.cookie {
            Some(cookie) => request.header("cookie", cookie),
            None => request,
        }
    }

    pub(crate) async fn send(&self, request: Request<Body>) -> Response {
        self.router.clone().oneshot(request).await.unwrap()
    }
}

async fn read(response: Response) -> Answer {
    let (parts, body) = response.into_parts();
    let body = axum::body::to_bytes(body, 64 << 20).await.unwrap();
    Answer { status: parts.status, headers: parts.headers, body }
}
