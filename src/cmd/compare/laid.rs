//! How the two pictures lie over each other, and how far poses alone would have been off.

use anyhow::Context as _;
use detector::Warp;
use detector::change::{Basis, Registration, Unregistered, register};

use super::epoch::{Epoch, Seat};
use crate::cli;

/// How far apart two pictures may lie of which no points were compared, 1 σ in pixels: pixel on pixel, and by
/// coordinates.
const GIVEN_APART_PX: f64 = 1.0;
const POSED_APART_PX: f64 = 3.0;

/// Lays the earlier picture over the later one.
pub(super) fn lay(
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
            Err(
                Unregistered::Strangers { .. }
                | Unregistered::Unlike { .. }
                | Unregistered::Featureless { .. },
            ),
            Some(warp),
            Seat::Mapped(_),
        ) => {
            let [from, to] = sizes;
            Ok(Registration::by(warp, Basis::Pose, from, to)?)
        }
        (Err(error), _, _) => Err(error).context("the pictures cannot be compared"),
    }
}

/// How far the two pictures lie apart, 1 σ in pixels of the later one.
pub(super) fn apart_px(registration: &Registration) -> f64 {
    match (registration.residual, registration.basis) {
        (Some(residual), _) => residual.median_px,
        (None, Basis::Given) => GIVEN_APART_PX,
        (None, _) => POSED_APART_PX,
    }
}

/// How far poses or coordinates alone would have put the pictures apart, in the middle of the common area.
pub(super) fn off(guess: &Warp, warp: &Warp, before: domain::Size) -> Option<f64> {
    let grid =
        (1..16).flat_map(|y| (1..16).map(move |x| [f64::from(x) / 16.0, f64::from(y) / 16.0]));
    let pixels = grid.map(|[x, y]| [x * f64::from(before.width), y * f64::from(before.height)]);
    let apart = pixels.filter_map(|pixel| {
        let ([a, b], [c, d]) = (guess.point(pixel)?, warp.point(pixel)?);
        Some((a - c).hypot(b - d))
    });
    crate::cmd::eval::quantile(&mut apart.collect::<Vec<f64>>(), 0.5)
}
