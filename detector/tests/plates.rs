//! The real networks for plates, on plates drawn here. They are downloaded: run `make models` first.

use std::path::{Path, PathBuf};

use detector::plate::{Finder, FoundPlate, Reader, Reading, Vote};
use detector::{Config, Part};
use domain::{Frame, PlateColour, Size, SourceId, TimeBasis};
use jiff::Timestamp;
use opencv::core::{Mat, Point, Rect, Scalar};
use opencv::prelude::*;
use opencv::{core, imgproc};

type Drawn<T> = opencv::Result<T>;

const BLUE: [f64; 3] = [160.0, 60.0, 20.0];
const YELLOW: [f64; 3] = [20.0, 180.0, 240.0];
const GREEN: [f64; 3] = [140.0, 205.0, 130.0];
const WHITE: [f64; 3] = [255.0, 255.0, 255.0];
const BLACK: [f64; 3] = [10.0, 10.0, 10.0];

fn models() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../models")
}

fn finder() -> Finder {
    match Finder::open(&Config::default(), &models()) {
        Ok(finder) => finder,
        Err(error) => panic!("run `make models`: {error}"),
    }
}

fn reader() -> Reader {
    match Reader::open(&Config::default(), &models()) {
        Ok(reader) => reader,
        Err(error) => panic!("run `make models`: {error}"),
    }
}

fn colour([b, g, r]: [f64; 3]) -> Scalar {
    Scalar::new(b, g, r, 0.0)
}

/// A character into a box. 川 is drawn as its three strokes: no font of OpenCV has it.
fn character(plate: &mut Mat, sign: char, inside: Rect, ink: [f64; 3]) -> Drawn<()> {
    let Rect { x, y, width: w, height: h } = inside;
    let at = |dx: i32, dy: i32| Point::new(x + dx * w / 45, y + dy * h / 90);
    if sign == '川' {
        let strokes = [
            [at(6, 3), at(6, 60)],
            [at(6, 60), at(0, 87)],
            [at(22, 10), at(22, 75)],
            [at(40, 1), at(40, 89)],
        ];
        for [from, to] in strokes {
            imgproc::line(plate, from, to, colour(ink), 9, imgproc::LINE_AA, 0)?;
        }
        return Ok(());
    }
    let mut letter = Mat::new_rows_cols_with_default(60, 60, core::CV_8UC1, Scalar::all(0.0))?;
    let font = imgproc::FONT_HERSHEY_SIMPLEX;
    let white = Scalar::all(255.0);
    imgproc::put_text(
        &mut letter,
        &sign.to_string(),
        Point::new(10, 45),
        font,
        1.4,
        white,
        4,
        imgproc::LINE_AA,
        false,
    )?;
    let tight = Mat::roi(&letter, imgproc::bounding_rect(&letter)?)?;
    let width = if sign == '1' { w / 3 } else { w };
    let mut mask = Mat::default();
    imgproc::resize(&tight, &mut mask, core::Size::new(width, h), 0.0, 0.0, imgproc::INTER_LINEAR)?;
    let mut sharp = Mat::default();
    imgproc::threshold(&mask, &mut sharp, 90.0, 255.0, imgproc::THRESH_BINARY)?;
    let mut onto = Mat::roi_mut(plate, Rect::new(x + (w - width) / 2, y, width, h))?;
    onto.set_to(&colour(ink), &sharp)?;
    Ok(())
}

/// One row, millimetres as pixels: 440 × 140, or 480 × 140 for eight characters.
fn one_row(text: &str, ground: [f64; 3], ink: [f64; 3]) -> Drawn<Mat> {
    let eight = text.chars().count() == 8;
    let width = if eight { 480 } else { 440 };
    let mut plate = Mat::new_rows_cols_with_default(140, width, core::CV_8UC3, colour(ground))?;
    imgproc::rectangle(
        &mut plate,
        Rect::new(4, 4, width - 8, 132),
        colour(ink),
        3,
        imgproc::LINE_8,
        0,
    )?;
    let step = if eight { 54 } else { 57 };
    let mut x = 16;
    for (place, c) in text.chars().enumerate() {
        character(&mut plate, c, Rect::new(x, 25, 45, 90), ink)?;
        x += step;
        if place == 1 {
            imgproc::circle(
                &mut plate,
                Point::new(x + 5, 70),
                6,
                colour(ink),
                -1,
                imgproc::LINE_AA,
                0,
            )?;
            x += 22;
        }
    }
    Ok(plate)
}

/// Two rows, 440 × 220: two characters above five.
fn two_rows(text: &str, ground: [f64; 3], ink: [f64; 3]) -> Drawn<Mat> {
    let mut plate = Mat::new_rows_cols_with_default(220, 440, core::CV_8UC3, colour(ground))?;
    imgproc::rectangle(&mut plate, Rect::new(4, 4, 432, 212), colour(ink), 3, imgproc::LINE_8, 0)?;
    let places = [110, 250].map(|x| Rect::new(x, 15, 80, 60));
    let below = [27, 107, 187, 267, 347].map(|x| Rect::new(x, 90, 65, 110));
    for (c, place) in text.chars().zip(places.into_iter().chain(below)) {
        character(&mut plate, c, place, ink)?;
    }
    Ok(plate)
}

#[expect(clippy::cast_precision_loss, reason = "small pictures")]
fn sides(picture: &Mat) -> (f32, f32) {
    (picture.cols() as f32, picture.rows() as f32)
}

/// The plate on the back of something in a street, so wide, its right side pushed down by `slant` pixels.
fn street(plate: &Mat, width: i16, slant: i16) -> Drawn<Frame> {
    let mut street = Mat::new_rows_cols_with_default(480, 640, core::CV_8UC3, Scalar::all(90.0))?;
    for (place, grey) in [
        (Rect::new(0, 300, 640, 180), 60.0),
        (Rect::new(150, 100, 330, 230), 40.0),
        (Rect::new(180, 110, 270, 90), 140.0),
    ] {
        imgproc::rectangle(
            &mut street,
            place,
            Scalar::all(grey),
            imgproc::FILLED,
            imgproc::LINE_8,
            0,
        )?;
    }
    let (columns, rows) = sides(plate);
    let height = f32::from(width) * rows / columns;
    let (left, top, right) = (240.0, 245.0, 240.0 + f32::from(width));
    let slant = f32::from(slant);
    let corner = core::Point2f::new;
    let from = [corner(0.0, 0.0), corner(columns, 0.0), corner(columns, rows), corner(0.0, rows)];
    let to = [
        corner(left, top),
        corner(right, top + slant),
        corner(right, top + slant + height),
        corner(left, top + height),
    ];
    let warp = imgproc::get_perspective_transform_slice_def(from, to)?;
    let mut small = Mat::default();
    imgproc::gaussian_blur_def(plate, &mut small, core::Size::new(5, 5), 1.2)?;
    imgproc::warp_perspective(
        &small,
        &mut street,
        &warp,
        core::Size::new(640, 480),
        imgproc::INTER_AREA,
        core::BORDER_TRANSPARENT,
        Scalar::default(),
    )?;
    frame(&street)
}

fn frame(picture: &Mat) -> Drawn<Frame> {
    let (width, height) = (u32::try_from(picture.cols())?, u32::try_from(picture.rows())?);
    let size = Size::new(width, height).expect("a size of this test");
    let source = SourceId::new("test").expect("a plain name");
    let pixels = picture.try_clone()?.data_bytes()?.to_vec();
    Ok(Frame::new(source, 0, Timestamp::UNIX_EPOCH, TimeBasis::Media, size, pixels.into())
        .expect("as many pixels as the size says"))
}

fn text(reading: &Reading) -> String {
    reading.characters.iter().map(|(character, _)| character).collect()
}

fn only(found: &[FoundPlate]) -> FoundPlate {
    let [one] = found else { panic!("{found:?}") };
    *one
}

#[test]
fn drawn_plates_are_found_and_read() {
    let (mut finder, mut reader) = (finder(), reader());
    for (words, plate, width, slant, colour) in [
        ("川A83K25", one_row("川A83K25", BLUE, WHITE), 140, 0, PlateColour::Blue),
        ("川C70X94", one_row("川C70X94", BLUE, WHITE), 110, 12, PlateColour::Blue),
        ("川B12345", one_row("川B12345", YELLOW, BLACK), 140, -10, PlateColour::Yellow),
        ("川AD34567", one_row("川AD34567", GREEN, BLACK), 150, 6, PlateColour::Green),
        ("川A83K25", two_rows("川A83K25", YELLOW, BLACK), 130, 0, PlateColour::Yellow),
    ] {
        let street = street(&plate.unwrap(), width, slant).unwrap();
        let found = only(&finder.find(&street, Part::whole(street.size)).unwrap());
        let [left_top, right_top, _, left_bottom] = found.corners;
        for (found, expected) in [
            (left_top.x, 240.0),
            (left_top.y, 245.0),
            (right_top.x, 240.0 + f32::from(width)),
            (right_top.y, 245.0 + f32::from(slant)),
        ] {
            // Corners come within a sixteenth of the width.
            assert!(
                (found - expected).abs() < f32::from(width) / 16.0,
                "{words}: {found} {expected}"
            );
        }
        assert!(left_bottom.y > left_top.y + 20.0, "{words}");
        let reading = reader.read(&street, &found).unwrap().expect(words);
        assert_eq!(text(&reading), words);
        assert_eq!(reading.colour.map(|(colour, _)| colour), Some(colour), "{words}");
        let mut vote = Vote::new();
        vote.add(&reading);
        assert_eq!(vote.plate(0.8).expect(words).full(), words);
    }
}

#[test]
fn a_part_of_the_frame_gives_places_in_the_frame() {
    let mut finder = finder();
    let street = street(&one_row("川A83K25", BLUE, WHITE).unwrap(), 140, 0).unwrap();
    let part = Part { x: 150, y: 100, width: 330, height: 230 };
    let corner = only(&finder.find(&street, part).unwrap()).corners[0];
    assert!((corner.x - 240.0).abs() < 6.0 && (corner.y - 245.0).abs() < 6.0, "{corner:?}");
}

#[test]
fn nothing_is_found_or_read_where_nothing_is() {
    let (mut finder, mut reader) = (finder(), reader());
    for (width, height) in [(640, 360), (1, 1), (3, 2000), (3000, 40)] {
        let size = Size::new(width, height).unwrap();
        let pixels = (0..size.bgr_bytes())
            .map(|i| (i.wrapping_mul(2_654_435_761) >> 13).to_le_bytes()[0] / 4 + 90);
        let noise = Frame::new(
            SourceId::new("test").unwrap(),
            0,
            Timestamp::UNIX_EPOCH,
            TimeBasis::Media,
            size,
            pixels.collect(),
        )
        .unwrap();
        assert_eq!(finder.find(&noise, Part::whole(size)).unwrap(), [], "{width}x{height}");
        assert_eq!(reader.read_whole(&noise).unwrap(), None, "{width}x{height}");
    }
}

#[test]
fn writing_that_is_no_plate_is_not_read() {
    let mut reader = reader();
    for words in ["PARKING", "HELLO", "SALE50", "12345678", "A12345"] {
        let mut sign =
            Mat::new_rows_cols_with_default(140, 440, core::CV_8UC3, colour(BLUE)).unwrap();
        imgproc::put_text(
            &mut sign,
            words,
            Point::new(20, 95),
            imgproc::FONT_HERSHEY_SIMPLEX,
            2.4,
            colour(WHITE),
            8,
            imgproc::LINE_AA,
            false,
        )
        .unwrap();
        let sign = frame(&sign).unwrap();
        let mut vote = Vote::new();
        if let Some(reading) = reader.read_whole(&sign).unwrap() {
            vote.add(&reading);
        }
        assert_eq!(vote.plate(0.8), None, "{words}");
    }
}
