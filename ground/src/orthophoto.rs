//! Where the pixels of an orthophoto lie: a `GeoTIFF`'s own words, or a world file beside a picture.
//!
//! Nothing is read of the pixels. Bytes are hostile, as those of ground models are.

use std::io::Cursor;

use domain::{LonLat, Plane, Size};
use nalgebra::Vector2;
use tiff::decoder::{Decoder, Limits};

use crate::Homography;
use crate::crs::Crs;
use crate::geotiff::{self, BadGeoTiff, keys::Keys};
use crate::grid::Affine;

/// From pixels of a north-up or turned picture to places and back.
#[derive(Debug, Clone, PartialEq)]
pub struct Orthophoto {
    pub size: Size,
    crs: Crs,
    /// From the middle of a pixel to coordinates.
    to_model: Affine,
    to_pixel: Affine,
}

/// Why a picture's place is not known.
#[derive(Debug, thiserror::Error)]
pub enum BadOrthophoto {
    #[error("the orthophoto cannot be read as TIFF")]
    Tiff(#[source] BadGeoTiff),
    #[error(
        "the orthophoto says not where it lies: no {0}; write it with gdal_translate -a_srs, or give it a world file"
    )]
    NoPlace(&'static str),
    #[error(
        "the orthophoto is in a coordinate system that is not known here{}: reproject it with gdalwarp -t_srs EPSG:4490, or to a CGCS2000 Gauss-Krüger or WGS-84 UTM zone", epsg.map(|code| format!(", EPSG:{code}")).unwrap_or_default()
    )]
    Crs { epsg: Option<u16> },
    #[error("an orthophoto of {width}x{height} pixels: each side must be 1 to {}", Size::MAX_SIDE)]
    Size { width: u32, height: u32 },
    #[error("the orthophoto's pixels have no extent")]
    Empty,
    #[error("a world file holds six numbers, one a line: line {line} is none")]
    WorldFile { line: usize },
    #[error(
        "the world file does not say in which coordinate system it is: say so by its EPSG code"
    )]
    WhichCrs,
}

impl From<BadGeoTiff> for BadOrthophoto {
    fn from(error: BadGeoTiff) -> Self {
        match error {
            BadGeoTiff::NoPlace(what) => Self::NoPlace(what),
            BadGeoTiff::Crs(code) => Self::Crs { epsg: Some(code) },
            BadGeoTiff::OwnCrs | BadGeoTiff::Unit(_) => Self::Crs { epsg: None },
            other => Self::Tiff(other),
        }
    }
}

impl Orthophoto {
    /// Reads where a `GeoTIFF` lies, not what it shows.
    pub fn from_geotiff(bytes: &[u8]) -> Result<Self, BadOrthophoto> {
        let tiff = |error| BadOrthophoto::Tiff(BadGeoTiff::Tiff(error));
        let mut file =
            Decoder::new(Cursor::new(bytes)).map_err(tiff)?.with_limits(Limits::default());
        let (width, height) = file.dimensions().map_err(tiff)?;
        let size = Size::new(width, height).ok().ok_or(BadOrthophoto::Size { width, height })?;
        let keys = Keys::read(&mut file)?;
        let crs = keys.crs()?;
        let to_model = geotiff::placing(&mut file, keys.cells_are_areas())?;
        Self::new(size, crs, to_model)
    }

    /// A world file (`.jgw`, `.pgw`, `.tfw`) of a picture. Without `epsg` its numbers must be degrees.
    pub fn from_world_file(
        text: &str,
        size: Size,
        epsg: Option<u16>,
    ) -> Result<Self, BadOrthophoto> {
        let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
        let mut numbers = [0.0_f64; 6];
        for (index, number) in numbers.iter_mut().enumerate() {
            let said = lines.next().and_then(|line| line.parse().ok());
            let said = said.filter(|number: &f64| number.is_finite());
            *number = said.ok_or(BadOrthophoto::WorldFile { line: index + 1 })?;
        }
        let [right_x, right_y, down_x, down_y, x, y] = numbers;
        let crs = match epsg {
            Some(code) => Crs::epsg(code).ok_or(BadOrthophoto::Crs { epsg: Some(code) })?,
            // A pixel of a hundredth of a degree is a kilometre wide.
            None if x.abs() <= 180.0 && y.abs() <= 90.0 && right_x.hypot(right_y) < 0.01 => {
                Crs::Degrees
            }
            None => return Err(BadOrthophoto::WhichCrs),
        };
        Self::new(
            size,
            crs,
            Affine { column: [right_x, right_y], row: [down_x, down_y], origin: [x, y] },
        )
    }

    fn new(size: Size, crs: Crs, to_model: Affine) -> Result<Self, BadOrthophoto> {
        let to_pixel = to_model.inverse().ok_or(BadOrthophoto::Empty)?;
        let photo = Self { size, crs, to_model, to_pixel };
        let sound = photo.gsd_m().is_some_and(|gsd| (1e-4..1e4).contains(&gsd));
        if sound { Ok(photo) } else { Err(BadOrthophoto::Empty) }
    }

    /// `None` beyond the edge of the map. The picture's upper left corner is 0, 0.
    pub fn place(&self, [x, y]: [f64; 2]) -> Option<LonLat> {
        self.crs.inverse(self.to_model.apply(x - 0.5, y - 0.5))
    }

    /// Where in the picture a place is, which may be beyond its sides.
    pub fn pixel_of(&self, place: LonLat) -> [f64; 2] {
        let (east, north) = self.crs.forward(place);
        let (x, y) = self.to_pixel.apply(east, north);
        [x + 0.5, y + 0.5]
    }

    /// The side of a square as large as what a pixel in the middle shows.
    pub fn gsd_m(&self) -> Option<f64> {
        let middle = [self.size.width, self.size.height].map(|side| f64::from(side) / 2.0);
        let plane = Plane::at(self.place(middle)?);
        let step =
            |[dx, dy]: [f64; 2]| Some(plane.metres(self.place([middle[0] + dx, middle[1] + dy])?));
        let ([ax, ay], [bx, by]) = (step([1.0, 0.0])?, step([0.0, 1.0])?);
        Some((ax * by - ay * bx).abs().sqrt())
    }

    /// The map from pixels of this picture to those of another, row-major.
    pub fn onto(&self, other: &Self) -> Option<[[f64; 3]; 3]> {
        let [width, height] = [self.size.width, self.size.height].map(f64::from);
        let corners = [[0.0, 0.0], [width, 0.0], [width, height], [0.0, height]];
        let pair = |corner: [f64; 2]| {
            let there = other.pixel_of(self.place(corner)?);
            Some((Vector2::from(corner), Vector2::from(there)))
        };
        let pairs = corners.into_iter().map(pair).collect::<Option<Vec<_>>>()?;
        Some(Homography::fit(&pairs)?.rows())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use tiff::encoder::TiffEncoder;
    use tiff::encoder::colortype::RGB8;
    use tiff::tags::Tag;

    use super::*;

    const UTM_51: [u16; 12] = [1, 1, 0, 2, 1024, 0, 1, 1, 3072, 0, 1, 32651];

    /// 8 × 6 pixels of `side` metres with the corner at Huzhou's golden vector.
    fn written(side: f64, keys: &[u16]) -> Vec<u8> {
        let mut bytes = Cursor::new(Vec::new());
        let mut encoder = TiffEncoder::new(&mut bytes).unwrap();
        let mut image = encoder.new_image::<RGB8>(8, 6).unwrap();
        let tags = image.encoder();
        tags.write_tag(Tag::GeoKeyDirectoryTag, keys).unwrap();
        tags.write_tag(Tag::ModelPixelScaleTag, &[side, side, 0.0][..]).unwrap();
        let tie = [0.0, 0.0, 0.0, 221_524.849, 3_421_524.796, 0.0];
        tags.write_tag(Tag::ModelTiepointTag, &tie[..]).unwrap();
        image.write_data(&[0; 8 * 6 * 3]).unwrap();
        bytes.into_inner()
    }

    #[test]
    fn the_corner_is_where_it_is_said_to_be() {
        let photo = Orthophoto::from_geotiff(&written(0.1, &UTM_51)).unwrap();
        let corner = photo.place([0.0, 0.0]).unwrap();
        assert!((corner.lon() - 120.0868).abs() < 1e-8 && (corner.lat() - 30.8943).abs() < 1e-8);
        assert!((photo.gsd_m().unwrap() - 0.1).abs() < 1e-4, "{:?}", photo.gsd_m());
        // A world file counts from the middle of the first pixel.
        let world = "0.1\n0\n0\n-0.1\n221524.899\n3421524.746\n";
        let size = Size::new(8, 6).unwrap();
        let same = Orthophoto::from_world_file(world, size, Some(32651)).unwrap();
        assert!((same.place([0.0, 0.0]).unwrap().lon() - corner.lon()).abs() < 1e-8);
        let [x, y] = same.pixel_of(photo.place([8.0, 3.0]).unwrap());
        assert!((x - 8.0).abs() < 1e-3 && (y - 3.0).abs() < 1e-3, "{x} {y}");
    }

    #[test]
    fn one_picture_onto_another_of_half_its_scale() {
        let [fine, coarse] =
            [0.1, 0.2].map(|side| Orthophoto::from_geotiff(&written(side, &UTM_51)).unwrap());
        let h = fine.onto(&coarse).unwrap();
        let [x, y, w] = h.map(|row| row[0] * 6.0 + row[1] * 4.0 + row[2]);
        assert!((x / w - 3.0).abs() < 1e-3 && (y / w - 2.0).abs() < 1e-3);
    }

    #[test]
    fn what_lies_nowhere_says_why() {
        let error = |bytes: &[u8]| Orthophoto::from_geotiff(bytes).unwrap_err().to_string();
        assert_eq!(error(b"no TIFF"), "the orthophoto cannot be read as TIFF");
        let mut web = UTM_51;
        web[11] = 3857;
        assert!(error(&written(0.1, &web)).contains("EPSG:3857: reproject it"));
        assert!(error(&written(0.1, &UTM_51[..8])).contains("no EPSG code"));
        assert_eq!(error(&written(0.0, &UTM_51)), "the orthophoto's pixels have no extent");
        let size = Size::new(8, 6).unwrap();
        let world = |text: &str, epsg| {
            Orthophoto::from_world_file(text, size, epsg).unwrap_err().to_string()
        };
        assert_eq!(
            world("1\n0\nx", None),
            "a world file holds six numbers, one a line: line 3 is none"
        );
        assert!(world("0.1\n0\n0\n-0.1\n221524.8\n3421524.7", None).contains("EPSG"));
        assert!(world("1\n0\n0\n-1\n0\n0", Some(3857)).contains("EPSG:3857"));
        assert!(Orthophoto::from_world_file("1e-6\n0\n0\n-1e-6\n120\n30", size, None).is_ok());
    }

    proptest! {
        #[test]
        fn broken_files_are_refused_or_read(
            cut in 0usize..20,
            edits in prop::collection::vec((0usize..400, any::<u8>()), 1..6),
        ) {
            let mut bytes = written(0.1, &UTM_51);
            for (at, byte) in edits {
                if let Some(target) = bytes.get_mut(at) {
                    *target = byte;
                }
            }
            bytes.truncate(bytes.len() - cut);
            if let Ok(photo) = Orthophoto::from_geotiff(&bytes) {
                prop_assert!(photo.gsd_m().is_some_and(|gsd| gsd > 0.0));
            }
        }

        #[test]
        fn any_world_file_is_survived(text in "([-0-9.eE]{1,9}\n){0,7}") {
            let size = Size::new(8, 6).unwrap();
            for epsg in [None, Some(32651), Some(4490)] {
                if let Ok(photo) = Orthophoto::from_world_file(&text, size, epsg) {
                    prop_assert!(photo.gsd_m().is_some());
                }
            }
        }
    }
}
