//! Scores worked out by hand, the standard tool's on real sequences, and broken files.

use std::path::PathBuf;

use proptest::prelude::*;

use super::*;
use crate::config::TrackerConfig;

fn figures(truth: &str, test: &str) -> Figures {
    evaluate(&Sequence::read(truth, test).unwrap()).figures()
}

fn close(found: f64, expected: f64) -> bool {
    (found - expected).abs() < 1e-9
}

/// One row of a box 10 wide and 10 high at `x`.
fn row(frame: u32, id: i64, x: f64) -> String {
    format!("{frame},{id},{x},0,10,10,1,-1,-1,-1\n")
}

fn rows(rows: &[(u32, i64, f64)]) -> String {
    rows.iter().map(|&(frame, id, x)| row(frame, id, x)).collect()
}

#[test]
fn the_truth_is_a_perfect_answer() {
    let truth = rows(&[(1, 1, 0.0), (1, 2, 50.0), (2, 1, 1.0), (4, 2, 52.0)]);
    let found = figures(&truth, &truth);
    for share in [
        found.hota,
        found.det_a,
        found.ass_a,
        found.loc_a,
        found.mota,
        found.idf1,
        found.idp,
        found.idr,
        found.recall,
        found.precision,
    ] {
        assert!(close(share, 1.0), "{found:?}");
    }
    assert!(close(found.motp, 0.0));
    assert_eq!((found.frames, found.mostly_tracked, found.switches), (3, 2, 0));
}

#[test]
fn no_answer_misses_everything() {
    let found = figures(&rows(&[(1, 1, 0.0), (2, 1, 0.0)]), "");
    assert_eq!((found.misses, found.mostly_lost, found.boxes), (2, 1, 0));
    assert!(close(found.mota, 0.0) && close(found.hota, 0.0) && close(found.idf1, 0.0));
}

/// One object, followed as 7, then 8, lost for a frame, then 8 again; one box too many.
#[test]
fn a_switch_a_gap_and_a_false_alarm() {
    let truth = rows(&[(1, 1, 0.0), (2, 1, 0.0), (3, 1, 0.0), (4, 1, 0.0), (5, 1, 0.0)]);
    let test = rows(&[(1, 7, 0.0), (2, 8, 0.0), (4, 8, 0.0), (5, 8, 2.5), (5, 9, 90.0)]);
    let found = figures(&truth, &test);
    assert_eq!((found.switches, found.ascends, found.transfers), (1, 1, 0));
    assert_eq!((found.misses, found.false_positives, found.fragmentations), (1, 1, 1));
    assert!(close(found.mota, 1.0 - 3.0 / 5.0));
    // 2.5 of 10 beside it: 7.5 common of 12.5.
    assert!(close(found.motp, 0.4 / 4.0));
    // Given to 8, which is right in three frames.
    assert!(close(found.idf1, 2.0 * 3.0 / 10.0));
    // Up to IoU 0.6: four right of six; two tracks of one and three frames of five.
    let low = (4.0_f64 / 6.0 * ((1.0 / 5.0 + 3.0 * 3.0 / 5.0) / 4.0)).sqrt();
    // Above: three right, three wrong on either side.
    let high = (3.0_f64 / 7.0 * ((1.0 / 5.0 + 2.0 * 2.0 / 6.0) / 3.0)).sqrt();
    assert!(close(found.hota, (12.0 * low + 7.0 * high) / 19.0), "{}", found.hota);
}

#[test]
fn an_object_keeps_its_track_though_another_is_closer() {
    let truth = rows(&[(1, 1, 0.0), (2, 1, 0.0)]);
    let test = rows(&[(1, 7, 0.0), (2, 7, 3.0), (2, 8, 0.0)]);
    let found = figures(&truth, &test);
    assert_eq!((found.switches, found.false_positives), (0, 1));
    assert!(close(found.motp, (1.0 - 7.0 / 13.0) / 2.0));
}

#[test]
fn two_pairs_are_better_than_a_closer_one() {
    let truth = rows(&[(1, 1, 0.0), (1, 2, 3.0)]);
    // Greedy would pair 2 with 7 and leave 1 without: 8 is too far from it.
    let test = rows(&[(1, 7, 2.5), (1, 8, 6.0)]);
    assert_eq!(figures(&truth, &test).misses, 0);
}

#[test]
fn sequences_add_up() {
    let truth = rows(&[(1, 1, 0.0), (2, 1, 0.0)]);
    let good = evaluate(&Sequence::read(&truth, &truth).unwrap());
    let bad = evaluate(&Sequence::read(&truth, "").unwrap());
    let both = combine(&[good.clone(), bad]).figures();
    assert_eq!((both.frames, both.objects, both.misses, both.unique_objects), (4, 4, 2, 2));
    assert!(close(both.mota, 0.5) && close(both.idf1, 2.0 * 2.0 / 6.0) && close(both.det_a, 0.5));
    assert!(close(both.ass_a, 1.0));
    assert_eq!(combine(std::slice::from_ref(&good)), good);
}

#[test]
fn a_bad_line_is_named() {
    let truth = row(1, 1, 0.0);
    let check = |test: &str, message: &str| {
        let error = Sequence::read(&truth, test).unwrap_err();
        assert_eq!(error.to_string(), message);
    };
    check(
        "1,1,0,0,1,1\n\n1,2,3\n",
        "line 3 of the test has 3 columns, at least 6 are needed: frame,id,x,y,width,height",
    );
    check("1,1,0,zero,1,1", "line 1 of the test has no number in column 4: `zero`");
    check("1,1,0,inf,1,1", "line 1 of the test has no number in column 4: `inf`");
    check("0,1,0,0,1,1", "line 1 of the test names frame 0: frames are numbered 1 to 1000000");
    check("1.5,1,0,0,1,1", "line 1 of the test names frame 1.5: frames are numbered 1 to 1000000");
    check("1,0.5,0,0,1,1", "line 1 of the test names the object 0.5: ids are whole numbers");
    check("1,4,0,0,1,1\n1,4,9,9,1,1", "line 2 of the test shows object 4 a second time in frame 1");
    let crowd: String = (0..1025).map(|id| row(3, id, 0.0)).collect();
    check(&crowd, "line 1025 of the test is box 1025 of its frame, no more are read");
    let ids: String = (0..4097).map(|id| row(1 + id / 1000, i64::from(id), 0.0)).collect();
    check(&ids, "line 4097 of the test is object 4097 of its file, no more are read");
    let error = Sequence::read("1,-1,0,0,1,1", "").unwrap_err().to_string();
    assert_eq!(error, "line 1 of the truth has the id -1: the truth must tell its objects apart");
    assert_eq!(Sequence::read("\n", &truth).unwrap_err(), ScoreError::NoTruth);
}

#[test]
fn blanks_tabs_and_fewer_columns_are_read_alike() {
    let plain = Sequence::read("1,1,0,0,5,5", "1,2,0,0,5,5").unwrap();
    for text in ["1 1 0 0 5 5", "\u{feff}1\t1\t0\t0\t5\t5\r\n", " 1, 1, 0.0, 0, 5, 5, 1, x"] {
        let test = text.replacen("1,", "1 ", 0);
        assert_eq!(Sequence::read(&test, "1,2,0,0,5,5").unwrap(), plain, "{text:?}");
    }
    // Truth that does not count.
    let marked = "1,1,0,0,5,5,1\n1,9,50,0,5,5,0";
    assert_eq!(Sequence::read(marked, "1,2,0,0,5,5").unwrap(), plain);
}

#[test]
fn our_tracker_answers_with_the_boxes_it_was_given() {
    let walk = |id: i64| -> String {
        (1..=20).filter(|n| *n != 9).map(|n| row(n, id, f64::from(n))).collect()
    };
    let detections = Sequence::read(&walk(1), &walk(-1)).unwrap();
    assert!(!detections.identified());
    let ours = evaluate(&detections.followed(25.0, &TrackerConfig::default()).unwrap()).figures();
    // Told of from the third frame on.
    assert_eq!((ours.boxes, ours.switches, ours.false_positives, ours.misses), (17, 0, 0, 2));
    for rate in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        assert!(detections.followed(rate, &TrackerConfig::default()).is_err());
    }
}

#[test]
fn a_report_has_a_row_for_each_tracker_and_one_for_all() {
    let (truth, test) = (rows(&[(1, 1, 0.0)]), rows(&[(1, 5, 0.0)]));
    let given = |name| Given { name, truth: &truth, test: &test, rate_hz: 25.0 };
    let config = TrackerConfig { min_hits: 1, ..TrackerConfig::default() };
    let report = report(&[given("left"), given("right turn")], &config).unwrap();
    let printed = report.to_string();
    let lines: Vec<&str> = printed.lines().collect();
    assert_eq!(lines.len(), 7);
    assert!(lines[0].starts_with("sequence   by     HOTA  DetA"), "{printed}");
    assert!(
        lines[3].starts_with("right turn given 100.0 100.0 100.0 100.0  100.0 0.000"),
        "{printed}"
    );
    assert!(lines[6].starts_with("all        ours  100.0"), "{printed}");
    let json = serde_json::to_value(&report).unwrap();
    assert_eq!(json[1]["by"], "ours");
    assert_eq!(json[5]["objects"], 2);
}

#[test]
fn the_frame_rate_stands_in_the_sequences_own_file() {
    assert_eq!(frame_rate("[Sequence]\nname=MOT17-02\nframeRate=30\nseqLength=600"), Some(30.0));
    for text in ["", "frameRate=0", "frameRate=x", "frameRate = inf"] {
        assert_eq!(frame_rate(text), None, "{text}");
    }
}

/// Where real files are at hand.
fn real(name: &str) -> Option<(String, String)> {
    let folder = shared()?.join(name);
    let read = |file: &str| std::fs::read_to_string(folder.join(file)).ok();
    Some((read("gt.txt")?, read("test.txt")?))
}

fn shared() -> Option<PathBuf> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../shared/data/tracking");
    folder.is_dir().then_some(folder)
}

#[test]
fn as_the_standard_tool_on_real_sequences() {
    let Some(folder) = shared() else { return };
    let expected = std::fs::read_to_string(folder.join("expected.json")).unwrap();
    let expected: serde_json::Value = serde_json::from_str(&expected).unwrap();
    for (name, expected) in expected["sequences"].as_object().unwrap() {
        let (truth, test) = real(name).unwrap();
        let found = serde_json::to_value(figures(&truth, &test)).unwrap();
        for (theirs, ours) in [
            ("num_frames", "frames"),
            ("num_objects", "objects"),
            ("num_unique_objects", "unique_objects"),
            ("mostly_tracked", "mostly_tracked"),
            ("partially_tracked", "partially_tracked"),
            ("mostly_lost", "mostly_lost"),
            ("num_false_positives", "false_positives"),
            ("num_misses", "misses"),
            ("num_switches", "switches"),
            ("num_fragmentations", "fragmentations"),
            ("num_transfer", "transfers"),
            ("num_ascend", "ascends"),
            ("num_migrate", "migrates"),
            ("mota", "mota"),
            ("motp", "motp"),
            ("idf1", "idf1"),
            ("idp", "idp"),
            ("idr", "idr"),
            ("recall", "recall"),
            ("precision", "precision"),
        ] {
            let (ours, theirs_value) = (found[ours].as_f64().unwrap(), expected[theirs].as_f64());
            let far = (ours - theirs_value.unwrap()).abs();
            assert!(far < 1e-3, "{name}: {theirs} is {theirs_value:?}, not {ours}");
        }
    }
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused(truth in "[0-9,. \n-]{0,200}", test in ".{0,200}") {
        let read = Sequence::read(&truth, &test);
        if let Ok(sequence) = read {
            let figures = evaluate(&sequence).figures();
            prop_assert!((0.0..=1.0).contains(&figures.hota));
        }
    }

    #[test]
    fn shares_are_shares_and_counts_add_up(
        truth in prop::collection::btree_map((1_u32..6, 0_i64..4), 0.0_f64..40.0, 1..20),
        test in prop::collection::btree_map((1_u32..6, 0_i64..4), 0.0_f64..40.0, 0..20),
    ) {
        let text = |boxes: &std::collections::BTreeMap<(u32, i64), f64>| -> String {
            boxes.iter().map(|(&(frame, id), &x)| row(frame, id, x)).collect()
        };
        let found = figures(&text(&truth), &text(&test));
        for share in [found.hota, found.det_a, found.ass_a, found.loc_a, found.idf1, found.idp,
            found.idr, found.recall, found.precision, found.motp] {
            prop_assert!((0.0..=1.0 + 1e-9).contains(&share), "{found:?}");
        }
        prop_assert_eq!(found.objects, truth.len() as u64);
        prop_assert_eq!(found.objects - found.misses, found.boxes - found.false_positives);
        let kinds = found.mostly_tracked + found.partially_tracked + found.mostly_lost;
        prop_assert_eq!(kinds, found.unique_objects);
    }
}
