use domain::Size;

use super::*;
use crate::change::Likely;
use crate::change::outline::regions;

const SIDE: usize = 96;

type Paint = fn(usize, usize) -> [u8; 3];

/// Before and after within the square from 32 to 64, asphalt around it.
fn sheet(before: Paint, after: Paint) -> Sheet {
    let bgr = |paint: Paint| -> Vec<u8> {
        let pixel = |at: usize| {
            let (x, y) = (at % SIDE, at / SIDE);
            let inside = (32..64).contains(&x) && (32..64).contains(&y);
            if inside { paint(x, y) } else { asphalt(x, y) }
        };
        (0..SIDE * SIDE).flat_map(pixel).collect()
    };
    let side = u32::try_from(SIDE).unwrap();
    Sheet {
        size: Size::new(side, side).unwrap(),
        scale: [1.0; 2],
        before: bgr(before),
        after: bgr(after),
        seen: vec![true; SIDE * SIDE],
    }
}

fn signs(sheet: &Sheet, vehicles: &[Bbox]) -> Signs {
    let value = |at: usize| {
        let inside = (32..64).contains(&(at % SIDE)) && (32..64).contains(&(at / SIDE));
        if inside { 1.0 } else { 0.0 }
    };
    let likely = Likely { size: sheet.size, values: (0..SIDE * SIDE).map(value).collect() };
    let (found, _) = regions(&likely, 0.5, 0.5, 1);
    Views::new(sheet).unwrap().signs(&found[0], vehicles)
}

/// Coarse grain that is the same on both days.
fn grain(x: usize, y: usize) -> u8 {
    let mixed = (x / 3 * 7919 + y / 3 * 104_729).wrapping_mul(2_654_435_761) >> 7;
    u8::try_from(mixed % 48).unwrap()
}

fn asphalt(x: usize, y: usize) -> [u8; 3] {
    [100 + grain(x, y); 3]
}

fn shaded(x: usize, y: usize) -> [u8; 3] {
    let light = f64::from(100 + grain(x, y));
    [0.62, 0.55, 0.5].map(|part| byte(part * light))
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a shade of a byte")]
fn byte(value: f64) -> u8 {
    value.round() as u8
}

/// Grain of another day.
fn roof(x: usize, y: usize) -> [u8; 3] {
    let seam = if x.is_multiple_of(8) { 40 } else { 0 };
    [210 - seam, 120 - seam, 60 + grain(y, x) / 12]
}

fn leaves(x: usize, y: usize) -> [u8; 3] {
    let light = grain(y + 5, x + 3);
    [40 + light / 2, 90 + light, 50 + light / 2]
}

fn soil(x: usize, y: usize) -> [u8; 3] {
    let light = grain(x + 50, y) / 3;
    [70 + light, 100 + light, 130 + light]
}

#[test]
fn each_sign_tells_one_thing() {
    for (name, before, after, expected) in [
        ("a new roof", asphalt as Paint, roof as Paint, None),
        ("a roof taken away", roof, asphalt, None),
        ("a shadow", asphalt, shaded, Some(Reason::Shadow)),
        ("a shadow that went", shaded, asphalt, Some(Reason::Shadow)),
        ("harvest", leaves, soil, Some(Reason::Season)),
        ("growth", soil, leaves, Some(Reason::Season)),
        ("a roof where plants were", leaves, roof, None),
    ] {
        let found = signs(&sheet(before, after), &[]);
        assert_eq!(found.reason(false), expected, "{name}: {found:?}");
        assert_eq!(found.reason(true), Some(Reason::TooSmall), "{name}");
    }
}

#[test]
fn a_vehicle_covers_what_changed() {
    let sheet = sheet(asphalt, roof);
    for (x1, x2, expected) in
        [(33.0, 63.0, Some(Reason::Vehicle)), (32.0, 44.0, None), (70.0, 90.0, None)]
    {
        let found = signs(&sheet, &[Bbox { x1, y1: 31.0, x2, y2: 65.0 }]);
        assert_eq!(found.reason(false), expected, "{found:?}");
    }
}

#[test]
fn what_lies_at_the_edge_of_the_common_area_is_named() {
    let mut sheet = sheet(asphalt, roof);
    assert!(signs(&sheet, &[]).edge < 1e-9);
    for at in 0..SIDE * SIDE {
        let (x, y) = (at % SIDE, at / SIDE);
        sheet.seen[at] = x < 65 && y < 65;
    }
    let found = signs(&sheet, &[]);
    assert!((found.edge - 0.5).abs() < 0.1, "{found:?}");
    assert_eq!(found.reason(false), Some(Reason::Edge));
}
