//! A reviewer in a real browser.

use std::process::Command;

use crate::program::{Site, root, text};

#[test]
fn a_reviewer_sees_the_alert_and_confirms_it() {
    walk(&[]);
}

#[test]
fn a_reviewer_dismisses_with_a_reason() {
    walk(&["--dismiss"]);
}

fn walk(more: &[&str]) {
    let demo = root().join("demo");
    let at = |name: &str| demo.join(name).display().to_string();
    let site = Site::new(
        &format!(
            "[detector]\nprovider = \"cpu\"\nmodel = \"nanodet-g\"\n[rules]\nfences = [\"{}\"]\n[rules.parking]\ndwell = \"5s\"\n\
             [[source]]\nid = \"street\"\nname = \"示范路\"\nurl = \"{}\"\nsurvey = \"{}\"\n",
            at("fences.geojson"),
            at("clips/parking.mp4"),
            at("survey/parking.json"),
        ),
        false,
    );
    let (program, password) = site.first_serve();
    let shots = site.dir.path().join("shots");
    std::fs::create_dir(&shots).unwrap();
    let output = Command::new("node")
        .arg(root().join("dashboard/ui/e2e/walk.mjs"))
        .arg(format!("http://127.0.0.1:{}", site.http))
        .args(["admin", &password])
        .arg(&shots)
        .args(more)
        .output()
        .unwrap();
    let told = format!("{}{}", text(&output.stdout), text(&output.stderr));
    assert!(output.status.success(), "{told}");
    assert!(told.contains(r#""ok":true"#), "{told}");
    assert!(std::fs::read_dir(&shots).unwrap().count() >= 6, "pictures were taken");
    assert!(program.stop());
}
