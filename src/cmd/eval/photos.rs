//! Labelled photos that carry their pose: are vehicles on the ground as large as vehicles are, and is
//! one that two photos show in one place?

use std::fmt::Write as _;
use std::path::Path;

use anyhow::Context as _;
use domain::{Bbox, Class, Covariance, GroundFix, Plane, Pose};
use ground::{Aerial, Extent};
use serde::Deserialize;

use crate::config::Loaded;
use crate::flights;

/// What is used of a COCO file.
#[derive(Debug, Deserialize)]
struct Coco {
    images: Vec<Image>,
    annotations: Vec<Label>,
    categories: Vec<Category>,
}

#[derive(Debug, Deserialize)]
struct Image {
    id: u64,
    file_name: String,
}

#[derive(Debug, Deserialize)]
struct Label {
    image_id: u64,
    category_id: u64,
    /// x, y, width, height, pixels.
    bbox: [f32; 4],
}

#[derive(Debug, Deserialize)]
struct Category {
    id: u64,
    name: String,
}

/// One labelled vehicle.
struct Placed {
    photo: usize,
    class: Class,
    fix: GroundFix,
    extent: Extent,
}

pub(super) fn eval(coco: &Path, config: Option<&Path>) -> anyhow::Result<String> {
    let loaded = crate::cmd::load(config)?;
    let labels: Coco = serde_json::from_slice(&super::read(coco)?)
        .with_context(|| format!("`{}` is no COCO file", coco.display()))?;
    let folder = coco.parent().unwrap_or(Path::new("."));
    let (mut placed, mut photos, mut boxes) = (Vec::new(), 0, 0);
    for image in &labels.images {
        let beside = [folder.join(&image.file_name), folder.join("images").join(&image.file_name)];
        let Some(path) = beside.iter().find(|path| path.is_file()) else { continue };
        let Some((camera, pose, size)) = camera(path, &loaded)? else { continue };
        photos += 1;
        for label in labels.annotations.iter().filter(|label| label.image_id == image.id) {
            let Some(class) = class(label.category_id, &labels.categories) else { continue };
            boxes += 1;
            let [x1, y1, width, height] = label.bbox;
            let seen = Bbox { x1, y1, x2: x1 + width, y2: y1 + height }.relative(size);
            let Ok(fix) = camera.locate(&pose, &seen, class) else { continue };
            let Some(extent) = camera.footprint_of(&pose, &seen, class) else { continue };
            placed.push(Placed { photo: photos, class, fix, extent });
        }
    }
    anyhow::ensure!(photos > 0, "no photo beside `{}` carries a pose", coco.display());
    let mut text =
        format!("photos with pose {photos}, vehicles {boxes}, placed {}\n", placed.len());
    sizes(&placed, &mut text).context("nothing was placed")?;
    pairs(&placed, &mut text).context("nothing was placed")?;
    Ok(text)
}

/// A photo's camera, where it was, and the size of its pictures.
fn camera(path: &Path, loaded: &Loaded) -> anyhow::Result<Option<(Aerial, Pose, domain::Size)>> {
    let found = flights::photographer(&super::read(path)?, &loaded.config.flight);
    Ok(found.map(|found| (found.camera, found.pose, found.size)))
}

fn class(id: u64, categories: &[Category]) -> Option<Class> {
    match categories.iter().find(|category| category.id == id)?.name.as_str() {
        "car" => Some(Class::Car),
        "van" | "minibus" => Some(Class::Van),
        "bus" => Some(Class::Bus),
        "truck" => Some(Class::Truck),
        _ => None,
    }
}

fn sizes(placed: &[Placed], text: &mut String) -> Option<()> {
    let cars = placed.iter().filter(|vehicle| vehicle.class == Class::Car);
    let extents: Vec<Extent> = cars.map(|car| car.extent).collect();
    for (name, of, [least, most]) in [
        ("length", (|e: &Extent| e.length_m) as fn(&Extent) -> f64, [3.5, 6.0]),
        ("width", |e: &Extent| e.width_m, [1.5, 2.5]),
    ] {
        let mut values: Vec<f64> = extents.iter().map(of).collect();
        let within = values.iter().filter(|value| (least..=most).contains(*value)).count();
        let [p10, p50, p90] = [0.1, 0.5, 0.9].map(|part| super::quantile(&mut values, part));
        writeln!(
            text,
            "{} cars, {name}: p10 {:.2} m, median {:.2} m, p90 {:.2} m; {within} from {least} to {most} m",
            values.len(),
            p10?,
            p50?,
            p90?
        )
        .ok()?;
    }
    Some(())
}

/// Farther apart than this they are certainly two, metres.
const REACH_M: f64 = 6.0;

/// Vehicles of two photos that are each other's nearest. Those that drove on in between are among them.
fn pairs(placed: &[Placed], text: &mut String) -> Option<()> {
    let nearest = |from: &Placed, photo: usize| {
        let others =
            placed.iter().filter(|other| other.photo == photo && other.class == from.class);
        others.map(|other| (offset(from, other), other)).min_by(|a, b| a.0.0.total_cmp(&b.0.0))
    };
    let (mut apart, mut held) = (Vec::new(), 0);
    for from in placed {
        for photo in (from.photo + 1)..=placed.iter().map(|p| p.photo).max()? {
            let Some(((distance, off), other)) = nearest(from, photo) else { continue };
            let back = nearest(other, from.photo).is_some_and(|(_, back)| std::ptr::eq(back, from));
            if back && distance <= REACH_M {
                apart.push(distance);
                held += usize::from(sum(from.fix.covariance, other.fix.covariance).holds95(off));
            }
        }
    }
    let count = apart.len();
    let median = super::quantile(&mut apart, 0.5);
    writeln!(
        text,
        "{count} pairs of vehicles in two photos within {REACH_M} m, median {:.2} m apart; {held} within their common 95 % ellipse",
        median.unwrap_or(f64::NAN)
    )
    .ok()
}

fn offset(from: &Placed, to: &Placed) -> (f64, [f64; 2]) {
    let off = Plane::at(from.fix.position).metres(to.fix.position);
    (off[0].hypot(off[1]), off)
}

fn sum(a: Covariance, b: Covariance) -> Covariance {
    Covariance {
        east_east: a.east_east + b.east_east,
        east_north: a.east_north + b.east_north,
        north_north: a.north_north + b.north_north,
    }
}
