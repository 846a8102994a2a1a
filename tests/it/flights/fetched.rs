//! Files that a dock leaves in an object store come into a flight by themselves.

use std::path::Path;

use serde_json::{Value, json};

use super::aircraft::{kept, publish_to};
use super::{Desk, demo, list, rules, word};
use crate::program::{Mosquitto, Site, free_port, wait_for};

const TASK: &str = "a1b2c3d4-0000-4000-8000-000000000001";
const FILES: [&str; 3] = ["DJI_0001.MP4", "DJI_0001.SRT", "DJI_0003.JPG"];

#[test]
fn what_a_dock_leaves_in_an_object_store_becomes_a_flight() {
    let port = free_port();
    let bucket = tempfile::tempdir().unwrap();
    let site = Site::new(
        &format!(
            "[aircraft]\nurl = \"mqtt://127.0.0.1:{port}\"\n{}\
             [flight.object_store]\nurl = \"file://{}\"\n",
            rules(),
            bucket.path().display()
        ),
        false,
    );
    let broker = Mosquitto::new(port);
    let _broker = broker.start();
    put(bucket.path(), FILES[0]);
    put(bucket.path(), FILES[1]);
    let (program, password) = site.first_serve();
    let desk = Desk::sign_in(&site, &password);
    // The third is announced before it is there; each comes twice, as docks do when nobody answers.
    wait_for("the first announcements", || {
        (1..=3).for_each(|n| announce(port, n, "first"));
        (kept(&site)? >= 3).then_some(())
    });
    (1..=3).for_each(|n| announce(port, n, "again"));
    let flight = wait_for("the missing file", || {
        let flights = desk.get("/api/flights")?;
        let flight = desk.flight(list(&flights["items"]).first()?["id"].as_u64()?)?;
        let tried = list(&flight["objects"]).iter().any(|object| object["tries"] != 0);
        (tried && states(&flight) == ["fetched", "fetched", "waiting"]).then_some(flight)
    });
    assert_eq!(
        (&flight["name"], &flight["created_by"], &flight["state"]),
        (&json!(TASK), &json!("4TADK210010001"), &json!("uploading"))
    );
    let missing = &flight["objects"][2];
    assert_eq!(missing["name"], "100MEDIA/DJI_0003.JPG");
    assert!(word(&missing["detail"]).contains("there is no `media/DJI_0003.JPG`"), "{missing}");
    program.kill();

    // What is awaited is known after a restart, and a person need not wait for the next try.
    put(bucket.path(), FILES[2]);
    let program = site.serve();
    let desk = Desk::sign_in(&site, &password);
    let id = flight["id"].as_u64().unwrap();
    assert_eq!(desk.post(&format!("/api/flights/{id}/fetch")), 202);
    desk.done(id);
    let flight = desk.flight(id).unwrap();
    assert_eq!(states(&flight), ["fetched"; 3]);
    let names: Vec<&str> =
        list(&flight["file_list"]).iter().map(|file| word(&file["name"])).collect();
    assert_eq!(names.len(), 3, "{names:?}");
    for (file, name) in list(&flight["file_list"]).iter().zip(FILES) {
        let bytes = std::fs::metadata(demo().join(name)).unwrap().len();
        assert_eq!(
            (&file["name"], &file["bytes"]),
            (&json!(format!("100MEDIA/{name}")), &json!(bytes))
        );
    }
    assert_eq!(flight["summary"]["frames"], 51);
    assert_eq!(desk.post(&format!("/api/flights/{id}/fetch")), 409, "it takes no files any more");

    // Counted from the start of the program; nothing was said since.
    let before = kept(&site).unwrap_or_default();
    (1..=3).for_each(|n| announce(port, n, "late"));
    wait_for("the late announcements", || (kept(&site)? >= before + 3).then_some(()));
    let flights = desk.get("/api/flights").unwrap();
    assert_eq!(list(&flights["items"]).len(), 1, "{flights}");
    assert!(program.stop());
}

fn put(bucket: &Path, name: &str) {
    let folder = bucket.join("media");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::copy(demo().join(name), folder.join(name)).unwrap();
}

fn states(flight: &Value) -> Vec<&str> {
    list(&flight["objects"]).iter().map(|object| word(&object["state"])).collect()
}

/// The `n`th of three files, counted from 1; `tid` tells one announcement from another.
fn announce(port: u16, n: usize, tid: &str) {
    let name = FILES[n - 1];
    let said = json!({
        "tid": format!("{tid}-{n}"), "bid": tid, "timestamp": 1_790_000_000_000_u64,
        "method": "file_upload_callback", "need_reply": 1, "gateway": "4TADK210010001",
        "data": {
            "file": {
                "object_key": format!("media/{name}"), "path": "100MEDIA", "name": name,
                "ext": {"flight_id": TASK, "drone_model_key": "0-91-1", "is_original": true}
            },
            "flight_task": {"uploaded_file_count": n, "expected_file_count": 3, "flight_type": 0}
        }
    });
    publish_to(port, "thing/product/4TADK210010001/events", &said.to_string());
}
