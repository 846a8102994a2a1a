//! Scores worked out by hand, the official answers, and broken files.

use std::path::PathBuf;

use proptest::prelude::*;

use super::*;

fn area(x: f64, y: f64, w: f64, h: f64) -> Area {
    Area { x, y, w, h }
}

fn label(image: usize, x: f64, side: f64) -> Label {
    Label { image, class: 0, area: area(x, 0.0, side, side), size: side * side, crowd: false }
}

fn found(image: usize, x: f64, side: f64, score: f64) -> Found {
    Found { image, class: 0, area: area(x, 0.0, side, side), score }
}

fn close(found: Option<f64>, expected: f64) -> bool {
    found.is_some_and(|found| (found - expected).abs() < 1e-9)
}

#[test]
fn the_truth_is_a_perfect_answer() {
    let labels = [label(0, 0.0, 20.0), label(0, 100.0, 50.0), label(2, 0.0, 200.0)];
    let boxes = [found(0, 0.0, 20.0, 0.9), found(0, 100.0, 50.0, 0.5), found(2, 0.0, 200.0, 0.7)];
    let figures = evaluate(1, &labels, &boxes).figures();
    for share in [
        figures.ap,
        figures.ap50,
        figures.ap75,
        figures.ap_small,
        figures.ap_medium,
        figures.ap_large,
        figures.ar10,
        figures.ar100,
    ] {
        assert!(close(share, 1.0), "{figures:?}");
    }
    // The weaker of the two boxes of the first picture does not count.
    assert!(close(figures.ar1, 2.0 / 3.0), "{figures:?}");
    assert_eq!(evaluate(1, &[], &boxes).figures().ap, None);
    assert!(close(evaluate(1, &labels, &[]).figures().ap, 0.0));
}

/// Right, wrong, right, of three to be found: precision 1 up to recall 1/3, then 2/3 up to 2/3, then 0.
#[test]
fn precision_is_read_at_101_points_of_recall() {
    let labels = [label(0, 0.0, 50.0), label(1, 0.0, 50.0), label(2, 0.0, 50.0)];
    let boxes = [found(0, 0.0, 50.0, 0.9), found(3, 0.0, 50.0, 0.8), found(1, 0.0, 50.0, 0.7)];
    let figures = evaluate(1, &labels, &boxes).figures();
    assert!(close(figures.ap50, (34.0 + 33.0 * 2.0 / 3.0) / 101.0), "{figures:?}");
    assert!(close(figures.ar100, 2.0 / 3.0));
}

#[test]
fn a_crowd_is_neither_found_nor_missed() {
    let crowd = Label { crowd: true, ..label(0, 100.0, 100.0) };
    let labels = [label(0, 0.0, 50.0), crowd];
    // Two boxes inside the crowd, one of them of a size that overlaps it little.
    let boxes = [found(0, 110.0, 20.0, 0.9), found(0, 150.0, 40.0, 0.8), found(0, 0.0, 50.0, 0.7)];
    assert!(close(evaluate(1, &labels, &boxes).figures().ap, 1.0));
    for rule in [Rule::Iou50, Rule::CentreInBox] {
        let counts = operate(&labels, &boxes, rule).counts();
        assert_eq!(counts, Counts { hits: 1, missed: 0, wrong: 0 }, "{rule:?}");
    }
}

#[test]
fn a_second_box_on_one_object_is_wrong() {
    let labels = [label(0, 0.0, 100.0)];
    let boxes = [found(0, 10.0, 100.0, 0.9), found(0, 0.0, 100.0, 0.8)];
    let paired = operate(&labels, &boxes, Rule::Iou50);
    assert_eq!((paired.pairs.as_slice(), paired.wrong.as_slice()), (&[(0, 0)][..], &[1][..]));
    let figures = evaluate(1, &labels, &boxes).figures();
    // At 0.5 the first is right; from 0.85 on only the second is.
    assert!(close(figures.ap50, 1.0));
    assert!(figures.ap.is_some_and(|ap| (0.84..0.86).contains(&ap)), "{figures:?}");
}

#[test]
fn a_centre_in_the_box_is_enough_where_overlap_is_not() {
    let labels = [label(0, 0.0, 12.0)];
    let boxes = [found(0, 5.0, 12.0, 0.9)];
    let counts = |rule| operate(&labels, &boxes, rule).counts();
    assert_eq!(counts(Rule::Iou50), Counts { hits: 0, missed: 1, wrong: 1 });
    assert_eq!(counts(Rule::CentreInBox), Counts { hits: 1, missed: 0, wrong: 0 });
    let half = Counts { hits: 1, missed: 1, wrong: 3 };
    assert!((half.precision() - 0.25).abs() < 1e-12 && (half.recall() - 0.5).abs() < 1e-12);
    assert!((half.f1() - 2.0 / 6.0).abs() < 1e-12);
}

const SET: &str = r#"{"images": [{"id": 7, "file_name": "b.jpg", "scene": "two"},
        {"id": 3, "file_name": "a.jpg", "width": 640, "height": 480, "licence": 1}],
    "annotations": [{"id": 1, "image_id": 7, "category_id": 4, "bbox": [1, 2, 3.5, 4]}],
    "categories": [{"id": 9, "name": "car"}, {"id": 4, "name": "bus", "supercategory": "x"}]}"#;

#[test]
fn a_set_is_read_in_the_order_of_its_ids() {
    let mut set = Coco::read(SET.as_bytes()).unwrap();
    assert_eq!(set.classes, ["bus", "car"]);
    assert_eq!(set.images[0].file_name, "a.jpg");
    let expected =
        Label { image: 1, class: 0, area: area(1.0, 2.0, 3.5, 4.0), size: 14.0, crowd: false };
    assert_eq!(set.labels, [expected]);
    let results = br#"[{"image_id": 3, "category_id": 9, "bbox": [0, 0, 1, 1], "score": 0.25}]"#;
    let results = set.results(results).unwrap();
    let filed = br#"{"annotations": [{"image_id": 3, "category_id": 9, "bbox": [0, 0, 1, 1], "score": 0.25}]}"#;
    assert_eq!(set.results(filed).unwrap(), results);
    assert_eq!((results[0].image, results[0].class), (0, 1));
    set.keep(|image| image.groups == ["two"]);
    assert_eq!((set.images.len(), set.labels[0].image), (1, 0));
}

#[test]
fn what_cannot_be_scored_is_named() {
    let check = |from: &str, to: &str, message: &str| {
        let error = Coco::read(SET.replacen(from, to, 1).as_bytes()).unwrap_err();
        assert_eq!(error.to_string(), message);
    };
    check("\"id\": 3", "\"id\": 7", "the labels name the image 7 twice");
    check("\"id\": 9", "\"id\": 4", "the labels name the category 4 twice");
    check("_id\": 7", "_id\": 8", "box 1 of the labels is in image 8, which the set does not have");
    check(
        "category_id\": 4",
        "category_id\": 5",
        "box 1 of the labels has the category 5, which the set does not have",
    );
    check("3.5, 4", "-3.5, 4", "box 1 of the labels has a side below 0: -3.5");
    check("3.5, 4", "3.5", "the labels are no JSON in the layout of COCO");
    check("}]}", "", "the labels are no JSON in the layout of COCO");
    let set = Coco::read(SET.as_bytes()).unwrap();
    let error = set.results(b"{}").unwrap_err().to_string();
    assert_eq!(error, "the results are no JSON in the layout of COCO");
}

fn shared() -> Option<PathBuf> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../shared/data/metrics");
    folder.is_dir().then_some(folder)
}

#[test]
fn as_the_official_evaluation_on_coco() {
    let Some(folder) = shared().map(|folder| folder.join("coco")) else { return };
    let file = |name: &str| std::fs::read(folder.join(name)).unwrap();
    let set = Coco::read(&file("ground_truth.json")).unwrap();
    let results = set.results(&file("detections.json")).unwrap();
    let figures = evaluate(set.classes.len(), &set.labels, &results).figures();
    let found = serde_json::to_value(figures).unwrap();
    let expected: serde_json::Value = serde_json::from_slice(&file("expected.json")).unwrap();
    let names = [
        ("AP", "ap"),
        ("AP50", "ap50"),
        ("AP75", "ap75"),
        ("APsmall", "ap_small"),
        ("APmedium", "ap_medium"),
        ("APlarge", "ap_large"),
        ("AR1", "ar1"),
        ("AR10", "ar10"),
        ("AR100", "ar100"),
        ("ARsmall", "ar_small"),
        ("ARmedium", "ar_medium"),
        ("ARlarge", "ar_large"),
    ];
    for (theirs, ours) in names {
        let (ours, theirs_value) = (found[ours].as_f64().unwrap(), expected[theirs].as_f64());
        let far = (ours - theirs_value.unwrap()).abs();
        assert!(far < 1e-6, "{theirs} is {theirs_value:?}, not {ours}");
    }
}

#[test]
fn as_the_fixtures_of_pascal_voc() {
    let Some(folder) = shared().map(|folder| folder.join("voc")) else { return };
    let rows = |part: &str| {
        let mut rows: Vec<(usize, Vec<f64>)> = Vec::new();
        for image in 1..=7 {
            let path = folder.join(part).join(format!("{image:05}.txt"));
            for line in std::fs::read_to_string(path).unwrap().lines() {
                let numbers = line.split_whitespace().skip(1);
                rows.push((image, numbers.map(|number| number.parse().unwrap()).collect()));
            }
        }
        rows.retain(|(_, numbers)| !numbers.is_empty());
        rows
    };
    let of = |n: &[f64]| area(n[0], n[1], n[2], n[3]);
    let labels: Vec<Label> = rows("gts")
        .iter()
        .map(|(image, n)| Label {
            image: *image,
            class: 0,
            area: of(n),
            size: n[2] * n[3],
            crowd: false,
        })
        .collect();
    let boxes: Vec<Found> = rows("dets")
        .iter()
        .map(|(image, n)| Found { image: *image, class: 0, area: of(&n[1..]), score: n[0] })
        .collect();
    let expected = std::fs::read_to_string(folder.join("expected.json")).unwrap();
    let expected: serde_json::Value = serde_json::from_str(&expected).unwrap();
    for (name, interpolation) in
        [("eleven_point", Interpolation::ElevenPoint), ("every_point", Interpolation::EveryPoint)]
    {
        for (min_iou, ap) in expected["AP_by_iou"][name].as_object().unwrap() {
            let found = voc_ap(&labels, &boxes, min_iou.parse().unwrap(), interpolation).unwrap();
            let far = (found - ap.as_f64().unwrap()).abs();
            assert!(far < 1e-6, "{name} at {min_iou} is {ap}, not {found}");
        }
    }
}

proptest! {
    #[test]
    fn any_bytes_are_survived(text in ".{0,300}", cut in 0_usize..400) {
        let broken: String = SET.chars().take(cut).collect();
        for json in [text, broken] {
            if let Ok(set) = Coco::read(json.as_bytes()) {
                let _figures = evaluate(set.classes.len(), &set.labels, &[]).figures();
            }
        }
    }

    #[test]
    fn shares_are_shares_and_counts_add_up(
        truth in prop::collection::vec((0_usize..4, 0.0_f64..80.0, 5.0_f64..60.0, any::<bool>()), 1..20),
        answer in prop::collection::vec((0_usize..4, 0.0_f64..80.0, 5.0_f64..60.0, 0.0_f64..1.0), 0..30),
    ) {
        let labels: Vec<Label> = truth
            .iter()
            .map(|&(image, x, side, crowd)| Label { crowd, ..label(image, x, side) })
            .collect();
        let boxes: Vec<Found> =
            answer.iter().map(|&(image, x, side, score)| found(image, x, side, score)).collect();
        let figures = serde_json::to_value(evaluate(1, &labels, &boxes).figures()).unwrap();
        for share in figures.as_object().unwrap().values().filter_map(serde_json::Value::as_f64) {
            prop_assert!((0.0..=1.0 + 1e-9).contains(&share), "{}", figures);
        }
        for rule in [Rule::Iou50, Rule::CentreInBox] {
            let counts = operate(&labels, &boxes, rule).counts();
            let to_find = labels.iter().filter(|label| !label.crowd).count() as u64;
            prop_assert_eq!(counts.hits + counts.missed, to_find);
            prop_assert!(counts.hits + counts.wrong <= boxes.len() as u64);
        }
    }
}
