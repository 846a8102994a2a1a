//! The bytes of evidence. Every look is audited before a byte leaves.

use std::ops::Range;

use axum::{
    body::Body,
    extract::{Path, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::Response,
};
use domain::AlertId;
use serde::Deserialize;
use store::{AuditEntry, EvidenceBody, MANIFEST_NAME};

use super::{ApiError, App, ErrorBody, session::SignedIn};

#[derive(Deserialize)]
pub(crate) struct WithName {
    id: AlertId,
    name: String,
}

/// A file of an alert, or one range of it.
#[utoipa::path(
    get, path = "/api/alerts/{id}/evidence/{name}", tag = "evidence",
    params(
        ("id" = AlertId, Path), ("name" = String, Path),
        ("range" = Option<String>, Header, description = "One range of bytes"),
    ),
    responses(
        (status = 200, content_type = "application/octet-stream", body = Vec<u8>),
        (status = 206, content_type = "application/octet-stream", body = Vec<u8>),
        (status = 401, body = ErrorBody),
        (status = 404, description = "`not_found`, or `not_ready` while it is to come", body = ErrorBody),
        (status = 416, description = "`bad_range`", body = ErrorBody),
    )
)]
pub(crate) async fn read(
    State(app): State<App>,
    SignedIn(session): SignedIn,
    path: Result<Path<WithName>, axum::extract::rejection::PathRejection>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let not_found = || ApiError::NotFound("evidence of this name".to_owned());
    let Path(WithName { id, name }) = path.map_err(|_rejection| not_found())?;
    let asked = headers.get(header::RANGE).and_then(|value| Asked::parse(value.to_str().ok()?));
    let range = match asked {
        None => None,
        Some(Asked::From { start, end }) => Some(start..end),
        Some(Asked::Last(count)) => Some(last(&app, id, &name, count).await?),
    };
    let partial = range.is_some();
    let found = app.context.store.read_evidence(id, &name, range).await?;
    let detail = match &found.range {
        range if partial => format!("bytes {}-{}", range.start, range.end - 1),
        _ => "whole".to_owned(),
    };
    let entry = AuditEntry {
        actor: session.user,
        action: "looked_at".to_owned(),
        subject: format!("alert/{id}/evidence/{name}"),
        detail,
    };
    app.context.store.audit(entry).await?;
    response(found, partial).map_err(|error| ApiError::Internal(error.into()))
}

fn response(found: EvidenceBody, partial: bool) -> Result<Response, axum::http::Error> {
    let EvidenceBody { row, range, body } = found;
    let mut response = Response::builder()
        .header(header::CONTENT_TYPE, safe_type(&row.media_type))
        .header(header::CONTENT_LENGTH, range.end - range.start)
        .header(header::ACCEPT_RANGES, "bytes")
        .header(header::ETAG, format!("\"{}\"", row.sha256))
        .header(header::CACHE_CONTROL, "private, max-age=31536000, immutable");
    if partial {
        let content_range = format!("bytes {}-{}/{}", range.start, range.end - 1, row.bytes);
        response = response
            .status(StatusCode::PARTIAL_CONTENT)
            .header(header::CONTENT_RANGE, content_range);
    }
    if row.name == MANIFEST_NAME {
        let disposition = format!("attachment; filename=\"{}-manifest.json\"", row.alert);
        response = response.header(header::CONTENT_DISPOSITION, disposition);
    }
    response.body(Body::from_stream(body))
}

/// Pictures, clips and JSON as what they are; anything else is nothing a browser would run.
fn safe_type(media_type: &str) -> HeaderValue {
    let known = ["image/jpeg", "image/png", "video/mp4", "application/json"];
    let known = known.into_iter().find(|known| *known == media_type);
    HeaderValue::from_static(known.unwrap_or("application/octet-stream"))
}

/// The last `count` bytes of a file.
async fn last(app: &App, id: AlertId, name: &str, count: u64) -> Result<Range<u64>, ApiError> {
    let rows = app.context.store.evidence(id).await?;
    let row = rows.into_iter().find(|row| row.name == name);
    let bytes = row.map_or(0, |row| row.bytes);
    Ok(bytes.saturating_sub(count)..bytes.max(1))
}

/// What a `Range` header asks for.
#[derive(Debug, PartialEq, Eq)]
enum Asked {
    /// `end` is exclusive.
    From {
        start: u64,
        end: u64,
    },
    Last(u64),
}

impl Asked {
    /// `None` for what RFC 9110 lets a server ignore: other units, several ranges, nonsense.
    fn parse(header: &str) -> Option<Self> {
        let (first, last) = header.strip_prefix("bytes=")?.split_once('-')?;
        let number = |text: &str| {
            let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
            digits.then(|| text.parse().unwrap_or(u64::MAX))
        };
        if first.is_empty() {
            return number(last).map(Self::Last);
        }
        let start = number(first)?;
        let end = if last.is_empty() { u64::MAX } else { number(last)?.saturating_add(1) };
        (start < end).then_some(Self::From { start, end })
    }
}

#[cfg(test)]
mod tests {
    use axum::http::header;
    use bytes::Bytes;
    use store::NewEvidence;

    use crate::{api::testing::Page, testing::alert};

    use super::*;

    #[test]
    fn ranges_as_browsers_ask_for_them() {
        let from = |start, end| Some(Asked::From { start, end });
        for (header, expected) in [
            ("bytes=0-", from(0, u64::MAX)),
            ("bytes=0-0", from(0, 1)),
            ("bytes=5-9", from(5, 10)),
            ("bytes=-4", Some(Asked::Last(4))),
            ("bytes=9-5", None),
            ("bytes=-", None),
            ("bytes=+1-2", None),
            ("bytes=0-1,3-4", None),
            ("items=0-1", None),
            ("bytes=99999999999999999999-", None),
        ] {
            assert_eq!(Asked::parse(header), expected, "{header}");
        }
    }
    async fn with_clip(page: &Page) -> String {
        let (store, alert) = (&page.bench.context.store, alert(1));
        page.bench.raise(&alert).await;
        let clip = NewEvidence {
            name: "clip.mp4".to_owned(),
            media_type: "video/mp4".to_owned(),
            taken_at: None,
            transform: "remuxed from segments without re-encoding".to_owned(),
            bytes: Bytes::from_static(b"0123456789"),
        };
        store.put_evidence(alert.id, clip).await.unwrap();
        store.expect_evidence(alert.id, "last_crop.jpg", "image/jpeg", "").await.unwrap();
        format!("/api/alerts/{}/evidence", alert.id)
    }

    #[tokio::test]
    async fn whole_files_and_ranges() {
        let page = Page::signed_in("guest").await;
        let clip = format!("{}/clip.mp4", with_clip(&page).await);
        let whole = page.get(&clip).await;
        assert_eq!((whole.status.as_u16(), &whole.body[..]), (200, &b"0123456789"[..]));
        assert_eq!(whole.header(header::CONTENT_TYPE), "video/mp4");
        assert_eq!(whole.header(header::CONTENT_LENGTH), "10");
        assert_eq!(whole.header(header::CACHE_CONTROL), "private, max-age=31536000, immutable");
        for (range, status, content_range, body) in [
            ("bytes=0-", 206, "bytes 0-9/10", "0123456789"),
            ("bytes=2-3", 206, "bytes 2-3/10", "23"),
            ("bytes=8-99", 206, "bytes 8-9/10", "89"),
            ("bytes=-3", 206, "bytes 7-9/10", "789"),
            ("bytes=-99", 206, "bytes 0-9/10", "0123456789"),
            ("bytes=0-1,3-4", 200, "", "0123456789"),
        ] {
            let part = page.get_with(&clip, "range", range).await;
            assert_eq!(
                (part.status.as_u16(), &part.body[..]),
                (status, body.as_bytes()),
                "{range}"
            );
            assert_eq!(part.header(header::CONTENT_RANGE), content_range, "{range}");
        }
        let beyond = page.get_with(&clip, "range", "bytes=10-").await;
        assert_eq!((beyond.status.as_u16(), beyond.code().as_str()), (416, "bad_range"));
        assert_eq!(beyond.header(header::CONTENT_RANGE), "bytes */10");
    }

    #[tokio::test]
    async fn what_is_not_there() {
        let page = Page::signed_in("guest").await;
        let evidence = with_clip(&page).await;
        for (name, code) in [
            ("last_crop.jpg", "not_ready"),
            ("no.jpg", "not_found"),
            ("..%2f..%2fx.db", "not_found"),
            ("%ff", "not_found"),
        ] {
            let answer = page.get(&format!("{evidence}/{name}")).await;
            assert_eq!((answer.status.as_u16(), answer.code().as_str()), (404, code), "{name}");
        }
    }

    #[tokio::test]
    async fn a_manifest_is_saved_under_the_name_of_its_alert() {
        let page = Page::signed_in("guest").await;
        let evidence = with_clip(&page).await;
        let (store, id) = (&page.bench.context.store, alert(1).id);
        store.miss_evidence(id, "last_crop.jpg", "not seen again").await.unwrap();
        let context = store::ManifestContext {
            model_id: "nanodet".to_owned(),
            model_sha256: "ab".repeat(32),
            rule_parameters: std::collections::BTreeMap::new(),
            software_version: "0.1.0".to_owned(),
            config_sha256: "cd".repeat(32),
        };
        store.seal_manifest(id, context).await.unwrap();
        let manifest = page.get(&format!("{evidence}/manifest.json")).await;
        assert_eq!(manifest.header(header::CONTENT_TYPE), "application/json");
        let disposition = format!("attachment; filename=\"{id}-manifest.json\"");
        assert_eq!(manifest.header(header::CONTENT_DISPOSITION), disposition);
        assert_eq!(manifest.json()["alert"]["id"], id.to_string());
    }

    #[tokio::test]
    async fn every_look_is_audited() {
        let page = Page::signed_in("guest").await;
        let clip = format!("{}/clip.mp4", with_clip(&page).await);
        page.get(&clip).await;
        page.get_with(&clip, "range", "bytes=2-3").await;
        let tail = page.bench.context.store.audit_tail(2).await.unwrap();
        let looks: Vec<_> =
            tail.iter().map(|row| (row.actor.as_str(), row.detail.as_str())).collect();
        assert_eq!(looks, [("guest", "bytes 2-3"), ("guest", "whole")]);
        assert_eq!(tail[0].action, "looked_at");
        assert_eq!(format!("/api/{}s{}", &tail[0].subject[..5], &tail[0].subject[5..]), clip);
    }
}
