//! A single photo that carries its pose: the camera that took it, over level ground.

use domain::{Pose, Size};
use flight::{Telemetry, Timeline, Warnings};
use ground::{Aerial, Relief};

use super::FlightConfig;

/// Who took a photo, and from where.
#[derive(Debug, Clone)]
pub(crate) struct Photographer {
    pub camera: Aerial,
    pub pose: Pose,
    pub size: Size,
}

/// `None` for what is no photo, and where position, angles or lens are missing. Local times
/// are of `flight.time_zone`.
pub(crate) fn photographer(bytes: &[u8], config: &FlightConfig) -> Option<Photographer> {
    let photo = flight::photo::read(bytes).ok()?;
    let lens = photo.lens.filter(|_| photo.sample.camera.is_some())?;
    let telemetry = Telemetry {
        samples: vec![photo.sample],
        dialect: String::new(),
        aircraft: String::new(),
        warnings: Warnings::default(),
    };
    let timeline = Timeline::new(telemetry, &config.zone().ok()?).ok()?;
    let pose = timeline.pose_at(timeline.first_at())?;
    let relief = Relief::Flat {
        above_takeoff_m: config.ground_above_takeoff_m,
        above_sea_m: config.ground_above_sea_m,
        undulation_m: None,
    };
    let budget = config.budget_of(&[&photo.model, &photo.serial]);
    Some(Photographer { camera: Aerial::new(lens, relief, budget), pose, size: photo.size })
}
