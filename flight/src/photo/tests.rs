use domain::{Fix, LonLat};
use jiff::Timestamp;
use proptest::prelude::*;
use serde_json::Value;

use super::*;
use crate::sample::Stamp;

const DATA: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/data/");

/// A JPEG of this size that ends where its picture would begin.
fn jpeg(width: u16, height: u16, segments: &[&[u8]]) -> Vec<u8> {
    let mut bytes = vec![0xff, 0xd8];
    for payload in segments {
        bytes.extend([0xff, 0xe1]);
        bytes.extend(u16::try_from(payload.len() + 2).unwrap().to_be_bytes());
        bytes.extend(*payload);
    }
    let ([h1, h0], [w1, w0]) = (height.to_be_bytes(), width.to_be_bytes());
    bytes.extend([0xff, 0xc2, 0, 8, 8, h1, h0, w1, w0, 3, 0xff, 0xda]);
    bytes
}

fn xmp(attributes: &str, elements: &str) -> Vec<u8> {
    format!(
        "http://ns.adobe.com/xap/1.0/\0<x:xmpmeta xmlns:x=\"adobe:ns:meta/\"><rdf:RDF \
         xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\"><rdf:Description \
         xmlns:drone-dji=\"http://www.dji.com/drone-dji/1.0/\" {attributes}>{elements}\
         </rdf:Description></rdf:RDF></x:xmpmeta>"
    )
    .into_bytes()
}

fn photo(attributes: &str, elements: &str) -> Photo {
    read(&jpeg(5280, 3956, &[&xmp(attributes, elements)])).unwrap()
}

fn codes(photo: &Photo) -> Vec<WarningCode> {
    (&photo.warnings).into_iter().map(|warning| warning.code).collect()
}

const ENTERPRISE: &str = r#"
 drone-dji:ImageSource="WideCamera" drone-dji:AltitudeType="RtkAlt"
 drone-dji:GpsLatitude="+30.8943000" drone-dji:GpsLongitude="+120.0868000"
 drone-dji:AbsoluteAltitude="+112.301" drone-dji:RelativeAltitude="+100.002"
 drone-dji:GimbalRollDegree="+0.00" drone-dji:GimbalYawDegree="-97.30"
 drone-dji:GimbalPitchDegree="-45.00" drone-dji:FlightYawDegree="-96.80"
 drone-dji:FlightXSpeed="+3.0" drone-dji:FlightYSpeed="-4.0" drone-dji:RtkFlag="50"
 drone-dji:DewarpFlag="0" drone-dji:LRFStatus="Normal" drone-dji:LRFTargetDistance="141.4"
 drone-dji:LRFTargetLon="120.0858" drone-dji:LRFTargetLat="30.8942"
 drone-dji:DewarpData="2022-06-08;3713.29,3713.29,7.02,-8.72,-0.1125757,0.0148744,-0.00008572,0.0000001,-0.02711435"
 drone-dji:UTCAtExposure="2024-06-15T06:30:05.250000" drone-dji:DroneSerialNumber="SN1""#;

#[test]
fn an_enterprise_photo_says_everything() {
    let photo = photo(ENTERPRISE, "");
    let sample = &photo.sample;
    assert!(photo.warnings.is_empty(), "{:?}", photo.warnings);
    let taken: Timestamp = "2024-06-15T06:30:05.25Z".parse().unwrap();
    assert_eq!(sample.stamp, Stamp::Utc(taken));
    assert_eq!(sample.position, LonLat::new(120.0868, 30.8943));
    assert_eq!(sample.heights.above_ellipsoid_m, Some(112.301));
    assert_eq!(sample.heights.above_takeoff_m, Some(100.002));
    assert_eq!(sample.heights.above_sea_m, None);
    let camera = sample.camera.unwrap();
    assert_eq!((camera.yaw_deg, camera.pitch_deg, camera.roll_deg), (-97.3, -45.0, 0.0));
    assert_eq!((sample.heading_deg, sample.speed_mps), (Some(-96.8), Some(5.0)));
    assert_eq!(sample.fix, Fix::Fixed);
    let laser = sample.laser.unwrap();
    assert_eq!((laser.distance_m, laser.target), (141.4, LonLat::new(120.0858, 30.8942)));
    let lens = photo.lens.unwrap();
    assert_eq!((lens.fx, lens.cx, lens.cy), (3713.29, 2647.02, 1969.28));
    assert_eq!((lens.k1, lens.p2, lens.k3), (-0.112_575_7, 1e-7, -0.027_114_35));
    assert_eq!((photo.lens_from, photo.source), (Some(LensFrom::Dewarp), PhotoSource::Wide));
    assert_eq!(photo.serial, "SN1");
}

#[test]
fn elements_say_the_same_as_attributes() {
    let photo = photo(
        "",
        "<drone-dji:GpsLatitude>+30.5</drone-dji:GpsLatitude>
         <drone-dji:GpsLongtitude>+120.5</drone-dji:GpsLongtitude>
         <drone-dji:AbsoluteAltitude> +52.0 </drone-dji:AbsoluteAltitude>
         <drone-dji:CalibratedFocalLength>3725.151611</drone-dji:CalibratedFocalLength>",
    );
    assert_eq!(photo.sample.position, LonLat::new(120.5, 30.5));
    assert_eq!(photo.sample.heights.above_sea_m, Some(52.0));
    let size = Size::new(5280, 3956).unwrap();
    assert_eq!(photo.lens, Some(Lens::pinhole(size, 3_725.151_611, [2640.0, 1978.0])));
    assert_eq!(photo.lens_from, Some(LensFrom::Calibrated));
    assert_eq!(codes(&photo), [WarningCode::NoAttitude]);
}

#[test]
fn what_is_missing_or_wrong_is_a_warning() {
    use WarningCode::{BadEntry, NoAttitude, NoHeight, NoLens, NoPosition};
    let cases: [(&str, &[WarningCode]); 4] = [
        ("", &[NoPosition, NoHeight, NoAttitude, NoLens]),
        (
            r#"drone-dji:GpsLatitude="0.0" drone-dji:GpsLongitude="0.0" drone-dji:RelativeAltitude="9""#,
            &[NoPosition, NoAttitude, NoLens],
        ),
        (
            r#"drone-dji:GpsLatitude="1" drone-dji:GpsLongitude="2" drone-dji:RelativeAltitude="high""#,
            &[BadEntry, NoHeight, NoAttitude, NoLens],
        ),
        (
            r#"drone-dji:GpsLatitude="1" drone-dji:GpsLongitude="2" drone-dji:RelativeAltitude="9"
               drone-dji:GimbalYawDegree="1" drone-dji:GimbalRollDegree="0""#,
            &[NoAttitude, NoLens],
        ),
    ];
    for (attributes, expected) in cases {
        let mut found = codes(&photo(attributes, ""));
        let mut expected = expected.to_vec();
        found.sort();
        expected.sort();
        assert_eq!(found, expected, "{attributes}");
    }
}

#[test]
fn a_missed_laser_is_none() {
    let missed = ENTERPRISE.replace("LRFStatus=\"Normal\"", "LRFStatus=\"TooFar\"");
    assert_eq!(photo(&missed, "").sample.laser, None);
}

/// EXIF that says nothing but the size when the photo was taken.
fn exif_size(width: u32, height: u32) -> Vec<u8> {
    let mut bytes = b"Exif\0\0II*\0\x08\0\0\0".to_vec();
    let mut directory = |entries: &[(u16, u32)]| {
        bytes.extend(u16::try_from(entries.len()).unwrap().to_le_bytes());
        for (tag, value) in entries {
            bytes.extend(tag.to_le_bytes());
            bytes.extend([4, 0, 1, 0, 0, 0]);
            bytes.extend(value.to_le_bytes());
        }
        bytes.extend([0; 4]);
    };
    directory(&[(0x8769, 26)]);
    directory(&[(0xa002, width), (0xa003, height)]);
    bytes
}

#[test]
fn a_scaled_photo_has_a_scaled_lens() {
    let segments = [&exif_size(5280, 3956)[..], &xmp(ENTERPRISE, "")];
    let small = read(&jpeg(1320, 989, &segments)).unwrap();
    let lens = small.lens.unwrap();
    assert!((lens.fx - 3713.29 / 4.0).abs() < 1e-9, "{lens:?}");
    assert!((lens.cx - 2647.02 / 4.0).abs() < 1e-9, "{lens:?}");
}

#[test]
fn other_files_are_refused() {
    assert_eq!(read(b"\x89PNG\r\n").unwrap_err(), PhotoError::NotJpeg);
    assert_eq!(read(&[0xff, 0xd8, 0xff, 0xd9]).unwrap_err(), PhotoError::NoSize);
    let empty = read(&jpeg(0, 10, &[])).unwrap_err();
    assert_eq!(empty, PhotoError::Size { width: 0, height: 10 });
}

#[test]
fn broken_xmp_is_used_as_far_as_it_goes() {
    let mut cut = xmp(r#"drone-dji:RelativeAltitude="+9.5""#, "<a><b>");
    cut.truncate(cut.len() - 40);
    cut.extend(b"</wrong><");
    let photo = read(&jpeg(100, 100, &[&cut])).unwrap();
    assert_eq!(photo.sample.heights.above_takeoff_m, Some(9.5));
    assert!(codes(&photo).contains(&WarningCode::Truncated));
}

fn json(path: &str) -> Option<Value> {
    let text = std::fs::read_to_string(format!("{DATA}{path}")).ok()?;
    Some(serde_json::from_str(&text).unwrap())
}

fn near(found: Option<f64>, expected: &Value, within: f64) -> bool {
    let expected = match expected {
        Value::String(text) => text.parse().unwrap(),
        other => other.as_f64().unwrap(),
    };
    found.is_some_and(|found| (found - expected).abs() <= within)
}

/// Position, heights, angles and model of `photo` are those of `expected`.
fn check(name: &str, photo: &Photo, expected: &Value, xmp: &Value) {
    let sample = &photo.sample;
    let camera = sample.camera.unwrap();
    let at = sample.position.unwrap();
    assert!(near(Some(at.lat()), &expected["lat"], 6e-8), "{name}: {at:?}");
    assert!(near(Some(at.lon()), &expected["lon"], 6e-8), "{name}: {at:?}");
    for (found, field) in [
        (sample.heights.above_sea_m, "AbsoluteAltitude"),
        (sample.heights.above_takeoff_m, "RelativeAltitude"),
        (Some(camera.yaw_deg), "GimbalYawDegree"),
        (Some(camera.pitch_deg), "GimbalPitchDegree"),
        (Some(camera.roll_deg), "GimbalRollDegree"),
        (sample.heading_deg, "FlightYawDegree"),
    ] {
        assert!(near(found, &xmp[field], 1e-9), "{name}, {field}: {found:?}");
    }
    assert!(near(sample.focal_mm, &expected["focal_length_mm"], 1e-9), "{name}");
    assert_eq!(photo.model, expected["model"], "{name}");
    let Stamp::Local(taken) = sample.stamp else { panic!("{name}: {:?}", sample.stamp) };
    assert_eq!(taken.strftime("%Y:%m:%d %H:%M:%S").to_string(), expected["taken"], "{name}");
    assert_eq!(photo.lens_from, Some(LensFrom::Table), "{name}");
    assert!(photo.warnings.is_empty(), "{name}: {:?}", photo.warnings);
}

fn beginning(path: &str) -> Vec<u8> {
    let mut bytes = std::fs::read(format!("{DATA}{path}")).unwrap();
    bytes.truncate(1 << 20);
    bytes
}

/// Four photos of a Zenmuse X3, where the development data lies beside the project.
#[test]
fn photos_of_an_x3() {
    let Some(expected) = json("telemetry/photos-dji-x3/expected.json") else { return };
    for (name, expected) in expected.as_object().unwrap() {
        let photo = read(&beginning(&format!("telemetry/photos-dji-x3/{name}"))).unwrap();
        check(name, &photo, expected, &expected["xmp"]);
        assert_eq!(expected["width"], photo.size.width);
        assert_eq!(expected["height"], photo.size.height);
    }
    assert_eq!(expected.as_object().unwrap().len(), 4);
}

/// Eight photos of a Mavic Pro, scaled down since.
#[test]
fn photos_of_minsk() {
    let Some(list) = json("aerial/jekhor/annotations.json") else { return };
    let mut seen = 0;
    for image in list["images"].as_array().unwrap() {
        let (expected, name) = (&image["telemetry"], image["file_name"].as_str().unwrap());
        if expected.is_null() {
            continue;
        }
        let photo = read(&beginning(&format!("aerial/jekhor/images/{name}"))).unwrap();
        check(name, &photo, expected, expected);
        let (lens, width) = (photo.lens.unwrap(), f64::from(photo.size.width));
        assert!((lens.fx / width - 4.73 / 6.32692).abs() < 1e-9, "{name}: {lens:?}");
        seen += 1;
    }
    assert_eq!(seen, 8);
}

proptest! {
    #[test]
    fn no_change_breaks_it(changes in prop::collection::vec((0_usize..3000, any::<u8>()), 0..60)) {
        let exif = b"Exif\0\0II*\0\x08\0\0\0\x02\0\x10\x01\x02\0\x04\0\0\0M3E\0\x69\x87\x04\0\x01\0\0\0\x26\0\0\0";
        let mut bytes = jpeg(5280, 3956, &[exif, &xmp(ENTERPRISE, "<a>&lt;</a>")]);
        for (at, to) in changes {
            let at = at % bytes.len();
            bytes[at] = to;
        }
        if let Ok(photo) = read(&bytes) {
            prop_assert!(photo.size.width > 0);
            prop_assert!(photo.lens.is_none_or(|lens| lens.fx.is_finite() && lens.fx > 0.0));
        }
    }

    #[test]
    fn no_bytes_break_it(noise in prop::collection::vec(any::<u8>(), 0..300)) {
        let whole = [&[0xff, 0xd8][..], &noise].concat();
        prop_assert!(!matches!(read(&whole), Err(PhotoError::NotJpeg)));
    }
}
