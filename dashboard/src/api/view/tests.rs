//! Who sees what, over the whole router.

use axum::http::header;
use bytes::Bytes;
use futures_util::stream;
use serde_json::json;
use store::{NewEvidence, Original};

use crate::{
    MaskingState,
    api::testing::{Answer, Page},
    masking::Masked,
    testing::alert,
};

const ORIGINAL: &str = "as it came";
const MASKED: &str = "masked";

/// Somebody in front of an alert with one picture, of which there is a masked rendition.
async fn looking(name: &str) -> (Page, String) {
    let page = Page::signed_in(name).await;
    page.bench.mask(MaskingState::On);
    page.bench.raise(&alert(1)).await;
    let picture = NewEvidence {
        name: "first_scene.jpg".to_owned(),
        media_type: "image/jpeg".to_owned(),
        taken_at: None,
        transform: String::new(),
        bytes: Bytes::from_static(ORIGINAL.as_bytes()),
    };
    let row = page.bench.context.store.put_evidence(alert(1).id, picture).await.unwrap();
    page.bench.rendition(Original::Evidence { alert: alert(1).id, name: row.name }, MASKED).await;
    (page, format!("/api/alerts/{}/evidence/first_scene.jpg", alert(1).id))
}

fn told(answer: &Answer) -> (u16, String) {
    (answer.status.as_u16(), String::from_utf8_lossy(&answer.body).into_owned())
}

async fn last_audit(page: &Page) -> (String, String) {
    let row = page.bench.context.store.audit_tail(1).await.unwrap().remove(0);
    (row.action, row.detail)
}

#[tokio::test]
async fn everybody_sees_it_masked() {
    for name in ["guest", "li", "admin"] {
        let (page, path) = looking(name).await;
        for query in ["", "?view=masked", "?reason=a%20lost%20child"] {
            let answer = page.get(&format!("{path}{query}")).await;
            assert_eq!(told(&answer), (200, MASKED.to_owned()), "{name} {query}");
            assert_eq!(answer.header(header::CACHE_CONTROL), "private, max-age=600");
            assert_eq!(answer.headers["x-masked-by"], "faces");
            assert_eq!(answer.headers["x-original-sha256"], "ab".repeat(32));
        }
        assert_eq!(last_audit(&page).await, ("looked_at".to_owned(), "masked, whole".to_owned()));
        let part = page.get_with(&path, "range", "bytes=-3").await;
        assert_eq!(told(&part), (206, "ked".to_owned()));
        assert_eq!(part.header(header::CONTENT_RANGE), "bytes 3-5/6");
        let beyond = page.get_with(&path, "range", "bytes=6-").await;
        assert_eq!((beyond.status.as_u16(), beyond.code().as_str()), (416, "bad_range"));
    }
}

#[tokio::test]
async fn the_original_takes_a_right_and_a_reason() {
    let cases = [
        ("guest", "view=original&reason=an%20appeal", 403, "originals_forbidden"),
        ("guest", "view=original", 403, "originals_forbidden"),
        ("li", "view=original", 422, "reason_required"),
        ("li", "view=original&reason=%20%20ab%20%20", 422, "reason_required"),
        ("admin", "view=original&reason=", 422, "reason_required"),
        ("li", "view=everything", 400, "bad_request"),
    ];
    for (name, query, status, code) in cases {
        let (page, path) = looking(name).await;
        let before = page.bench.context.store.audit_tail(1).await.unwrap();
        let answer = page.get(&format!("{path}?{query}")).await;
        let got = (answer.status.as_u16(), answer.code());
        assert_eq!(got, (status, code.to_owned()), "{name} {query}");
        assert_eq!(page.bench.context.store.audit_tail(1).await.unwrap(), before, "nobody looked");
    }
    let long = "x".repeat(201);
    let (page, path) = looking("li").await;
    let answer = page.get(&format!("{path}?view=original&reason={long}")).await;
    assert_eq!(answer.code(), "reason_required");
}

#[tokio::test]
async fn a_look_at_the_original_is_recorded_with_its_reason() {
    for name in ["li", "admin"] {
        let (page, path) = looking(name).await;
        let query = "view=original&reason=%E5%BD%93%E4%BA%8B%E4%BA%BA%E7%94%B3%E8%AF%89";
        let answer = page.get(&format!("{path}?{query}")).await;
        assert_eq!(told(&answer), (200, ORIGINAL.to_owned()));
        assert_eq!(answer.header(header::CACHE_CONTROL), "no-store");
        let row = page.bench.context.store.audit_tail(1).await.unwrap().remove(0);
        assert_eq!((row.actor.as_str(), row.action.as_str()), (name, "looked_at_original"));
        assert_eq!(row.detail, "whole; reason: 当事人申诉");
        assert_eq!(row.subject, format!("alert/{}/evidence/first_scene.jpg", alert(1).id));
    }
}

#[tokio::test]
async fn what_cannot_be_masked_is_not_shown() {
    let (page, path) = looking("admin").await;
    let why = "model centerface is missing".to_owned();
    *page.bench.masked.lock().unwrap() = Masked::Refused { why };
    let answer = page.get(&path).await;
    assert_eq!((answer.status.as_u16(), answer.code().as_str()), (503, "cannot_mask"));
    assert!(answer.json()["error"]["message"].as_str().unwrap().ends_with("is missing"));
    *page.bench.masked.lock().unwrap() = Masked::Preparing { progress: 0.25 };
    let answer = page.get(&path).await;
    assert_eq!((answer.status.as_u16(), answer.json()), (202, json!({"progress": 0.25})));
    assert_eq!(answer.header(header::RETRY_AFTER), "1");
}

#[tokio::test]
async fn files_of_flights() {
    let page = Page::signed_in("guest").await;
    page.bench.mask(MaskingState::On);
    let store = &page.bench.context.store;
    let flight = store.new_flight("f", "li").await.unwrap().id;
    for (name, status, body) in [
        ("DJI_0001.MP4", 200, MASKED),
        ("a/DJI_0002.JPG", 200, MASKED),
        ("old.mkv", 200, MASKED),
        ("DJI_0001.SRT", 200, ORIGINAL),
        ("route.kml", 200, ORIGINAL),
        ("all.zip", 403, "originals_only"),
        ("raw.dng", 403, "originals_only"),
        ("noending", 403, "originals_only"),
    ] {
        let n = store.new_file(flight, name, ORIGINAL.len() as u64).await.unwrap().n;
        let bytes = stream::iter([Ok(Bytes::from_static(ORIGINAL.as_bytes()))]);
        store.append(flight, n, 0, bytes).await.unwrap();
        page.bench.rendition(Original::Flight { flight, n }, MASKED).await;
        let answer = page.get(&format!("/api/flights/{flight}/media/{n}")).await;
        let (got, text) = told(&answer);
        let text = if got == 200 { text } else { answer.code() };
        assert_eq!((got, text.as_str()), (status, body), "{name}");
        let original = page.get(&format!("/api/flights/{flight}/media/{n}?view=original")).await;
        assert_eq!(original.code(), "originals_forbidden", "{name}");
    }
}
