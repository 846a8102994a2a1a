//! Uploads by tus 1.0 (<https://tus.io/protocols/resumable-upload>): creation and termination.

use std::{io, time::Duration};

use axum::{
    body::{Body, Bytes},
    extract::{Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use base64::{Engine, prelude::BASE64_STANDARD};
use domain::FlightId;
use futures_util::{Stream, StreamExt};
use store::FlightError;

use super::{
    ApiError, App, ErrorBody,
    names::{FilePath, FlightPath},
};
use crate::api::session::{Reviewer, SignedIn};

const VERSION: HeaderValue = HeaderValue::from_static("1.0.0");
const RESUMABLE: HeaderName = HeaderName::from_static("tus-resumable");
const SPOKEN: HeaderName = HeaderName::from_static("tus-version");
const EXTENSION: HeaderName = HeaderName::from_static("tus-extension");
const MAX_SIZE: HeaderName = HeaderName::from_static("tus-max-size");
const LENGTH: HeaderName = HeaderName::from_static("upload-length");
const OFFSET: HeaderName = HeaderName::from_static("upload-offset");
const METADATA: HeaderName = HeaderName::from_static("upload-metadata");
const OVERRIDE: HeaderName = HeaderName::from_static("x-http-method-override");

/// An upload that brings nothing for so long has broken off.
const IDLE: Duration = Duration::from_mins(1);

/// Refuses other versions of the protocol, and says in every answer which one this is.
pub(crate) async fn speaks_tus(request: Request, next: Next) -> Response {
    let asks = *request.method() == Method::OPTIONS;
    let right = asks || request.headers().get(RESUMABLE) == Some(&VERSION);
    let mut response =
        if right { next.run(request).await } else { ApiError::TusVersion.into_response() };
    let headers = response.headers_mut();
    headers.insert(RESUMABLE, VERSION);
    if asks || !right {
        headers.insert(SPOKEN, VERSION);
    }
    response
}

/// What the server can do.
#[utoipa::path(
    options, path = "/api/flights/{id}/files", tag = "flights", params(("id" = FlightId, Path)),
    responses(
        (status = 204, description = "`Tus-Version`, `Tus-Extension`, `Tus-Max-Size`"),
        (status = 401, body = ErrorBody),
    )
)]
pub(crate) async fn options(State(app): State<App>, _: SignedIn) -> impl IntoResponse {
    let extension = HeaderValue::from_static("creation,termination");
    let most = HeaderValue::from(app.context.store.max_file_bytes());
    (StatusCode::NO_CONTENT, [(EXTENSION, extension), (MAX_SIZE, most)])
}

/// Announces a file.
#[utoipa::path(
    post, path = "/api/flights/{id}/files", tag = "flights",
    params(
        ("id" = FlightId, Path),
        ("Tus-Resumable" = String, Header, description = "`1.0.0`"),
        ("Upload-Length" = u64, Header),
        (
            "Upload-Metadata" = String, Header,
            description = "`filename` and perhaps `relativePath`, each with its value in base64"
        ),
    ),
    responses(
        (status = 201, description = "`Location` is where its bytes go"),
        (status = 400, body = ErrorBody), (status = 401, body = ErrorBody),
        (status = 403, body = ErrorBody), (status = 404, body = ErrorBody),
        (status = 409, description = "`flight_busy`: it was started", body = ErrorBody),
        (status = 412, description = "`tus_version`", body = ErrorBody),
        (status = 413, description = "`too_large`, `flight_too_large`", body = ErrorBody),
        (
            status = 422, body = ErrorBody,
            description = "`bad_name`, `name_taken`, `too_many_files`"
        ),
        (status = 507, description = "`disk_full`", body = ErrorBody),
    )
)]
pub(crate) async fn announce(
    State(app): State<App>,
    _: Reviewer,
    FlightPath(id): FlightPath,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let length = number(&headers, &LENGTH)?;
    let name = file_name(&headers)?;
    let file = app.context.store.new_file(id, &name, length).await?;
    let place = HeaderValue::try_from(format!("/api/flights/{id}/files/{}", file.n));
    let place = place.map_err(|error| ApiError::Internal(error.into()))?;
    Ok((StatusCode::CREATED, [(header::LOCATION, place)]).into_response())
}

/// How much of a file has arrived.
#[utoipa::path(
    head, path = "/api/flights/{id}/files/{n}", tag = "flights",
    params(("id" = FlightId, Path), ("n" = u64, Path)),
    responses(
        (status = 200, description = "`Upload-Offset`, `Upload-Length`"),
        (status = 401), (status = 404), (status = 412),
    )
)]
pub(crate) async fn offset(
    State(app): State<App>,
    _: SignedIn,
    FilePath { id, n }: FilePath,
) -> Result<Response, ApiError> {
    let file = app.context.store.flight_file(id, n).await?;
    let figure = |bytes: u64| HeaderValue::from(bytes);
    let figures = [(OFFSET, figure(file.received)), (LENGTH, figure(file.bytes))];
    let fresh = [(header::CACHE_CONTROL, HeaderValue::from_static("no-store"))];
    Ok((figures, fresh).into_response())
}

/// Adds bytes to a file. What arrives before the connection breaks is kept.
#[utoipa::path(
    patch, path = "/api/flights/{id}/files/{n}", tag = "flights",
    params(
        ("id" = FlightId, Path), ("n" = u64, Path),
        ("Tus-Resumable" = String, Header, description = "`1.0.0`"),
        ("Upload-Offset" = u64, Header),
    ),
    request_body(content = Vec<u8>, content_type = "application/offset+octet-stream"),
    responses(
        (status = 204, description = "`Upload-Offset`"),
        (status = 400, body = ErrorBody), (status = 401, body = ErrorBody),
        (status = 403, body = ErrorBody), (status = 404, body = ErrorBody),
        (status = 409, description = "`wrong_offset`", body = ErrorBody),
        (status = 412, description = "`tus_version`", body = ErrorBody),
        (status = 413, description = "`too_large`: beyond the length", body = ErrorBody),
        (status = 415, description = "`no_offset_stream`", body = ErrorBody),
        (status = 423, description = "`upload_locked`: another upload writes it", body = ErrorBody),
        (status = 507, description = "`disk_full`: what arrived stays", body = ErrorBody),
    )
)]
pub(crate) async fn append(
    State(app): State<App>,
    _: Reviewer,
    FilePath { id, n }: FilePath,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, ApiError> {
    let kind = headers.get(header::CONTENT_TYPE).map(HeaderValue::as_bytes);
    if kind != Some(b"application/offset+octet-stream") {
        return Err(ApiError::NoOffsetStream);
    }
    let offset = number(&headers, &OFFSET)?;
    let store = &app.context.store;
    if headers.contains_key(header::CONTENT_LENGTH) {
        // Said in advance, so that nothing is taken of what is too much.
        let file = store.flight_file(id, n).await?;
        let end = offset.saturating_add(number(&headers, &header::CONTENT_LENGTH)?);
        if offset == file.received && end > file.bytes {
            return Err(FlightError::Beyond { bytes: file.bytes, at: file.received }.into());
        }
    }
    // A server that stops lets the client go on with the next one.
    let arriving = Box::pin(arriving(body).take_until(app.stop.clone().cancelled_owned()));
    let at = store.append(id, n, offset, arriving).await?;
    Ok((StatusCode::NO_CONTENT, [(OFFSET, HeaderValue::from(at))]).into_response())
}

/// Removes a file, before its flight is started or after it failed.
#[utoipa::path(
    delete, path = "/api/flights/{id}/files/{n}", tag = "flights",
    params(
        ("id" = FlightId, Path), ("n" = u64, Path),
        ("Tus-Resumable" = String, Header, description = "`1.0.0`"),
    ),
    responses(
        (status = 204), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody),
        (status = 404, body = ErrorBody),
        (status = 409, description = "`flight_busy`: it was started", body = ErrorBody),
        (status = 412, description = "`tus_version`", body = ErrorBody),
        (status = 423, description = "`upload_locked`", body = ErrorBody),
    )
)]
pub(crate) async fn remove(
    State(app): State<App>,
    _: Reviewer,
    FilePath { id, n }: FilePath,
) -> Result<StatusCode, ApiError> {
    app.context.store.remove_file(id, n).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The same from clients behind something that lets only GET and POST through.
pub(crate) async fn overridden(
    state: State<App>,
    reviewer: Reviewer,
    file: FilePath,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, ApiError> {
    match headers.get(OVERRIDE).map(HeaderValue::as_bytes) {
        Some(b"PATCH") => append(state, reviewer, file, headers, body).await,
        Some(b"DELETE") => Ok(remove(state, reviewer, file).await?.into_response()),
        Some(b"HEAD") => offset(state, SignedIn(reviewer.0), file).await,
        _ => Err(ApiError::WrongMethod),
    }
}

fn arriving(body: Body) -> impl Stream<Item = io::Result<Bytes>> + Send {
    let watched = tokio_stream::StreamExt::timeout(body.into_data_stream(), IDLE);
    watched.map(|piece| match piece {
        Ok(piece) => piece.map_err(io::Error::other),
        Err(_elapsed) => Err(io::ErrorKind::TimedOut.into()),
    })
}

fn number(headers: &HeaderMap, name: &HeaderName) -> Result<u64, ApiError> {
    let text = headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let number = text.parse().ok().filter(|_| digits);
    number.ok_or_else(|| ApiError::BadRequest(format!("`{name}` must be a number of bytes")))
}

/// `relativePath` of the metadata, else `filename`.
fn file_name(headers: &HeaderMap) -> Result<String, ApiError> {
    let text = headers.get(METADATA).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let value = |key: &str| -> Option<String> {
        let mut pairs = text.split(',').map(|pair| pair.trim().split_once(' '));
        let (_, coded) = pairs.find_map(|pair| pair.filter(|(name, _)| *name == key))?;
        let bytes = BASE64_STANDARD.decode(coded.trim()).ok()?;
        String::from_utf8(bytes).ok().filter(|name| !name.is_empty())
    };
    value("relativePath").or_else(|| value("filename")).ok_or_else(|| {
        let rule = "`upload-metadata` must hold `filename` with its value in base64 of UTF-8";
        ApiError::BadRequest(rule.to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_in_metadata() {
        for (text, name) in [
            ("filename YS5tcDQ=", Some("a.mp4")),
            ("filename YS5tcDQ=,relativePath MTAwL2EubXA0", Some("100/a.mp4")),
            ("relativePath ,filename YS5tcDQ=", Some("a.mp4")),
            ("filetype dmlkZW8=, filename 6aOe6KGMLm1wNA==", Some("飞行.mp4")),
            ("filename", None),
            ("filename not*base64", None),
            ("filename /w==", None),
            ("", None),
        ] {
            let headers = [(METADATA, HeaderValue::from_static(text))].into_iter().collect();
            assert_eq!(file_name(&headers).ok().as_deref(), name, "{text}");
        }
    }

    #[test]
    fn numbers_of_bytes() {
        for (text, expected) in [
            ("0", Some(0)),
            ("18446744073709551615", Some(u64::MAX)),
            ("18446744073709551616", None),
            ("-1", None),
            ("+1", None),
            ("1 ", None),
            ("", None),
        ] {
            let headers = [(LENGTH, HeaderValue::from_static(text))].into_iter().collect();
            assert_eq!(number(&headers, &LENGTH).ok(), expected, "{text}");
        }
    }
}
