//! `xunjian compare`: what was built between two pictures of one place.
//!
//! Lays one over the other, lets the network look, keeps vehicles, shadows and seasons apart, and tells each change
//! with its area, its place and the doubt of both. A change is a lead, not a finding of illegality: that takes
//! permits, fences and a person. With `--raise` it is held against the first two, for the third.

mod epoch;
mod flights;
mod laid;
mod raise;
mod signs;
mod told;
mod verdict;

use std::io::Write as _;
use std::path::Path;
use std::process::ExitCode;

use anyhow::Context as _;
use detector::change::{self, Basis, ChangeNet, Changes, Registration, Rules, Sheet, Tone};
use detector::{Config, Onnx, Tiled, Warp, picture};
use domain::Frame;
use ground::{Area, Raised, Traced};
use serde_json::json;

use self::epoch::{Epoch, traced};
use self::flights::Waypoint;
pub(super) use self::raise::suppressed;
use self::raise::{Office, Pair};
use self::signs::Seen;
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
pub(crate) fn run(args: &cli::Compare) -> anyhow::Result<ExitCode> {
    let mut loaded = super::load(args.config.as_deref())?;
    check(args)?;
    if let Some(threads) = args.threads {
        loaded.config.detector.threads = threads;
    }
    if let Some(dir) = &args.models_dir {
        loaded.config.models_dir = Some(dir.clone());
    }
    let office = if args.raise { Some(Office::open(&loaded)?) } else { None };
    let mut desk = Desk { args, loaded, opened: None, office };
    let text = if args.before.is_dir() && args.after.is_dir() {
        desk.flights()?
    } else {
        let told = desk.compare(&args.before, &args.after, args.out.as_deref())?;
        if args.json { told.json()? } else { told.text() }
    };
    std::io::stdout().write_all(text.as_bytes()).context("cannot print")?;
    desk.office.map_or(Ok(()), Office::close)?;
    Ok(ExitCode::SUCCESS)
}

/// Where pictures are compared, one pair after the other.
struct Desk<'a> {
    args: &'a cli::Compare,
    loaded: Loaded,
    opened: Option<Opened>,
    /// Decides and records.
    office: Option<Office>,
}

/// What looks at pictures; opened once there is a pair to look at.
struct Opened {
    net: ChangeNet,
    /// Finds vehicles.
    detector: Option<Tiled>,
}

impl Desk<'_> {
    /// Compares photos of the same waypoints of two flights.
    fn flights(&mut self) -> anyhow::Result<String> {
        let (before, after) = (&self.args.before, &self.args.after);
        let waypoints = flights::waypoints(before, after, &self.loaded)?;
        anyhow::ensure!(
            !waypoints.found.is_empty(),
            "no photo in `{}` was taken where and how one in `{}` was: {} have no earlier one near, {} carry no pose",
            after.display(),
            before.display(),
            waypoints.alone.len(),
            waypoints.poseless
        );
        let (mut lines, mut all) = (Vec::new(), Vec::new());
        for Waypoint { before, after } in &waypoints.found {
            let [from, to] = [before, after].map(|path| epoch::name(path));
            let folder = after.file_stem().unwrap_or_default();
            let out = self.args.out.as_ref().map(|out| out.join(folder));
            let (words, value) = match self.compare(before, after, out.as_deref()) {
                Ok(told) => (told.text(), told.value()?),
                // One pair that cannot be compared is no reason to leave out the others.
                Err(error) => {
                    let why = format!("{error:#}");
                    let value = json!({ "before": &from, "after": &to, "refused": &why });
                    (format!("refused: {why}\n"), value)
                }
            };
            lines.push(format!("{from} and {to}\n{words}"));
            all.push(value);
        }
        if self.args.json {
            return Ok(serde_json::to_string_pretty(&all)? + "\n");
        }
        let alone: Vec<String> = waypoints.alone.iter().map(|path| epoch::name(path)).collect();
        let of = waypoints.found.len() + alone.len();
        lines.push(format!("{} of {of} later photos compared", waypoints.found.len()));
        if !alone.is_empty() {
            lines.push(format!("nobody near {}", alone.join(", ")));
        }
        lines.push(format!("{} photos without a pose\n", waypoints.poseless));
        Ok(lines.join("\n"))
    }

    fn compare(&mut self, before: &Path, after: &Path, out: Option<&Path>) -> anyhow::Result<Told> {
        let args = self.args;
        let names = [before, after].map(epoch::name);
        let before = Epoch::read(before, epoch::BEFORE, args, &self.loaded)?;
        let after = Epoch::read(after, epoch::AFTER, args, &self.loaded)?;
        let guess = before.onto(&after).and_then(Warp::new);
        let registration = laid::lay(&before, &after, guess, args)?;
        let gsd_cm = args.gsd.or_else(|| after.gsd_cm());
        let Opened { net, detector } = self.opened()?;
        let scale = gsd_cm.zip(net.gsd_cm()).map_or(1.0, |(has, likes)| has / likes);
        let sheet = Sheet::new(&before.frame, &after.frame, &registration.warp, scale, TONE)
            .context("cannot lay one picture over the other")?;
        let likely = net.look(&sheet).context("cannot compare the pictures")?;
        let seen = match detector {
            Some(detector) => Seen::of(detector, [&before.frame, &after.frame], gsd_cm)?,
            None => Seen::default(),
        };
        let vehicles = seen.vehicles(&registration.warp);
        let least_px = match m2_per_px(args, &after) {
            Some(m2) => args.least / m2,
            None => LEAST_SIDE_PX * LEAST_SIDE_PX / (sheet.scale[0] * sheet.scale[1]),
        };
        let rules = Rules { threshold: args.threshold.unwrap_or(net.threshold()), least_px };
        let found = change::changes(&sheet, &likely, &vehicles, &rules)
            .context("cannot outline changes")?;
        let mut told = tell(args, &after, &registration, &found);
        let (model, sha256) = net.identity();
        [told.before, told.after] = names;
        (told.model, told.sha256) = (model.to_owned(), sha256.to_owned());
        told.gsd_cm = gsd_cm;
        told.contradicted = guess.is_some() && registration.basis == Basis::Features;
        told.guess_off_px =
            guess.and_then(|guess| laid::off(&guess, &registration.warp, before.frame.size));
        if let Some(office) = &self.office {
            let signs = seen.signs(&after)?;
            let pair = Pair { before: &before, after: &after, told: &told, signs: &signs };
            told.held = Some(office.hold(&pair)?);
        }
        if let Some(out) = out {
            write(out, &told, &sheet, &found, &after.frame)?;
        }
        Ok(told)
    }

    fn opened(&mut self) -> anyhow::Result<&mut Opened> {
        let opened = match self.opened.take() {
            Some(opened) => opened,
            None => Opened::new(self.args, &self.loaded)?,
        };
        Ok(self.opened.insert(opened))
    }
}

impl Opened {
    fn new(args: &cli::Compare, loaded: &Loaded) -> anyhow::Result<Self> {
        let (usual, dir) = (&loaded.config.detector, loaded.config.models_dir());
        let net = ChangeNet::open(&args.model, usual, &dir)
            .context("cannot open the network that compares")?;
        if args.vehicles == "none" {
            return Ok(Self { net, detector: None });
        }
        let tiles = usual.tiles.always();
        let config = Config { model: args.vehicles.clone(), tiles, ..usual.clone() };
        let onnx = Onnx::open(&config, &dir)
            .context("cannot open the detector of vehicles; `--vehicles none` does without")?;
        Ok(Self { net, detector: Some(Tiled::of_config(onnx, &config)) })
    }
}

/// On real pairs it neither gains nor costs (docs/change.md), but shadows are judged by their light against the rest.
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

/// What a pixel in the middle of the later picture shows at the height that is taken for roofs.
fn m2_per_px(args: &cli::Compare, after: &Epoch) -> Option<f64> {
    if let Some(gsd_cm) = args.gsd {
        return Some((gsd_cm / 100.0).powi(2));
    }
    let [x, y] =
        [after.frame.size.width, after.frame.size.height].map(|side| f64::from(side) / 2.0);
    let rings = [vec![[x, y], [x + 10.0, y], [x + 10.0, y + 10.0], [x, y + 10.0]]];
    let square = Traced {
        rings: &rings,
        area_px: 100.0,
        perimeter_px: 40.0,
        edge_px: 0.0,
        apart_px: 0.0,
        drawn_share: 0.0,
    };
    Some(after.patch(&square, raised(args))?.area.m2 / 100.0)
}

fn raised(args: &cli::Compare) -> Raised {
    args.above.map_or(UNKNOWN_HEIGHT, |m| Raised { m, sigma_m: SAID_SIGMA_M })
}

/// The changes with what the ground makes of them.
fn tell(args: &cli::Compare, after: &Epoch, registration: &Registration, found: &Changes) -> Told {
    let apart_px = laid::apart_px(registration);
    let tales = (1..).zip(&found.changes).map(|(number, change)| {
        let traced = traced(change, apart_px);
        let patch = after.patch(&traced, raised(args));
        let said = args.gsd.map(|gsd| Area::of(&traced, gsd / 100.0, SAID_SCALE));
        let area = said.or(patch.as_ref().map(|patch| patch.area));
        Tale { number, change: change.clone(), area, patch }
    });
    Told {
        before: String::new(),
        after: String::new(),
        model: String::new(),
        sha256: String::new(),
        registration: *registration,
        apart_px,
        guess_off_px: None,
        contradicted: false,
        gsd_cm: None,
        changes: tales.collect(),
        specks: found.specks,
        held: None,
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
