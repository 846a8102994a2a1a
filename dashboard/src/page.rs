//! The page: the files of `ui/dist`, embedded in the program.

use axum::{
    body::Body,
    extract::Request,
    http::{HeaderMap, HeaderValue, Method, StatusCode, header},
    response::{IntoResponse, Response},
};
use rust_embed::{Embed, EmbeddedFile};

use crate::api::ApiError;

#[derive(Embed)]
#[folder = "ui/dist"]
struct Dist;

/// Answers everything that is no API: a file, or the page itself, which reads the path.
pub(crate) async fn page(request: Request) -> Response {
    let path = request.uri().path();
    let reserved = ["/api", "/health", "/metrics"].into_iter().any(|prefix| {
        path.strip_prefix(prefix).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    });
    if reserved {
        return ApiError::NotFound("such address".to_owned()).into_response();
    }
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return StatusCode::METHOD_NOT_ALLOWED.into_response();
    }
    let name = path.trim_start_matches('/');
    if let Some(found) = Dist::get(name) {
        return file(name, found, request.headers());
    }
    // A missing script must not come back as a page.
    let is_file = name.starts_with("assets/");
    match Dist::get("index.html").filter(|_| !is_file) {
        Some(index) => file("index.html", index, request.headers()),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

fn file(name: &str, found: EmbeddedFile, asked: &HeaderMap) -> Response {
    let hash = found.metadata.sha256_hash();
    let etag = format!("\"{:032x}\"", u128::from_be_bytes(*hash.first_chunk().expect("32 bytes")));
    // Vite puts a hash into the names of what it writes to `assets`.
    let lasting = name.starts_with("assets/");
    let cache = if lasting { "public, max-age=31536000, immutable" } else { "no-cache" };
    let same =
        asked.get(header::IF_NONE_MATCH).is_some_and(|known| known.as_bytes() == etag.as_bytes());
    let mut response = if same {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        Body::from(found.data.into_owned()).into_response()
    };
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type(name)));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(cache));
    if let Ok(etag) = HeaderValue::try_from(etag) {
        headers.insert(header::ETAG, etag);
    }
    response
}

/// The kinds of file that a page consists of.
fn media_type(name: &str) -> &'static str {
    match name.rsplit_once('.').map_or("", |(_, extension)| extension) {
        "html" => "text/html; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "ico" => "image/x-icon",
        "json" | "webmanifest" => "application/json",
        "woff2" => "font/woff2",
        "txt" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use axum::http::header;

    use crate::api::testing::Page;

    #[tokio::test]
    async fn paths_of_the_page_get_the_page() {
        let page = Page::new().await;
        for path in ["/", "/alerts/1", "/sources"] {
            let answer = page.get(path).await;
            assert_eq!(answer.status.as_u16(), 200, "{path}");
            assert_eq!(answer.header(header::CONTENT_TYPE), "text/html; charset=utf-8");
            assert_eq!(answer.header(header::CACHE_CONTROL), "no-cache");
            assert_eq!(answer.header(header::X_FRAME_OPTIONS), "DENY");
        }
        let etag = page.get("/").await.header(header::ETAG).to_owned();
        assert_eq!(page.get_with("/", "if-none-match", &etag).await.status.as_u16(), 304);
    }

    #[tokio::test]
    async fn what_is_no_page_is_not_found() {
        let page = Page::new().await;
        for path in ["/api", "/api/nothing", "/health/x", "/metrics/x", "/assets/gone.js"] {
            assert_eq!(page.get(path).await.status.as_u16(), 404, "{path}");
        }
        assert_eq!(page.get("/api/nothing").await.code(), "not_found");
    }
}
