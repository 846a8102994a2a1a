//! A flight in a real browser.

use std::process::Command;

use serde_json::Value;

use super::aircraft::{in_the_air, kept};
use super::{demo, list, number, rules};
use crate::program::{Mosquitto, Site, free_port, root, text, wait_for};

#[test]
fn a_reviewer_brings_a_flight_and_reads_what_was_found() {
    let port = free_port();
    let heard = format!("[aircraft]\nurl = \"mqtt://127.0.0.1:{port}\"\n{}", rules());
    let site = Site::new(&heard, false);
    let broker = Mosquitto::new(port);
    let _broker = broker.start();
    let (program, password) = site.first_serve();
    wait_for("an aircraft", || {
        in_the_air(port, "1581F5BKD23800000042", 300);
        (kept(&site)? > 300).then_some(())
    });
    let shots = site.dir.path().join("shots");
    let output = Command::new("node")
        .arg(root().join("dashboard/ui/e2e/flights.mjs"))
        .arg(format!("http://127.0.0.1:{}", site.http))
        .args(["admin", &password])
        .args([&shots, &demo()])
        .output()
        .unwrap();
    let told = format!("{}{}", text(&output.stdout), text(&output.stderr));
    assert!(output.status.success(), "{told}");
    let result: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(result["ok"], true, "{told}");
    assert_eq!(result["aircraft"], 1);
    assert_eq!(result["files"], 5);
    assert_eq!(result["cells"], 3, "{told}");
    assert!(number(&result["findings"]) >= 3.0, "{told}");
    assert!(list(&result["warnings"]).contains(&"flat_ground".into()), "{told}");
    assert!(std::fs::read_dir(&shots).unwrap().count() >= 19, "pictures were taken");
    assert!(program.stop());
}
