//! Reads a ground model from a `GeoTIFF`.
//!
//! One band of whole or floating numbers, metres, in a coordinate system named by its EPSG code, as
//! GDAL writes it. Anything else is refused with its reason (`caveats`: what changes the meaning of
//! cells, `keys`: where they lie). Bytes are hostile: sizes are bounded before memory is
//! taken, and nothing panics.

mod caveats;
pub(crate) mod keys;

use std::io::Cursor;

use tiff::decoder::{Decoder, DecodingResult, Limits};
use tiff::tags::Tag;
use tiff::{ColorType, TiffError};

use crate::HeightGrid;
use crate::grid::Affine;
use keys::Keys;

/// Why a file is no ground model.
#[derive(Debug, thiserror::Error)]
pub enum BadGeoTiff {
    #[error(
        "the ground model cannot be read as TIFF; if GDAL can, write it anew with gdal_translate -co COMPRESS=DEFLATE -ot Float32"
    )]
    Tiff(#[from] TiffError),
    #[error("the ground model has {width}x{height} cells, more than {} million: cut it to the site", HeightGrid::MAX_CELLS / 1_000_000)]
    TooLarge { width: u32, height: u32 },
    #[error(
        "the ground model is a picture of {0}, not one band of heights: take one with gdal_translate -b 1 -ot Float32"
    )]
    NotHeights(String),
    #[error(
        "the ground model is compressed by {0}, which is not read: write it anew with gdal_translate -co COMPRESS=DEFLATE"
    )]
    Compression(String),
    #[error(
        "the ground model's cells are scaled heights: write the heights themselves with gdal_translate -unscale -ot Float32"
    )]
    Scaled,
    #[error(
        "the ground model marks its holes by a mask: mark them by a value, with gdalwarp -dstnodata -9999"
    )]
    Mask,
    #[error(
        "the ground model describes a coordinate system of its own, without an EPSG code: reproject it with gdalwarp -t_srs EPSG:4490"
    )]
    OwnCrs,
    #[error("the ground model says not where it lies: no {0}; write it with gdal_translate -a_srs")]
    NoPlace(&'static str),
    #[error(
        "the ground model is in EPSG:{0}: reproject it to EPSG:4490, 4326, a CGCS2000 Gauss-Krüger zone or WGS-84 UTM"
    )]
    Crs(u16),
    #[error("the ground model counts heights in unit EPSG:{0}, not in metres (9001)")]
    Unit(u16),
    #[error("the ground model counts heights in `{0}`, not in metres")]
    UnitName(String),
    #[error("the ground model holds no heights, or its cells have no extent")]
    Empty,
}

/// GDAL's tag for the value that means nothing.
const GDAL_NODATA: u16 = 42_113;
/// What lies outside is no height of land, whatever the file calls it.
const LAND_M: std::ops::RangeInclusive<f64> = -500.0..=9000.0;

impl HeightGrid {
    /// 200 MB in memory; 7 km × 7 km at one metre.
    pub const MAX_CELLS: usize = 50_000_000;

    /// Reads a whole file.
    pub fn from_geotiff(bytes: &[u8]) -> Result<Self, BadGeoTiff> {
        let mut limits = Limits::default();
        limits.decoding_buffer_size = Self::MAX_CELLS * 8;
        let mut file = Decoder::new(Cursor::new(bytes))?.with_limits(limits);
        let (width, height) = file.dimensions()?;
        let sides = [width as usize, height as usize];
        let count = sides[0].checked_mul(sides[1]).filter(|n| (1..=Self::MAX_CELLS).contains(n));
        let count = count.ok_or(BadGeoTiff::TooLarge { width, height })?;
        match file.colortype()? {
            ColorType::Gray(_) => {}
            other => return Err(BadGeoTiff::NotHeights(format!("{other:?}"))),
        }
        caveats::check(&mut file)?;
        let keys = Keys::read(&mut file)?;
        let crs = keys.crs()?;
        let to_model = placing(&mut file, keys.cells_are_areas())?;
        let cells = cells(&mut file, sides, count)?;
        Self::new(sides, cells, crs, to_model).ok_or(BadGeoTiff::Empty)
    }
}

pub(crate) type File<'a> = Decoder<Cursor<&'a [u8]>>;

/// From the middle of a cell to the model's coordinates.
pub(crate) fn placing(file: &mut File<'_>, cells_are_areas: bool) -> Result<Affine, BadGeoTiff> {
    let mut numbers = |tag| -> Result<Option<Vec<f64>>, TiffError> {
        file.find_tag(tag)?.map(tiff::decoder::ifd::Value::into_f64_vec).transpose()
    };
    let matrix = numbers(Tag::ModelTransformationTag)?;
    let corner = if let Some(&[ax, ay, _, x, bx, by, _, y, ..]) = matrix.as_deref() {
        Affine { column: [ax, bx], row: [ay, by], origin: [x, y] }
    } else {
        let scale = numbers(Tag::ModelPixelScaleTag)?;
        let tie = numbers(Tag::ModelTiepointTag)?;
        let Some((&[wide, high, ..], &[column, row, _, x, y, ..])) =
            scale.as_deref().zip(tie.as_deref())
        else {
            return Err(BadGeoTiff::NoPlace("ModelPixelScale with ModelTiepoint"));
        };
        let origin = [x - column * wide, y + row * high];
        Affine { column: [wide, 0.0], row: [0.0, -high], origin }
    };
    let half = if cells_are_areas { 0.5 } else { 0.0 };
    let (x, y) = corner.apply(half, half);
    Ok(Affine { origin: [x, y], ..corner })
}

/// Strip by strip or tile by tile, so that only one is held beside the result.
fn cells(
    file: &mut File<'_>,
    [width, height]: [usize; 2],
    count: usize,
) -> Result<Vec<f32>, BadGeoTiff> {
    let nothing = nodata(file);
    let mut cells = vec![f32::NAN; count];
    let (chunk_width, chunk_height) = file.chunk_dimensions();
    let (chunk_width, chunk_height) = (chunk_width.max(1) as usize, chunk_height.max(1) as usize);
    let across = width.div_ceil(chunk_width);
    let chunks = across * height.div_ceil(chunk_height);
    let written = written(file)?;
    for index in 0..chunks {
        // GDAL leaves out pieces that hold nothing (`SPARSE_OK`).
        if written.get(index) == Some(&0) {
            continue;
        }
        let Ok(chunk) = u32::try_from(index) else { return Err(BadGeoTiff::Empty) };
        let heights = numbers(file.read_chunk(chunk)?)?;
        let row_length = (file.chunk_data_dimensions(chunk).0 as usize).max(1);
        let (left, top) = (index % across * chunk_width, index / across * chunk_height);
        for (row, line) in heights.chunks_exact(row_length).enumerate().take(height - top) {
            let start = (top + row) * width + left;
            let target = cells.get_mut(start..(start + row_length).min(count)).unwrap_or_default();
            for (cell, &height) in target.iter_mut().zip(line) {
                *cell = land(height, nothing);
            }
        }
    }
    Ok(cells)
}

/// How many bytes each strip or tile takes.
fn written(file: &mut File<'_>) -> Result<Vec<u64>, TiffError> {
    let tiles = file.find_tag_unsigned_vec(Tag::TileByteCounts)?;
    let strips = || file.find_tag_unsigned_vec(Tag::StripByteCounts);
    Ok(tiles.map_or_else(strips, |tiles| Ok(Some(tiles)))?.unwrap_or_default())
}

#[expect(clippy::cast_possible_truncation, reason = "a height to 0.5 mm is enough")]
fn land(height: f64, nothing: Option<f64>) -> f32 {
    let known = LAND_M.contains(&height) && nothing.is_none_or(|none| (height - none).abs() > 1e-6);
    if known { height as f32 } else { f32::NAN }
}

fn nodata(file: &mut File<'_>) -> Option<f64> {
    let text = file.get_tag_ascii_string(Tag::Unknown(GDAL_NODATA)).ok()?;
    let value: f64 = text.trim_matches(|c: char| c == '\0' || c.is_whitespace()).parse().ok()?;
    // `nan` needs no saying, and is near no height.
    value.is_finite().then_some(value)
}

fn numbers(chunk: DecodingResult) -> Result<Vec<f64>, BadGeoTiff> {
    fn wide<T: Into<f64>>(values: Vec<T>) -> Vec<f64> {
        values.into_iter().map(Into::into).collect()
    }
    Ok(match chunk {
        DecodingResult::U8(values) => wide(values),
        DecodingResult::U16(values) => wide(values),
        DecodingResult::U32(values) => wide(values),
        DecodingResult::I8(values) => wide(values),
        DecodingResult::I16(values) => wide(values),
        DecodingResult::I32(values) => wide(values),
        DecodingResult::F32(values) => wide(values),
        DecodingResult::F64(values) => values,
        _ => {
            return Err(BadGeoTiff::NotHeights("64-bit whole or 16-bit floating cells".to_owned()));
        }
    })
}

#[cfg(test)]
mod tests {
    use domain::LonLat;
    use proptest::prelude::*;
    use tiff::encoder::colortype::{Gray16, Gray32Float, GrayI16, RGB8};
    use tiff::encoder::{TiffEncoder, TiffValue, colortype::ColorType};

    use super::*;

    const DEGREES: [u16; 16] = [1, 1, 0, 3, 1024, 0, 1, 2, 1025, 0, 1, 1, 2048, 0, 1, 4490];

    /// 4 × 3 cells of 0.001° in two strips, with the corner at 120°E 30°N.
    fn written<C: ColorType>(cells: &[C::Inner], keys: &[u16], nodata: Option<&str>) -> Vec<u8>
    where
        [C::Inner]: TiffValue,
    {
        let mut bytes = Cursor::new(Vec::new());
        let mut encoder = TiffEncoder::new(&mut bytes).unwrap();
        let mut image = encoder.new_image::<C>(4, 3).unwrap();
        let tags = image.encoder();
        tags.write_tag(Tag::GeoKeyDirectoryTag, keys).unwrap();
        tags.write_tag(Tag::ModelPixelScaleTag, &[0.001, 0.001, 0.0][..]).unwrap();
        tags.write_tag(Tag::ModelTiepointTag, &[0.0, 0.0, 0.0, 120.0, 30.0, 0.0][..]).unwrap();
        if let Some(nodata) = nodata {
            tags.write_tag(Tag::Unknown(GDAL_NODATA), nodata).unwrap();
        }
        image.rows_per_strip(2).unwrap();
        image.write_data(cells).unwrap();
        bytes.into_inner()
    }

    fn heights() -> [f32; 12] {
        [0.0, 1.0, 2.0, 3.0, 10.0, 11.0, 12.0, 13.0, 20.0, 21.0, -9999.0, 23.0]
    }

    fn at(grid: &HeightGrid, lon: f64, lat: f64) -> Option<f64> {
        grid.height(LonLat::new(lon, lat).unwrap())
    }

    #[test]
    fn floating_and_whole_heights_say_the_same() {
        let float = written::<Gray32Float>(&heights(), &DEGREES, Some("-9999"));
        let whole = [0, 1, 2, 3, 10, 11, 12, 13, 20, 21, -9999, 23];
        let whole = written::<GrayI16>(&whole, &DEGREES, Some("-9999"));
        let unsigned = [0, 1, 2, 3, 10, 11, 12, 13, 20, 21, 0, 23];
        let unsigned = written::<Gray16>(&unsigned, &DEGREES, Some("0"));
        for bytes in [float, whole, unsigned] {
            let grid = HeightGrid::from_geotiff(&bytes).unwrap();
            assert!((at(&grid, 120.0015, 29.9985).unwrap() - 11.0).abs() < 1e-4);
            assert!((at(&grid, 120.001, 29.999).map_or(5.5, |h| h) - 5.5).abs() < 1e-4);
            assert_eq!(at(&grid, 120.0025, 29.9975), None, "the hole");
            assert_eq!(at(&grid, 120.0041, 29.9985), None, "outside");
        }
    }

    #[test]
    fn a_cell_may_be_a_point() {
        let mut keys = DEGREES;
        keys[11] = 2;
        let bytes = written::<Gray32Float>(&heights(), &keys, None);
        let grid = HeightGrid::from_geotiff(&bytes).unwrap();
        assert!((at(&grid, 120.001, 29.999).unwrap() - 11.0).abs() < 1e-4);
        assert!(grid.range_m()[0].abs() < 1e-6 && (grid.range_m()[1] - 23.0).abs() < 1e-6);
    }

    #[test]
    fn what_is_no_ground_model_says_why() {
        let error = |bytes: &[u8]| HeightGrid::from_geotiff(bytes).unwrap_err().to_string();
        let mut mercator = DEGREES;
        mercator[15] = 4555;
        assert_eq!(
            error(&written::<Gray32Float>(&heights(), &mercator, None)),
            "the ground model is in EPSG:4555: reproject it to EPSG:4490, 4326, a CGCS2000 Gauss-Krüger zone or WGS-84 UTM"
        );
        let feet = [1, 1, 0, 2, 1024, 0, 1, 2, 4099, 0, 1, 9002];
        assert_eq!(
            error(&written::<Gray32Float>(&heights(), &feet, None)),
            "the ground model counts heights in unit EPSG:9002, not in metres (9001)"
        );
        let picture = written::<RGB8>(&[0; 36], &DEGREES, None);
        assert_eq!(
            error(&picture),
            "the ground model is a picture of RGB(8), not one band of heights: take one with gdal_translate -b 1 -ot Float32"
        );
        assert!(error(b"II*\0").starts_with("the ground model cannot be read as TIFF; if GDAL"));
        let sea = written::<Gray32Float>(&[-9999.0; 12], &DEGREES, None);
        assert!(matches!(HeightGrid::from_geotiff(&sea), Err(BadGeoTiff::Empty)));
    }

    const GDAL: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/src/geotiff/gdal");

    /// Longitude, latitude, height at the middles of cells.
    type Points = Vec<(f64, f64, Option<f64>)>;

    /// Written by GDAL, see `make.py` there, and what GDAL reads from them.
    #[test]
    fn files_of_gdal_hold_what_gdal_reads() {
        let truth = std::fs::read_to_string(format!("{GDAL}/truth.json")).unwrap();
        let truth: std::collections::BTreeMap<String, Points> =
            serde_json::from_str(&truth).unwrap();
        for (name, points) in truth {
            let bytes = std::fs::read(format!("{GDAL}/{name}.tif")).unwrap();
            let grid = HeightGrid::from_geotiff(&bytes).unwrap_or_else(|e| panic!("{name}: {e:?}"));
            for (lon, lat, expected) in points {
                let found = at(&grid, lon, lat);
                let same = match (found, expected) {
                    (Some(found), Some(expected)) => (found - expected).abs() < 0.01,
                    (found, None) => found.is_none(),
                    (None, Some(_)) => false,
                };
                assert!(same, "{name} at {lon} {lat}: {found:?}, not {expected:?}");
            }
        }
    }

    #[test]
    fn what_gdal_writes_and_cannot_be_used_names_the_way_out() {
        for (name, said) in [
            ("zstd", "is compressed by ZSTD"),
            ("lerc", "is compressed by LERC"),
            ("epsg_3857", "is in EPSG:3857"),
            ("own_crs", "a coordinate system of its own"),
            ("scaled", "-unscale"),
            ("feet", "heights in `ft`"),
            ("mask", "its holes by a mask"),
        ] {
            let bytes = std::fs::read(format!("{GDAL}/refused_{name}.tif")).unwrap();
            let error = HeightGrid::from_geotiff(&bytes).unwrap_err().to_string();
            assert!(error.contains(said), "{name}: {error}");
        }
    }

    proptest! {
        #[test]
        fn broken_files_are_refused_or_read(
            cut in 0usize..20,
            edits in prop::collection::vec((0usize..600, any::<u8>()), 1..6),
        ) {
            let mut bytes = written::<Gray32Float>(&heights(), &DEGREES, Some("-9999"));
            for (at, byte) in edits {
                if let Some(target) = bytes.get_mut(at) {
                    *target = byte;
                }
            }
            bytes.truncate(bytes.len() - cut / 2);
            if let Ok(grid) = HeightGrid::from_geotiff(&bytes) {
                let [low, high] = grid.range_m();
                prop_assert!(low <= high && grid.cell_m() > 0.0);
            }
        }
    }
}
