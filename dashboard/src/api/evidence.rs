//! The bytes of evidence, masked unless somebody may see more. Every look is audited before a byte leaves.

use axum::{
    extract::{Path, State},
    http::{HeaderMap, HeaderValue, header},
    response::Response,
};
use domain::AlertId;
use serde::Deserialize;
use store::{EvidenceBody, EvidenceError, EvidenceRow, EvidenceState, MANIFEST_NAME, Original};

use super::{
    ApiError, App, ErrorBody,
    range::{Asked, Served},
    session::SignedIn,
    view::{Granted, Look, Preparing, masked},
};
use crate::masking::Wanted;

#[derive(Deserialize)]
pub(crate) struct WithName {
    id: AlertId,
    name: String,
}

/// A file of an alert, or one range of it. Pictures and clips are masked: faces and plates are burned out. The
/// original takes the right to see it and a reason. The manifest has no picture and is sent as it is.
#[utoipa::path(
    get, path = "/api/alerts/{id}/evidence/{name}", tag = "evidence",
    params(
        ("id" = AlertId, Path), ("name" = String, Path), Look,
        ("range" = Option<String>, Header, description = "One range of bytes"),
    ),
    responses(
        (status = 200, content_type = "application/octet-stream", body = Vec<u8>),
        (status = 206, content_type = "application/octet-stream", body = Vec<u8>),
        (status = 202, description = "The masked rendition is being made", body = Preparing),
        (status = 401, body = ErrorBody),
        (status = 403, description = "`originals_forbidden`", body = ErrorBody),
        (status = 404, description = "`not_found`, or `not_ready` while it is to come", body = ErrorBody),
        (status = 416, description = "`bad_range`", body = ErrorBody),
        (status = 422, description = "`reason_required` for an original", body = ErrorBody),
        (status = 503, description = "`cannot_mask`: it cannot be masked, so it is not shown", body = ErrorBody),
    )
)]
pub(crate) async fn read(
    State(app): State<App>,
    SignedIn(session): SignedIn,
    path: Result<Path<WithName>, axum::extract::rejection::PathRejection>,
    look: Look,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let not_found = || ApiError::NotFound("evidence of this name".to_owned());
    let Path(WithName { id, name }) = path.map_err(|_rejection| not_found())?;
    let granted = match look.grant(&app, &session)? {
        Granted::Masked if name == MANIFEST_NAME => Granted::Open,
        granted => granted,
    };
    if granted == Granted::Masked {
        let EvidenceRow { media_type, sha256, .. } = ready(&app, id, &name).await?;
        let wanted = Wanted { of: Original::Evidence { alert: id, name }, media_type, sha256 };
        return masked(&app, session, wanted, &headers).await;
    }
    let range = match Asked::of(&headers) {
        None => None,
        Some(asked) => Some(asked.within(length(&app, id, &name).await?)),
    };
    let partial = range.is_some();
    let EvidenceBody { row, range, body } =
        app.context.store.read_evidence(id, &name, range).await?;
    let served = Served {
        media_type: safe_type(&row.media_type),
        sha256: row.sha256,
        bytes: row.bytes,
        range,
        partial,
        cache: granted.cache(),
        body,
    };
    let subject = format!("alert/{id}/evidence/{name}");
    app.context.store.audit(granted.entry(session, subject, served.detail())).await?;
    let mut response = served.response()?;
    if name == MANIFEST_NAME {
        let disposition = format!("attachment; filename=\"{id}-manifest.json\"");
        let disposition = HeaderValue::try_from(disposition);
        let disposition = disposition.map_err(|error| ApiError::Internal(error.into()))?;
        response.headers_mut().insert(header::CONTENT_DISPOSITION, disposition);
    }
    Ok(response)
}

/// Pictures, clips and JSON as what they are; anything else is nothing a browser would run.
fn safe_type(media_type: &str) -> HeaderValue {
    let known = ["image/jpeg", "image/png", "video/mp4", "application/json"];
    let known = known.into_iter().find(|known| *known == media_type);
    HeaderValue::from_static(known.unwrap_or("application/octet-stream"))
}

/// What is known about a file that is there.
async fn ready(app: &App, alert: AlertId, name: &str) -> Result<EvidenceRow, ApiError> {
    let rows = app.context.store.evidence(alert).await?;
    let name = name.to_owned();
    match rows.into_iter().find(|row| row.name == name) {
        None => Err(EvidenceError::NotFound { alert, name }.into()),
        Some(row) if row.state == EvidenceState::Ready => Ok(row),
        Some(EvidenceRow { state, detail, .. }) => {
            let detail = format!("{}, {detail}", state.as_str());
            Err(EvidenceError::NotReady { alert, name, detail }.into())
        }
    }
}

/// Of a file; 0 for one that is not there.
async fn length(app: &App, id: AlertId, name: &str) -> Result<u64, ApiError> {
    let rows = app.context.store.evidence(id).await?;
    Ok(rows.into_iter().find(|row| row.name == name).map_or(0, |row| row.bytes))
}

#[cfg(test)]
mod tests {
    use axum::http::header;
    use bytes::Bytes;
    use store::NewEvidence;

    use crate::{api::testing::Page, testing::alert};

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
