//! Flights as a browser uploads them, and as networks interrupt it.

use std::sync::atomic::Ordering;
use std::time::Duration;

use axum::{body::Body, http::Request};
use bytes::Bytes;
use domain::FlightId;
use futures_util::{StreamExt as _, stream};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::JoinSet,
};
use tokio_util::sync::CancellationToken;

use crate::{
    Config,
    api::testing::{Answer, PASSWORD, Page},
    report::sample,
};

const FILES: &str = "/api/flights/1/files";
const FILE: &str = "/api/flights/1/files/1";

/// With the headers `a: b`, one a line.
async fn ask(
    page: &Page,
    method: &str,
    path: &str,
    headers: &str,
    body: impl Into<Body>,
) -> Answer {
    let mut request = Request::builder().method(method).uri(path);
    for line in headers.lines().filter(|line| !line.is_empty()) {
        let (name, value) = line.split_once(": ").unwrap();
        request = request.header(name, value);
    }
    page.ask(request, body.into()).await
}

async fn tus(
    page: &Page,
    method: &str,
    path: &str,
    headers: &str,
    body: impl Into<Body>,
) -> Answer {
    let headers = format!("tus-resumable: 1.0.0\n{headers}");
    let answer = ask(page, method, path, &headers, body).await;
    assert_eq!(answer.headers["tus-resumable"], "1.0.0", "{method} {path}");
    answer
}

async fn patch(page: &Page, path: &str, offset: u64, body: impl Into<Body>) -> Answer {
    let headers = format!("content-type: application/offset+octet-stream\nupload-offset: {offset}");
    tus(page, "PATCH", path, &headers, body).await
}

/// Announces `a.mp4` of so many bytes in flight 1.
async fn announced(page: &Page, length: u64) {
    page.post("/api/flights", &json!({})).await;
    let headers = format!("upload-length: {length}\nupload-metadata: filename YS5tcDQ=");
    let made = tus(page, "POST", FILES, &headers, "").await;
    assert_eq!((made.status.as_u16(), &made.headers["location"]), (201, &FILE.parse().unwrap()));
}

/// Flight `id` with one whole file, queued.
async fn started(page: &Page, text: &'static str) -> FlightId {
    let store = &page.bench.context.store;
    let id = store.new_flight("早班", "li").await.unwrap().id;
    let n = store.new_file(id, "a.mp4", text.len() as u64).await.unwrap().n;
    store.append(id, n, 0, stream::iter([Ok(Bytes::from_static(text.as_bytes()))])).await.unwrap();
    store.start(id).await.unwrap();
    id
}

fn told(answer: &Answer) -> (u16, String) {
    let code = if answer.body.is_empty() { String::new() } else { answer.code() };
    (answer.status.as_u16(), code)
}

#[tokio::test]
async fn the_protocol_of_uploads() {
    let page = Page::signed_in("li").await;
    announced(&page, 10).await;
    let can = ask(&page, "OPTIONS", FILES, "", "").await;
    assert_eq!(can.status.as_u16(), 204);
    for (name, value) in [
        ("tus-resumable", "1.0.0"),
        ("tus-version", "1.0.0"),
        ("tus-extension", "creation,termination"),
        ("tus-max-size", "17179869184"),
    ] {
        assert_eq!(can.headers[name], value);
    }
    let bytes = "content-type: application/offset+octet-stream";
    let at = |offset: &str| format!("{bytes}\nupload-offset: {offset}");
    let plain = "content-type: text/plain\nupload-offset: 0".to_owned();
    let too_long = format!("{}\ncontent-length: 11", at("0"));
    for (method, path, headers, body, status, code) in [
        ("PATCH", FILE, plain, "x", 415, "no_offset_stream"),
        ("PATCH", FILE, bytes.to_owned(), "x", 400, "bad_request"),
        ("PATCH", FILE, at("-1"), "x", 400, "bad_request"),
        ("PATCH", FILE, at("5"), "x", 409, "wrong_offset"),
        ("PATCH", FILE, too_long, "0123456789x", 413, "too_large"),
        ("PATCH", FILE, at("0"), "0123", 204, ""),
        ("PATCH", FILE, at("0"), "0123", 409, "wrong_offset"),
        ("PATCH", FILE, at("4"), "", 204, ""),
        ("PATCH", "/api/flights/1/files/9", at("0"), "x", 404, "not_found"),
        ("PATCH", "/api/flights/x/files/1", at("0"), "x", 404, "not_found"),
        ("PUT", FILE, at("4"), "x", 405, "wrong_method"),
        ("POST", FILE, at("4"), "x", 405, "wrong_method"),
        ("POST", FILE, format!("x-http-method-override: PATCH\n{}", at("4")), "456", 204, ""),
    ] {
        let answer = tus(&page, method, path, &headers, body).await;
        assert_eq!(told(&answer), (status, code.to_owned()), "{method} {path} {headers}");
    }
    let head = tus(&page, "HEAD", FILE, "", "").await;
    assert_eq!(head.status.as_u16(), 200);
    for (name, value) in
        [("upload-offset", "7"), ("upload-length", "10"), ("cache-control", "no-store")]
    {
        assert_eq!(head.headers[name], value);
    }
    let last = patch(&page, FILE, 7, "789").await;
    assert_eq!(
        (last.status.as_u16(), &last.headers["upload-offset"]),
        (204, &"10".parse().unwrap())
    );
    let file = &page.get("/api/flights/1").await.json()["file_list"][0];
    // SHA-256 of `0123456789`.
    let sha256 = "84d89877f0d4041efb6bf91a16f0248f2fd573e6af05c19f96bedb9f882f7882";
    assert_eq!(
        *file,
        json!({"n": 1, "name": "a.mp4", "bytes": 10, "received": 10, "state": "received",
            "sha256": sha256, "duplicate_of": null, "detail": ""})
    );
    assert_eq!(told(&tus(&page, "DELETE", FILE, "", "").await), (204, String::new()));
    assert_eq!(tus(&page, "HEAD", FILE, "", "").await.status.as_u16(), 404);
}

#[tokio::test]
async fn other_versions_are_told_which_one_is_spoken() {
    let page = Page::signed_in("li").await;
    announced(&page, 10).await;
    for (method, path) in [("POST", FILES), ("HEAD", FILE), ("PATCH", FILE), ("DELETE", FILE)] {
        for version in ["", "tus-resumable: 0.2.2"] {
            let answer = ask(&page, method, path, version, "").await;
            assert_eq!(answer.status.as_u16(), 412, "{method} {version}");
            assert_eq!(answer.headers["tus-version"], "1.0.0", "{method}");
        }
    }
}

#[tokio::test]
async fn files_that_are_not_taken() {
    let page = Page::signed_in("li").await;
    announced(&page, 10).await;
    for (headers, status, code) in [
        ("upload-metadata: filename YQ==", 400, "bad_request"),
        ("upload-length: 1", 400, "bad_request"),
        ("upload-length: 1\nupload-metadata: filename YS5tcDQ=", 422, "name_taken"),
        ("upload-length: 1\nupload-metadata: filename Li4veA==", 422, "bad_name"),
        ("upload-length: 17179869185\nupload-metadata: filename YQ==", 413, "too_large"),
    ] {
        let answer = tus(&page, "POST", FILES, headers, "").await;
        assert_eq!(told(&answer), (status, code.to_owned()), "{headers}");
    }
    page.bench.free.store(5 << 30, Ordering::SeqCst);
    let large = "upload-length: 4294967296\nupload-metadata: filename YQ==";
    let full = tus(&page, "POST", FILES, large, "").await;
    assert_eq!(told(&full), (507, "disk_full".to_owned()));
    page.bench.free.store(1 << 30, Ordering::SeqCst);
    assert_eq!(told(&patch(&page, FILE, 0, "0").await), (507, "disk_full".to_owned()));
    page.bench.free.store(u64::MAX, Ordering::SeqCst);
    assert_eq!(patch(&page, FILE, 0, "0").await.status.as_u16(), 204);
}

#[tokio::test]
async fn a_second_writer_is_told_to_wait() {
    let page = Page::signed_in("li").await;
    announced(&page, 10).await;
    let store = &page.bench.context.store;
    let hanging = stream::iter([Ok::<_, std::io::Error>(Bytes::from_static(b"012"))]);
    let hanging = Body::from_stream(hanging.chain(stream::pending()));
    let first = patch(&page, FILE, 0, hanging);
    let second = async {
        while store.flight_file(FlightId(1), 1).await.unwrap().received < 3 {
            tokio::task::yield_now().await;
        }
        patch(&page, FILE, 3, "345").await
    };
    tokio::select! {
        answer = first => panic!("{:?}", answer.status),
        answer = second => assert_eq!(told(&answer), (423, "upload_locked".to_owned())),
    }
}

/// Answers of a server over TCP, of which connections can be broken.
struct Server {
    at: std::net::SocketAddr,
    cookie: String,
    _running: JoinSet<Result<(), crate::ServeError>>,
}

impl Server {
    async fn of(page: &Page) -> Self {
        let mut config = Config::default();
        // Free a moment ago: nobody else asks the system for ports of this test.
        config.http.listen = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
        let (at, context) = (config.http.listen, page.bench.context.clone());
        let mut running = JoinSet::new();
        running
            .spawn(async move { crate::serve(&config, context, CancellationToken::new()).await });
        let cookie = page.cookie().unwrap().to_owned();
        let server = Self { at, cookie, _running: running };
        let mut again = tokio::time::interval(Duration::from_millis(5));
        while TcpStream::connect(at).await.is_err() {
            again.tick().await;
        }
        server
    }

    /// Sends a request whose body may be cut short.
    async fn send(&self, head: &str, body: &[u8]) -> TcpStream {
        let mut socket = TcpStream::connect(self.at).await.unwrap();
        let Self { at, cookie, .. } = self;
        let lines = format!(
            "{head}\r\nhost: {at}\r\ncookie: {cookie}\r\ntus-resumable: 1.0.0\r\nconnection: close\r\n\r\n"
        );
        socket.write_all(lines.as_bytes()).await.unwrap();
        socket.write_all(body).await.unwrap();
        socket
    }

    async fn ask(&self, head: &str, body: &[u8]) -> String {
        let mut answer = String::new();
        self.send(head, body).await.read_to_string(&mut answer).await.unwrap();
        answer
    }

    async fn offset(&self) -> usize {
        let answer = self.ask(&format!("HEAD {FILE} HTTP/1.1"), b"").await;
        let line = answer.lines().find_map(|line| line.strip_prefix("upload-offset: "));
        line.expect(&answer).parse().unwrap()
    }
}

fn patch_head(offset: usize, length: usize) -> String {
    format!(
        "PATCH {FILE} HTTP/1.1\r\ncontent-type: application/offset+octet-stream\r\n\
         upload-offset: {offset}\r\ncontent-length: {length}"
    )
}

#[tokio::test]
async fn an_upload_that_is_cut_five_times_is_not_sent_twice() {
    let page = Page::signed_in("li").await;
    let file: Vec<u8> = (0..3_000_000_u32).map(|i| (i % 251) as u8).collect();
    announced(&page, file.len() as u64).await;
    let server = Server::of(&page).await;
    let mut sent = 0;
    for _ in 0..5 {
        let offset = server.offset().await;
        assert_eq!(offset, sent, "what arrived is kept");
        let head = patch_head(offset, file.len() - offset);
        let part = &file[offset..offset + 456_789];
        let socket = server.send(&head, part).await;
        sent += part.len();
        while server.offset().await < sent {
            tokio::task::yield_now().await;
        }
        // In the middle of the body.
        drop(socket);
        // Until the server has noticed.
        while server.ask(&patch_head(sent, 0), b"").await.starts_with("HTTP/1.1 423") {}
    }
    let last = server.ask(&patch_head(sent, file.len() - sent), &file[sent..]).await;
    assert!(last.starts_with("HTTP/1.1 204"), "{last}");
    let whole = page.bench.context.store.flight_file(FlightId(1), 1).await.unwrap();
    assert_eq!(whole.received, file.len() as u64);
    let read = page.get("/api/flights/1/media/1").await;
    assert!(read.body == file);
}

#[tokio::test]
async fn more_than_was_announced_is_refused_before_it_is_sent() {
    let page = Page::signed_in("li").await;
    announced(&page, 10).await;
    let server = Server::of(&page).await;
    let answer = server.ask(&patch_head(0, 1 << 30), b"0").await;
    assert!(answer.starts_with("HTTP/1.1 413"), "{answer}");
    assert_eq!(server.offset().await, 0);
}

#[tokio::test]
async fn from_the_first_file_to_the_report() {
    let page = Page::signed_in("li").await;
    let store = &page.bench.context.store;
    let made = page.post("/api/flights", &json!({"name": "早班"})).await;
    assert_eq!(made.status.as_u16(), 201);
    let mut flight = json!({"id": 1, "name": "早班", "aircraft": null, "state": "uploading", "detail": "",
        "progress": null, "eta_s": null, "created_by": "li",
        "created_at": "2026-05-01T08:00:00Z", "files": 0, "bytes": 0, "received": 0,
        "summary": null});
    assert_eq!(made.json(), flight);
    let start = async || page.post("/api/flights/1/start", &json!({})).await;
    assert_eq!(told(&start().await), (409, "flight_empty".to_owned()));
    let headers = "upload-length: 4\nupload-metadata: filename YQ==,relativePath eC9hLm1wNA==";
    tus(&page, "POST", FILES, headers, "").await;
    let early = start().await;
    assert_eq!(told(&early), (409, "upload_incomplete".to_owned()));
    assert!(early.json()["error"]["message"].as_str().unwrap().contains("x/a.mp4"));
    patch(&page, FILE, 0, "film").await;
    let queued = start().await;
    flight["state"] = json!("queued");
    flight["files"] = json!(1);
    flight["bytes"] = json!(4);
    flight["received"] = json!(4);
    assert_eq!((queued.status.as_u16(), queued.json()), (202, flight));
    for (method, path) in [("DELETE", "/api/flights/1"), ("POST", "/api/flights/1/retry")] {
        let busy = ask(&page, method, path, "", "").await;
        assert_eq!(told(&busy), (409, "flight_busy".to_owned()), "{path}");
    }
    let report = async || page.get("/api/flights/1/report").await;
    assert_eq!(told(&report().await), (404, "not_ready".to_owned()));
    store.claim_flight().await.unwrap();
    store.fail(FlightId(1), "no telemetry").await.unwrap();
    assert_eq!(page.get("/api/flights/1").await.json()["detail"], "no telemetry");
    let again = page.post("/api/flights/1/retry", &json!({})).await;
    assert_eq!((again.status.as_u16(), &again.json()["state"]), (202, &json!("queued")));
    store.claim_flight().await.unwrap();
    store.finish(FlightId(1), &sample()).await.unwrap();
    assert!(report().await.json() == serde_json::to_value(sample()).unwrap());
    let shown = page.get("/api/flights/1").await.json();
    assert_eq!(shown["summary"]["findings"], 1);
    assert_eq!(shown["warnings"][0]["code"], "flat_ground");
    let actions: Vec<_> = store.audit_tail(9).await.unwrap();
    let actions: Vec<_> = actions.iter().rev().map(|row| row.action.as_str()).collect();
    assert_eq!(actions, ["signed_in", "flight_created", "flight_started", "flight_retried"]);
}

#[tokio::test]
async fn lists_deletion_and_duplicates() {
    let page = Page::signed_in("li").await;
    for _ in 0..2 {
        started(&page, "same").await;
    }
    page.post("/api/flights", &json!({})).await;
    let ids = |answer: &Answer| -> Vec<u64> {
        let items = answer.json()["items"].as_array().unwrap().clone();
        items.iter().map(|flight| flight["id"].as_u64().unwrap()).collect()
    };
    let first = page.get("/api/flights?limit=2").await;
    assert_eq!((ids(&first), first.json()["next"].clone()), (vec![3, 2], json!("2")));
    let second = page.get("/api/flights?limit=2&cursor=2").await;
    assert_eq!((ids(&second), second.json()["next"].clone()), (vec![1], Value::Null));
    assert_eq!(page.get("/api/flights?cursor=x").await.status.as_u16(), 400);
    let shown = page.get("/api/flights/2").await.json();
    assert_eq!(shown["file_list"][0]["duplicate_of"], json!({"flight": 1, "name": "a.mp4"}));
    assert_eq!(
        shown["warnings"],
        json!([{"code": "duplicate", "file": "a.mp4", "count": 1,
            "detail": "the same bytes as `a.mp4` of flight 1"}])
    );
    assert_eq!(told(&ask(&page, "DELETE", "/api/flights/3", "", "").await), (204, String::new()));
    assert_eq!(page.get("/api/flights/3").await.status.as_u16(), 404);
    let last = page.bench.context.store.audit_tail(1).await.unwrap().remove(0);
    assert_eq!((last.action.as_str(), last.subject.as_str()), ("flight_deleted", "flight/3"));
}

#[tokio::test]
async fn viewers_look_and_strangers_do_not() {
    let mut page = Page::signed_in("li").await;
    announced(&page, 3).await;
    patch(&page, FILE, 0, "012").await;
    let changes = [
        ("POST", "/api/flights", "content-type: application/json", "{}"),
        ("POST", "/api/flights/1/start", "", ""),
        ("POST", "/api/flights/1/retry", "", ""),
        ("DELETE", "/api/flights/1", "", ""),
        ("POST", FILES, "upload-length: 1\nupload-metadata: filename YQ==", ""),
        ("PATCH", FILE, "content-type: application/offset+octet-stream\nupload-offset: 3", ""),
        ("DELETE", FILE, "", ""),
    ];
    let looks = [
        ("GET", "/api/flights"),
        ("GET", "/api/flights/1"),
        ("GET", "/api/flights/1/media/1"),
        ("GET", "/api/coverage"),
        ("GET", "/api/coverage.geojson"),
        ("OPTIONS", FILES),
        ("HEAD", FILE),
    ];
    assert_eq!(page.sign_in("guest", PASSWORD).await.status.as_u16(), 200);
    let resumable = "tus-resumable: 1.0.0";
    for (method, path, headers, body) in changes {
        let answer = ask(&page, method, path, &format!("{resumable}\n{headers}"), body).await;
        assert_eq!(told(&answer), (403, "forbidden".to_owned()), "{method} {path}");
    }
    for (method, path) in looks {
        let answer = ask(&page, method, path, resumable, "").await;
        assert!(answer.status.is_success(), "{method} {path}: {}", answer.status);
    }
    page.post("/api/logout", &json!({})).await;
    for (method, path) in looks.into_iter().chain(changes.map(|(method, path, ..)| (method, path)))
    {
        let headers = format!("{resumable}\ncontent-type: application/json");
        let answer = ask(&page, method, path, &headers, "{}").await;
        assert_eq!(answer.status.as_u16(), 401, "{method} {path}");
    }
    let foreign = format!("{resumable}\nhost: here\norigin: http://evil");
    let answer = ask(&page, "PATCH", FILE, &foreign, "").await;
    assert_eq!(told(&answer), (403, "foreign_origin".to_owned()));
}

#[tokio::test]
async fn media_are_sent_in_parts_and_every_look_is_audited() {
    let page = Page::signed_in("guest").await;
    started(&page, "0123456789").await;
    let media = "/api/flights/1/media/1";
    let whole = page.get(media).await;
    assert_eq!((whole.status.as_u16(), &whole.body[..]), (200, &b"0123456789"[..]));
    assert_eq!(whole.headers["content-type"], "video/mp4");
    for (range, content_range, body) in [
        ("bytes=2-3", "bytes 2-3/10", "23"),
        ("bytes=-3", "bytes 7-9/10", "789"),
        ("bytes=8-", "bytes 8-9/10", "89"),
    ] {
        let part = page.get_with(media, "range", range).await;
        assert_eq!((part.status.as_u16(), &part.body[..]), (206, body.as_bytes()), "{range}");
        assert_eq!(part.headers["content-range"], content_range);
    }
    let beyond = page.get_with(media, "range", "bytes=10-").await;
    assert_eq!(told(&beyond), (416, "bad_range".to_owned()));
    assert_eq!(page.get("/api/flights/1/media/2").await.status.as_u16(), 404);
    let tail = page.bench.context.store.audit_tail(4).await.unwrap();
    let looks: Vec<_> = tail.iter().rev().map(|row| row.detail.as_str()).collect();
    assert_eq!(looks, ["whole", "bytes 2-3", "bytes 7-9", "bytes 8-9"]);
    assert!(tail.iter().all(|row| row.action == "looked_at" && row.actor == "guest"));
    assert_eq!(tail[0].subject, "flight/1/media/1");
}

#[tokio::test]
async fn reports_are_handed_over_in_three_forms() {
    let page = Page::signed_in("guest").await;
    let id = started(&page, "x").await;
    let html = "/api/flights/1/export/report.html";
    assert_eq!(told(&page.get(html).await), (404, "not_ready".to_owned()));
    let store = &page.bench.context.store;
    store.claim_flight().await.unwrap();
    store.finish(id, &sample()).await.unwrap();
    for (kind, media_type, extension, part) in [
        ("report.html", "text/html; charset=utf-8", "html", "早班"),
        ("flight.geojson", "application/geo+json", "geojson", "FeatureCollection"),
        ("flight.kml", "application/vnd.google-earth.kml+xml", "kml", "早班"),
    ] {
        let file = page.get(&format!("/api/flights/1/export/{kind}")).await;
        assert_eq!(file.headers["content-type"], media_type);
        let disposition = format!("attachment; filename=\"flight-1.{extension}\"");
        assert_eq!(file.headers["content-disposition"], disposition);
        assert!(std::str::from_utf8(&file.body).unwrap().contains(part), "{kind}");
        let last = store.audit_tail(1).await.unwrap().remove(0);
        assert_eq!((last.action.as_str(), last.detail.as_str()), ("exported", extension));
    }
    assert_eq!(page.get("/api/flights/1/export/flight.exe").await.status.as_u16(), 404);
    assert_eq!(page.get("/api/flights/9/export/report.html").await.status.as_u16(), 404);
}

#[tokio::test]
async fn coverage_asks_for_the_looks_of_the_last_days() {
    let page = Page::signed_in("guest").await;
    let store = &page.bench.context.store;
    let id = started(&page, "x").await;
    store.claim_flight().await.unwrap();
    let mut report = sample();
    let mut old = report.looks[0].clone();
    report.looks[0].at = "2026-05-01T07:00:00Z".parse().unwrap();
    old.at = "2026-04-27T07:00:00Z".parse().unwrap();
    report.looks.insert(0, old);
    store.finish(id, &report).await.unwrap();
    let week = page.get("/api/coverage").await.json();
    assert_eq!((&week["looks"], &week["to"]), (&json!(2), &json!("2026-05-01T08:00:00Z")));
    let days = page.get("/api/coverage?days=2").await.json();
    assert_eq!((&days["looks"], &days["from"]), (&json!(1), &json!("2026-04-29T08:00:00Z")));
    assert_eq!(
        days["fences"],
        json!([{"id": "kerb", "name": "路缘", "name_en": null, "kind": "no_parking", "flight": 1,
            "area_m2": 200.0, "share": 1.0, "last_seen": "2026-05-01T07:00:00Z", "gsd_cm": 2.1,
            "whole_seen": "2026-05-01T07:00:00Z", "whole_gsd_cm": 2.1, "empty_at_last_look": false,
            "gaps": {"type": "MultiPolygon", "coordinates": []}}])
    );
    assert_eq!(
        (&days["grid"][0]["kind"], &days["grid"][0]["share"]),
        (&json!("grid"), &json!(0.0))
    );
    assert_eq!(days["grid"][0]["gaps"]["coordinates"][0][0][0], json!([120.1, 30.8]));
    assert_eq!(days["area"]["type"], "MultiPolygon");
    assert_eq!(days["area"]["coordinates"][0][0][0], json!([120.0995, 30.9]));
    for days in ["0", "367", "-1", "x"] {
        let refused = page.get(&format!("/api/coverage?days={days}")).await;
        assert_eq!(told(&refused), (400, "bad_request".to_owned()), "{days}");
        let refused = page.get(&format!("/api/coverage.geojson?days={days}")).await;
        assert_eq!(told(&refused), (400, "bad_request".to_owned()), "{days}");
    }
}

#[tokio::test]
async fn coverage_is_handed_over_as_geojson() {
    let page = Page::signed_in("guest").await;
    let store = &page.bench.context.store;
    let empty: Value =
        serde_json::from_slice(&page.get("/api/coverage.geojson").await.body).unwrap();
    assert_eq!(empty["features"][0]["geometry"], Value::Null, "nothing was seen");
    let id = started(&page, "x").await;
    store.claim_flight().await.unwrap();
    let mut report = sample();
    report.looks[0].at = "2026-05-01T07:00:00Z".parse().unwrap();
    store.finish(id, &report).await.unwrap();

    let file = page.get("/api/coverage.geojson?days=2").await;
    assert_eq!(file.headers["content-type"], "application/geo+json");
    assert_eq!(
        file.headers["content-disposition"],
        "attachment; filename=\"coverage-2026-05-01-2d.geojson\""
    );
    let told: Value = serde_json::from_slice(&file.body).unwrap();
    assert_eq!(told["type"], "FeatureCollection");
    let features = told["features"].as_array().unwrap();
    let kinds: Vec<&Value> = features.iter().map(|f| &f["properties"]["kind"]).collect();
    assert_eq!(kinds, ["seen", "no_parking", "grid", "gap"]);
    assert_eq!(features[0]["geometry"]["type"], "MultiPolygon");
    assert_eq!(features[0]["properties"]["from"], "2026-04-29T08:00:00Z");
    assert_eq!(features[1]["id"], "kerb");
    assert_eq!(features[1]["geometry"]["type"], "Polygon");
    assert_eq!(features[1]["geometry"]["coordinates"][0][2], json!([120.2, 30.9]));
    assert_eq!(
        features[1]["properties"],
        json!({"kind": "no_parking", "id": "kerb", "name": "路缘", "name_en": null, "days": 2,
            "share": 1.0, "area_m2": 200.0, "last_seen": "2026-05-01T07:00:00Z", "flight": 1,
            "gsd_cm": 2.1, "whole_seen": "2026-05-01T07:00:00Z", "whole_gsd_cm": 2.1, "empty": false})
    );
    assert_eq!(
        features[3]["properties"],
        json!({"kind": "gap", "of": "cell", "name": "一网格", "area_m2": 90_000.0})
    );
    let last = store.audit_tail(1).await.unwrap().remove(0);
    let told = (last.action.as_str(), last.subject.as_str(), last.detail.as_str());
    assert_eq!(told, ("exported", "coverage", "geojson, 2 days"));
}
