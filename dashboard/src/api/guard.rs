//! What holds for every request: where it may come from, and what the browser may do with the
//! answer.

use axum::{
    extract::{Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, Method, header},
    middleware::Next,
    response::Response,
};

use super::{ApiError, App};

/// Refuses what another site makes a browser send. Browsers name the origin on every unsafe
/// request; programs that name none hold no cookie that they did not ask for.
pub(crate) async fn same_origin(request: Request, next: Next) -> Result<Response, ApiError> {
    let safe = matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    if safe || is_own(request.headers()) {
        return Ok(next.run(request).await);
    }
    Err(ApiError::ForeignOrigin)
}

fn is_own(headers: &HeaderMap) -> bool {
    let text = |name: HeaderName| headers.get(name).map(|value| value.to_str().unwrap_or(""));
    if let Some(origin) = text(header::ORIGIN) {
        let authority = origin.split_once("://").map(|(_, authority)| authority);
        return authority.is_some() && authority == text(header::HOST);
    }
    // A browser that names no origin says at least this much.
    let site = text(HeaderName::from_static("sec-fetch-site"));
    site.is_none_or(|site| site == "same-origin" || site == "none")
}

/// Adds the headers that keep the browser on our side.
pub(crate) async fn headers(State(app): State<App>, request: Request, next: Next) -> Response {
    let is_api = request.uri().path().starts_with("/api/");
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    let tiles = app.config.map.tile_origin().unwrap_or_default();
    if let Ok(policy) = HeaderValue::try_from(policy(&tiles)) {
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    for (name, value) in [
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::REFERRER_POLICY, "no-referrer"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
        (HeaderName::from_static("permissions-policy"), "camera=(), microphone=(), geolocation=()"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if is_api && !headers.contains_key(header::CACHE_CONTROL) {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    response
}

/// MapLibre starts its workers from blobs; Ant Design writes its styles into the page. Scripts are
/// ours alone.
fn policy(tiles: &str) -> String {
    format!(
        "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; \
         img-src 'self' data: blob: {tiles}; media-src 'self' blob:; font-src 'self' data:; \
         connect-src 'self' {tiles}; worker-src 'self' blob:; child-src blob:; object-src 'none'; \
         base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(headers: &[(&'static str, &str)], expected: bool) {
        let headers: HeaderMap = headers
            .iter()
            .map(|(name, value)| {
                (HeaderName::from_static(name), HeaderValue::from_str(value).unwrap())
            })
            .collect();
        assert_eq!(is_own(&headers), expected, "{headers:?}");
    }

    #[test]
    fn only_our_own_page_may_change_things() {
        check(&[("host", "x:8080"), ("origin", "http://x:8080")], true);
        check(&[("host", "x:8080"), ("origin", "https://x:8080")], true);
        check(&[("host", "x:8080"), ("origin", "http://evil")], false);
        check(&[("host", "x:8080"), ("origin", "http://x")], false);
        check(&[("host", "x:8080"), ("origin", "null")], false);
        check(&[("origin", "http://x")], false);
        check(&[("host", "x"), ("sec-fetch-site", "cross-site")], false);
        check(&[("host", "x"), ("sec-fetch-site", "same-origin")], true);
        check(&[("host", "x")], true);
    }
}
