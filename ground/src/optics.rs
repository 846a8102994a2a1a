//! From a pixel to the ray behind it and back, through the lens alone.

use domain::Lens;
use nalgebra::{Matrix2, Vector2};

/// A lens with the part of its field of view in which the distortion model can be inverted.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Optics {
    lens: Lens,
    /// Where the radial distortion stops growing, squared distance from the axis of the ideal lens.
    edge: f64,
}

/// An ideal lens' coordinates of a pixel: right and down for each unit forward.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Ideal {
    pub(crate) at: Vector2<f64>,
    /// How `at` moves per pixel: columns ∂/∂u and ∂/∂v.
    pub(crate) slope: Matrix2<f64>,
}

impl Optics {
    /// `None` for a lens or a zoom that is none.
    pub(crate) fn new(lens: &Lens, zoom: f64) -> Option<Self> {
        let lens = lens.zoomed(zoom);
        let numbers = [lens.cx, lens.cy, lens.k1, lens.k2, lens.k3, lens.p1, lens.p2];
        let good = [lens.fx, lens.fy].iter().all(|f| f.is_finite() && *f > 0.0)
            && numbers.iter().all(|n| n.is_finite());
        good.then(|| Self { lens, edge: edge(&lens) })
    }

    /// Focal length, pixels.
    pub(crate) fn focal_px(&self) -> f64 {
        (self.lens.fx * self.lens.fy).sqrt()
    }

    /// Takes the distortion out of a pixel by Newton's method. `None` outside the lens' model.
    pub(crate) fn ideal(&self, [u, v]: [f64; 2]) -> Option<Ideal> {
        let scale = Vector2::new(self.lens.fx, self.lens.fy);
        let seen = Vector2::new(u - self.lens.cx, v - self.lens.cy).component_div(&scale);
        let mut at = seen;
        for _ in 0..20 {
            let (image, slope) = self.distort(at);
            let inverse = slope.try_inverse()?;
            let step = inverse * (image - seen);
            at -= step;
            if step.norm() < 1e-13 {
                break;
            }
        }
        let (image, slope) = self.distort(at);
        let solved = (image - seen).norm() < 1e-9 && at.norm_squared() < self.edge;
        let per_pixel = Matrix2::from_diagonal(&scale.map(f64::recip));
        solved.then_some(Ideal { at, slope: slope.try_inverse()? * per_pixel })
    }

    /// The pixel that shows the ideal lens' `at`. `None` outside the lens' model.
    pub(crate) fn pixel(&self, at: Vector2<f64>) -> Option<[f64; 2]> {
        let (image, _) = self.distort(at);
        (at.norm_squared() < self.edge)
            .then(|| [image.x * self.lens.fx + self.lens.cx, image.y * self.lens.fy + self.lens.cy])
    }

    /// Brown-Conrady as [`Lens`] writes it, and its slope.
    fn distort(&self, at: Vector2<f64>) -> (Vector2<f64>, Matrix2<f64>) {
        let Lens { k1, k2, k3, p1, p2, .. } = self.lens;
        let (x, y, r) = (at.x, at.y, at.norm_squared());
        let radial = 1.0 + r * (k1 + r * (k2 + r * k3));
        let growth = 2.0 * (k1 + r * (2.0 * k2 + r * 3.0 * k3));
        let image = Vector2::new(
            x * radial + 2.0 * p1 * x * y + p2 * (r + 2.0 * x * x),
            y * radial + 2.0 * p2 * x * y + p1 * (r + 2.0 * y * y),
        );
        let cross = x * y * growth + 2.0 * p1 * x + 2.0 * p2 * y;
        let slope = Matrix2::new(
            radial + x * x * growth + 2.0 * p1 * y + 6.0 * p2 * x,
            cross,
            cross,
            radial + y * y * growth + 2.0 * p2 * x + 6.0 * p1 * y,
        );
        (image, slope)
    }
}

/// Beyond 3 (a half angle of 71°) no lens of this kind is made.
const WIDEST: f64 = 9.0;

fn edge(lens: &Lens) -> f64 {
    let grows = |r: f64| 1.0 + r * (3.0 * lens.k1 + r * (5.0 * lens.k2 + r * 7.0 * lens.k3)) > 0.0;
    (1..=900u32).map(|step| f64::from(step) * WIDEST / 900.0).find(|&r| !grows(r)).unwrap_or(WIDEST)
}

#[cfg(test)]
mod tests {
    use domain::Size;
    use proptest::prelude::*;

    use super::*;

    /// Mavic 3E, of the Apache-2.0 `DroneModels` list.
    fn m3e() -> Lens {
        Lens {
            k1: -0.111_398,
            k2: 0.012_243_9,
            k3: -0.026_938_8,
            p1: -0.000_204_996,
            p2: -0.000_119_487,
            ..Lens::pinhole(Size::new(5280, 3956).unwrap(), 3725.15, [2640.0, 1978.0])
        }
    }

    #[test]
    fn no_ray_beyond_the_edge_of_the_model() {
        let fisheye = Lens { k1: -0.4, ..m3e() };
        let optics = Optics::new(&fisheye, 1.0).unwrap();
        assert!(optics.ideal([2640.0, 1978.0]).is_some());
        assert_eq!(optics.ideal([2640.0 + 3000.0, 1978.0]), None);
        assert_eq!(optics.pixel(Vector2::new(1.0, 0.0)), None);
    }

    #[test]
    fn a_lens_without_focal_length_is_none() {
        assert_eq!(Optics::new(&m3e(), 0.0), None);
        assert_eq!(Optics::new(&m3e(), f64::NAN), None);
        assert_eq!(Optics::new(&Lens { k2: f64::INFINITY, ..m3e() }, 1.0), None);
    }

    proptest! {
        #[test]
        fn there_and_back(u in 0.0..5280.0, v in 0.0..3956.0, zoom in 1.0..8.0) {
            let optics = Optics::new(&m3e(), zoom).unwrap();
            let ideal = optics.ideal([u, v]).unwrap();
            let [back_u, back_v] = optics.pixel(ideal.at).unwrap();
            prop_assert!((back_u - u).abs() < 1e-6 && (back_v - v).abs() < 1e-6);
            let next = optics.ideal([u + 1.0, v]).unwrap().at - ideal.at;
            prop_assert!((next - ideal.slope.column(0)).norm() < 1e-6 / zoom);
        }
    }
}
