//! What is wrong is named, with the way out, and the rest goes on.

use crate::program::{Site, root, run, text, wait_for};

#[track_caller]
fn check(config: &str, wanted: &[&str]) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("c.toml");
    std::fs::write(&path, config).unwrap();
    let output = run(&["check", "--offline", "--config", path.to_str().unwrap()]);
    let told = text(&output.stdout);
    assert_eq!(output.status.code(), Some(3), "{told}{}", text(&output.stderr));
    for wanted in wanted {
        assert!(told.contains(wanted), "{told}\nshould hold\n{wanted}");
    }
}

#[test]
fn check_names_key_file_and_line() {
    check("[detector]\nmin_scoer = 0.5\n", &["c.toml:2: unknown field `min_scoer`"]);
    check(
        "[[source]]\nid = \"a\"\nurl = \"x.mp4\"\n\n[[source]]\nid = \"a\"\nurl = \"y.mp4\"\n",
        &["c.toml:2: `source.a.id`: two sources are called `a`"],
    );
    check(
        "models_dir = \"nowhere\"\n",
        &["c.toml:1: `models_dir`: cannot read nowhere/manifest.toml"],
    );
    check("[rules]\nfences = [\"none.geojson\"]\n", &["none.geojson: cannot read it"]);
    check(
        "[[source]]\nid = \"a\"\nurl = \"x.mp4\"\nsurvey = \"none.json\"\n",
        &["c.toml:4: `source.a.survey`: `none.json`: cannot read it"],
    );
}

#[test]
fn a_refused_configuration_exits_with_3() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("c.toml");
    std::fs::write(&path, "[detector]\nthreads = 0\n").unwrap();
    let config = path.to_str().unwrap();
    for args in [
        ["serve", "--config", config, "--video", "x.mp4"].as_slice(),
        &["analyze", "x.mp4", "--config", config],
        &["analyze", "x.mp4", "--threads", "0"],
    ] {
        let output = run(args);
        assert_eq!(output.status.code(), Some(3), "{args:?}");
        assert!(text(&output.stderr).contains("`detector.threads`: must be 1 to 64"));
    }
}

#[test]
fn a_missing_or_altered_model_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let manifest = root().join("models/manifest.toml");
    std::fs::copy(manifest, dir.path().join("manifest.toml")).unwrap();
    let verify =
        || text(&run(&["models", "verify", "--models-dir", dir.path().to_str().unwrap()]).stdout);
    assert!(verify().contains("nanodet-g.onnx is missing; run: make models"), "{}", verify());
    std::fs::create_dir(dir.path().join("cache")).unwrap();
    std::fs::write(dir.path().join("cache/nanodet-g.onnx"), "altered").unwrap();
    assert!(verify().contains("nanodet-g.onnx has SHA-256 "), "{}", verify());
}

#[test]
fn inputs_that_are_no_video_are_named_and_the_others_are_read() {
    let dir = tempfile::tempdir().unwrap();
    let at = |name: &str| dir.path().join(name).display().to_string();
    std::fs::write(at("text.mp4"), "no video").unwrap();
    std::fs::write(at("empty.mp4"), "").unwrap();
    let whole = std::fs::read(root().join("demo/clips/parking.mp4")).unwrap();
    std::fs::write(at("cut.mp4"), &whole[..whole.len() / 2]).unwrap();
    let (text_file, empty, cut, missing) =
        (at("text.mp4"), at("empty.mp4"), at("cut.mp4"), at("no.mp4"));
    let output = run(&[
        "analyze",
        &text_file,
        &empty,
        &missing,
        &cut,
        "--model",
        "ssdlite-mobilenetv2",
        "--summary",
    ]);
    let (told, summary) = (text(&output.stderr), text(&output.stdout));
    assert_eq!(output.status.code(), Some(3), "{told}");
    for name in ["text.mp4", "empty.mp4", "no.mp4"] {
        assert!(
            told.lines().any(|line| line.contains("ERROR") && line.contains(name)),
            "{name}: {told}"
        );
    }
    let frames =
        serde_json::from_str::<serde_json::Value>(&summary).unwrap()["frames"].as_u64().unwrap();
    assert!(frames < 420, "{frames} frames of half a file");
}

#[test]
fn a_camera_that_is_off_does_not_stop_the_others() {
    let off = crate::program::free_port();
    let more = format!(
        "[detector]\nprovider = \"cpu\"\nmodel = \"ssdlite-mobilenetv2\"\n\
         [[source]]\nid = \"on\"\nurl = \"{}\"\n\
         [[source]]\nid = \"zoff\"\nurl = \"rtsp://user:secret@127.0.0.1:{off}/live\"\n",
        root().join("demo/clips/parking.mp4").display()
    );
    let site = Site::new(&more, false);
    let program = site.serve();
    wait_for("frames of the camera that is on", || (site.frames()? > 20).then_some(()));
    let ready = wait_for("the camera that is off", || {
        site.ready().filter(|ready| ready["sources"][1]["state"] == "reconnecting")
    });
    assert_eq!(ready["ready"], true);
    assert!(!site.get("/metrics").unwrap().contains("secret"));
    assert!(program.stop());
}
