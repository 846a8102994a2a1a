//! Where a raster lies, by its `GeoKeyDirectory`.

use tiff::tags::Tag;

use super::{BadGeoTiff, File};
use crate::crs::Crs;

const METRE: u16 = 9001;
/// Instead of an EPSG code: what follows describes it.
const USER_DEFINED: u16 = 32_767;

/// The short values of the directory.
pub(crate) struct Keys(Vec<[u16; 2]>);

impl Keys {
    const MODEL_TYPE: u16 = 1024;
    const RASTER_TYPE: u16 = 1025;
    const GEOGRAPHIC: u16 = 2048;
    const PROJECTED: u16 = 3072;
    const LINEAR_UNIT: u16 = 3076;
    const VERTICAL_UNIT: u16 = 4099;

    pub(crate) fn read(file: &mut File<'_>) -> Result<Self, BadGeoTiff> {
        let none = BadGeoTiff::NoPlace("GeoKeyDirectory");
        let directory = file.find_tag(Tag::GeoKeyDirectoryTag)?.ok_or(none)?.into_u16_vec()?;
        let entries = directory.get(4..).unwrap_or_default().chunks_exact(4);
        let short = |entry: &[u16]| match *entry {
            [key, 0, _, value] => Some([key, value]),
            _ => None,
        };
        Ok(Self(entries.filter_map(short).collect()))
    }

    /// Whether coordinates are those of corners of cells, not of their middles.
    pub(crate) fn cells_are_areas(&self) -> bool {
        self.get(Self::RASTER_TYPE) != Some(2)
    }

    pub(crate) fn crs(&self) -> Result<Crs, BadGeoTiff> {
        for unit in [Self::LINEAR_UNIT, Self::VERTICAL_UNIT].map(|key| self.get(key)) {
            if let Some(unit) = unit.filter(|&unit| unit != METRE) {
                return Err(BadGeoTiff::Unit(unit));
            }
        }
        let key = match self.get(Self::MODEL_TYPE) {
            Some(1) => Self::PROJECTED,
            Some(2) => Self::GEOGRAPHIC,
            _ => return Err(BadGeoTiff::NoPlace("projected or geographic model type")),
        };
        match self.get(key) {
            None => Err(BadGeoTiff::NoPlace("EPSG code")),
            Some(USER_DEFINED) => Err(BadGeoTiff::OwnCrs),
            Some(code) => Crs::epsg(code).ok_or(BadGeoTiff::Crs(code)),
        }
    }

    fn get(&self, key: u16) -> Option<u16> {
        self.0.iter().find(|entry| entry[0] == key).map(|entry| entry[1])
    }
}
