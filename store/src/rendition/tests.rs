//! Renditions of evidence and of files of flights.

use futures_util::{TryStreamExt as _, stream};

use super::*;
use crate::digest::sha256_hex;
use crate::testing::{Bench, alert, file};

fn scene() -> Original {
    Original::Evidence { alert: alert(1).id, name: "a.jpg".to_owned() }
}

fn new(of: Original, recipe: &str) -> NewRendition {
    NewRendition {
        of,
        original_sha256: sha256_hex(b"original"),
        recipe: recipe.to_owned(),
        media_type: "image/jpeg".to_owned(),
        places: 2,
    }
}

async fn keep(store: &Store, new: NewRendition, bytes: &str) -> Rendition {
    let draft = store.rendition_draft(&new.of).await.unwrap();
    std::fs::write(draft, bytes).unwrap();
    store.keep_rendition(new).await.unwrap()
}

async fn text(store: &Store, of: &Original, range: Option<Range<u64>>) -> String {
    let body = store.read_rendition(of, range).await.unwrap().body;
    let pieces: Vec<Bytes> = body.try_collect().await.unwrap();
    String::from_utf8(pieces.concat()).unwrap()
}

#[tokio::test]
async fn a_rendition_lies_beside_evidence_that_stays_as_it_is() {
    let bench = Bench::new().await;
    let store = &bench.store;
    bench.raise(&alert(1)).await;
    store.put_evidence(alert(1).id, file("a.jpg", "original")).await.unwrap();
    assert_eq!(store.rendition(&scene()).await.unwrap(), None);
    assert_eq!(std::fs::read(store.original_path(&scene()).unwrap()).unwrap(), b"original");
    let kept = keep(store, new(scene(), "one"), "masked").await;
    assert_eq!((kept.sha256.as_str(), kept.bytes), (sha256_hex(b"masked").as_str(), 6));
    assert_eq!(store.rendition(&scene()).await.unwrap(), Some(kept));
    assert_eq!(text(store, &scene(), None).await, "masked");
    assert_eq!(text(store, &scene(), Some(2..4)).await, "sk");
    assert_eq!(text(store, &scene(), Some(4..99)).await, "ed");
    assert_eq!(bench.text_of(alert(1).id, "a.jpg").await, "original");
    assert!(store.verify_evidence(alert(1).id).await.unwrap().is_empty());
    assert_eq!(store.evidence(alert(1).id).await.unwrap().len(), 1, "it is no evidence");
}

#[tokio::test]
async fn another_recipe_replaces_it() {
    let bench = Bench::new().await;
    bench.raise(&alert(1)).await;
    keep(&bench.store, new(scene(), "one"), "masked").await;
    let kept = keep(&bench.store, new(scene(), "two"), "masked more").await;
    assert_eq!(bench.store.rendition(&scene()).await.unwrap(), Some(kept));
    assert_eq!(text(&bench.store, &scene(), None).await, "masked more");
}

#[tokio::test]
async fn what_is_gone_or_was_cut_is_not_shown() {
    let bench = Bench::new().await;
    let store = &bench.store;
    bench.raise(&alert(1)).await;
    keep(store, new(scene(), "one"), "masked").await;
    let path = store.rendition_path(&scene()).unwrap();
    std::fs::write(&path, "mask").unwrap();
    assert_eq!(store.rendition(&scene()).await.unwrap(), None);
    std::fs::remove_file(&path).unwrap();
    let error = store.read_rendition(&scene(), None).await.unwrap_err();
    assert!(matches!(error, RenditionError::None { .. }), "{error}");
}

#[tokio::test]
async fn what_is_refused() {
    let bench = Bench::new().await;
    let store = &bench.store;
    bench.raise(&alert(1)).await;
    keep(store, new(scene(), "one"), "masked").await;
    let beyond = store.read_rendition(&scene(), Some(6..9)).await.unwrap_err();
    assert!(matches!(beyond, RenditionError::Range { bytes: 6, .. }), "{beyond}");
    let outside = Original::Evidence { alert: alert(1).id, name: "../x.db".to_owned() };
    let outside = store.rendition_draft(&outside).await.unwrap_err().to_string();
    assert!(outside.contains("is no name for evidence"), "{outside}");
    let draft = store.rendition_draft(&scene()).await.unwrap();
    std::fs::write(draft, "").unwrap();
    let empty = store.keep_rendition(new(scene(), "two")).await.unwrap_err();
    assert!(matches!(empty, RenditionError::File { .. }), "{empty}");
    assert_eq!(text(store, &scene(), None).await, "masked", "the old one stays");
    let unknown = Original::Evidence { alert: alert(2).id, name: "a.jpg".to_owned() };
    let draft = store.rendition_draft(&unknown).await.unwrap();
    std::fs::write(draft, "masked").unwrap();
    assert!(store.keep_rendition(new(unknown, "one")).await.is_err());
}

#[tokio::test]
async fn with_its_flight_a_rendition_goes() {
    let bench = Bench::new().await;
    let store = &bench.store;
    let flight = store.new_flight("f", "li").await.unwrap().id;
    let n = store.new_file(flight, "a.jpg", 3).await.unwrap().n;
    let bytes = stream::iter([Ok(Bytes::from_static(b"abc"))]);
    store.append(flight, n, 0, bytes).await.unwrap();
    let of = Original::Flight { flight, n };
    assert_eq!(of.to_string(), format!("flight/{flight}/media/{n}"));
    keep(store, new(of.clone(), "one"), "masked").await;
    assert_eq!(text(store, &of, None).await, "masked");
    let path = store.rendition_path(&of).unwrap();
    store.delete_flight(flight).await.unwrap();
    assert!(!path.exists());
    assert_eq!(store.rendition(&of).await.unwrap(), None);
    let left: i64 = sqlx::query_scalar::<Sqlite, _>("SELECT COUNT(*) FROM renditions")
        .fetch_one(&store.inner.readers)
        .await
        .unwrap();
    assert_eq!(left, 0);
}
