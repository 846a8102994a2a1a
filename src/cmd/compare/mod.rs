//! `xunjian compare`: what was built between two pictures of one place.
//!
//! Lays one over the other, lets the network look, keeps vehicles, shadows and seasons apart, and tells each change
//! with its area, its place and the doubt of both. A change is a lead, not a finding of illegality: that takes
//! permits, fences and a person.

mod epoch;
mod told;

use std::io::Write as _;
use std::path::Path;
use std::process::ExitCode;

use anyhow::Context as _;
use detector::change::{
    self, Basis, ChangeNet, Changes, Registration, Rules, Sheet, Tone, Unregistered, register,
};
use detector::{Config, Detect as _, Onnx, Tiled, Warp, picture};
use domain::{Bbox, Frame};
use ground::{Area, Raised, Traced};

use self::epoch::{Epoch, traced};
use self::told::{Tale, Told};
use crate::cli;
use crate::config::Loaded;

/// Nobody says how high it is: between the ground and a fourth floor.
const UNKNOWN_HEIGHT: Raised = Raised { m: 6.0, sigma_m: 6.0 };
/// A height that somebody says, 1 σ in metres.
const SAID_SIGMA_M: f64 = 1.0;
/// A scale that somebody says, 1 σ as a share.
const SAID_SCALE: f64 = 0.02;
/// Where no scale is known, changes smaller than a square of this side are suppressed, pixels of the network's.
const LEAST_SIDE_PX: f64 = 12.0;
/// How far apart two pictures may lie of which no points were compared, 1 σ in pixels: pixel on pixel, and by
/// coordinates.
const GIVEN_APART_PX: f64 = 1.0;
const POSED_APART_PX: f64 = 3.0;

pub(crate) fn run(args: &cli::Compare) -> anyhow::Result<ExitCode> {
    let mut loaded = super::load(args.config.as_deref())?;
    check(args)?;
    if let Some(threads) = args.threads {
        loaded.config.detector.threads = threads;
    }
    if let Some(dir) = &args.models_dir {
        loaded.config.models_dir = Some(dir.clone());
    }
    let before = Epoch::read(&args.before, "before", args, &loaded)?;
    let after = Epoch::read(&args.after, "after", args, &loaded)?;
    let guess = before.onto(&after).and_then(Warp::new);
    let registration = lay(&before, &after, guess, args)?;
    let gsd_cm = args.gsd.or_else(|| after.gsd_cm());
    let mut net =
        ChangeNet::open(&args.model, &loaded.config.detector, &loaded.config.models_dir())
            .context("cannot open the network that compares")?;
    let scale = gsd_cm.zip(net.gsd_cm()).map_or(1.0, |(has, likes)| has / likes);
    let sheet = Sheet::new(&before.frame, &after.frame, &registration.warp, scale, TONE)
        .context("cannot lay one picture over the other")?;
    let likely = net.look(&sheet).context("cannot compare the pictures")?;
    let vehicles =
        vehicles(args, &loaded, [&before.frame, &after.frame], gsd_cm, &registration.warp)?;
    let least_px = match m2_per_px(args, &after) {
        Some(m2) => args.least / m2,
        None => LEAST_SIDE_PX * LEAST_SIDE_PX / (sheet.scale[0] * sheet.scale[1]),
    };
    let rules = Rules { threshold: args.threshold.unwrap_or(net.threshold()), least_px };
    let found =
        change::changes(&sheet, &likely, &vehicles, &rules).context("cannot outline changes")?;
    let mut told = tell(args, &after, &registration, gsd_cm, &found, net.identity());
    told.contradicted = guess.is_some() && registration.basis == Basis::Features;
    told.guess_off_px = guess.and_then(|guess| off(&guess, &registration.warp, before.frame.size));
    if let Some(out) = &args.out {
        write(out, &told, &sheet, &found, &after.frame)?;
    }
    let text = if args.json { told.json()? } else { told.text() };
    std::io::stdout().write_all(text.as_bytes()).context("cannot print")?;
    Ok(ExitCode::SUCCESS)
}

/// Measured to help: docs/change.md.
const TONE: Tone = Tone::Matched;

fn check(args: &cli::Compare) -> anyhow::Result<()> {
    let said = |name: &str, value: Option<f64>, least: f64, most: f64| {
        let fits = value.is_none_or(|value| (least..=most).contains(&value));
        anyhow::ensure!(
            fits,
            "`--{name}` must be from {least} to {most}, got {}",
            value.unwrap_or(f64::NAN)
        );
        Ok(())
    };
    said("gsd", args.gsd, 0.1, 1000.0)?;
    said("above", args.above, -100.0, 1000.0)?;
    said("least", Some(args.least), 0.0, 1e6)?;
    said("threshold", args.threshold.map(f64::from), 0.01, 0.99)
}

/// Lays the earlier picture over the later one.
fn lay(
    before: &Epoch,
    after: &Epoch,
    guess: Option<Warp>,
    args: &cli::Compare,
) -> anyhow::Result<Registration> {
    let sizes = [before.frame.size, after.frame.size];
    if args.registered {
        let [from, to] = sizes;
        anyhow::ensure!(
            from == to,
            "the pictures are {}x{} and {}x{}: they do not lie pixel on pixel, leave out --registered",
            from.width,
            from.height,
            to.width,
            to.height
        );
        return Ok(Registration::by(Warp::IDENTITY, Basis::Given, from, to)?);
    }
    match (register(&before.frame, &after.frame, guess), guess, &after.seat) {
        (Ok(registration), _, _) => Ok(registration),
        // Coordinates of an orthophoto are good to some pixels; a pose is not.
        (
            Err(Unregistered::Strangers { .. } | Unregistered::Featureless { .. }),
            Some(warp),
            epoch::Seat::Mapped(_),
        ) => {
            let [from, to] = sizes;
            Ok(Registration::by(warp, Basis::Pose, from, to)?)
        }
        (Err(error), _, _) => Err(error).context("the pictures cannot be compared"),
    }
}

/// How far poses or coordinates alone would have put the pictures apart, in the middle of the common area.
fn off(guess: &Warp, warp: &Warp, before: domain::Size) -> Option<f64> {
    let grid =
        (1..16).flat_map(|y| (1..16).map(move |x| [f64::from(x) / 16.0, f64::from(y) / 16.0]));
    let pixels = grid.map(|[x, y]| [x * f64::from(before.width), y * f64::from(before.height)]);
    let apart = pixels.filter_map(|pixel| {
        let ([a, b], [c, d]) = (guess.point(pixel)?, warp.point(pixel)?);
        Some((a - c).hypot(b - d))
    });
    super::eval::quantile(&mut apart.collect::<Vec<f64>>(), 0.5)
}

/// What a pixel in the middle of the later picture shows at the height that is taken for roofs.
fn m2_per_px(args: &cli::Compare, after: &Epoch) -> Option<f64> {
    if let Some(gsd_cm) = args.gsd {
        return Some((gsd_cm / 100.0).powi(2));
    }
    let [x, y] =
        [after.frame.size.width, after.frame.size.height].map(|side| f64::from(side) / 2.0);
    let rings = [vec![[x, y], [x + 10.0, y], [x + 10.0, y + 10.0], [x, y + 10.0]]];
    let square =
        Traced { rings: &rings, area_px: 100.0, perimeter_px: 40.0, edge_px: 0.0, apart_px: 0.0 };
    Some(after.patch(&square, raised(args))?.area.m2 / 100.0)
}

fn raised(args: &cli::Compare) -> Raised {
    args.above.map_or(UNKNOWN_HEIGHT, |m| Raised { m, sigma_m: SAID_SIGMA_M })
}

/// Boxes of vehicles in both pictures, in pixels of the later one.
fn vehicles(
    args: &cli::Compare,
    loaded: &Loaded,
    frames: [&Frame; 2],
    gsd_cm: Option<f64>,
    warp: &Warp,
) -> anyhow::Result<Vec<Bbox>> {
    if args.vehicles == "none" {
        return Ok(Vec::new());
    }
    let usual = &loaded.config.detector;
    let tiles = usual.tiles.always();
    let config = Config { model: args.vehicles.clone(), tiles, ..usual.clone() };
    let onnx = Onnx::open(&config, &loaded.config.models_dir())
        .context("cannot open the detector of vehicles; `--vehicles none` does without")?;
    let mut detector = Tiled::of_config(onnx, &config);
    let mut boxes = Vec::new();
    for (frame, onto) in frames.into_iter().zip([Some(warp), None]) {
        let found = detector.detect_at(frame, gsd_cm).context("cannot look for vehicles")?;
        let found = found.into_iter().filter(|one| one.class.is_motor_vehicle());
        boxes.extend(found.filter_map(|one| match onto {
            Some(warp) => warp.bbox(one.bbox),
            None => Some(one.bbox),
        }));
    }
    Ok(boxes)
}

fn tell(
    args: &cli::Compare,
    after: &Epoch,
    registration: &Registration,
    gsd_cm: Option<f64>,
    found: &Changes,
    (model, sha256): (&str, &str),
) -> Told {
    let apart_px = match (registration.residual, registration.basis) {
        (Some(residual), _) => residual.median_px,
        (None, Basis::Given) => GIVEN_APART_PX,
        (None, _) => POSED_APART_PX,
    };
    let tales = (1..).zip(&found.changes).map(|(number, change)| {
        let traced = traced(change, apart_px);
        let patch = after.patch(&traced, raised(args));
        let said = args.gsd.map(|gsd| Area::of(&traced, gsd / 100.0, SAID_SCALE));
        let area = said.or(patch.as_ref().map(|patch| patch.area));
        Tale { number, change: change.clone(), area, patch }
    });
    Told {
        before: epoch::name(&args.before),
        after: epoch::name(&args.after),
        model: model.to_owned(),
        sha256: sha256.to_owned(),
        registration: *registration,
        apart_px,
        guess_off_px: None,
        contradicted: false,
        gsd_cm,
        changes: tales.collect(),
        specks: found.specks,
    }
}

fn write(
    out: &Path,
    told: &Told,
    sheet: &Sheet,
    found: &Changes,
    like: &Frame,
) -> anyhow::Result<()> {
    std::fs::create_dir_all(out)
        .with_context(|| format!("cannot make the folder `{}`", out.display()))?;
    let save = |name: &str, bytes: &[u8]| {
        let path = out.join(name);
        std::fs::write(&path, bytes).with_context(|| format!("cannot write `{}`", path.display()))
    };
    save("changes.json", told.json()?.as_bytes())?;
    if let Some(geojson) = told.geojson()? {
        save("changes.geojson", geojson.as_bytes())?;
    }
    let both =
        change::side_by_side(sheet, &found.changes, like).context("cannot draw both pictures")?;
    save("compare.jpg", &picture::encode_jpeg(&both, 90)?)
}
