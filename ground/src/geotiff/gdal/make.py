"""Ground models as GDAL writes them, over one surface, and what GDAL itself reads from them.

Run with rasterio (1.4.4, GDAL 3.10) in this folder: python3 make.py
"""

import json
import math
from pathlib import Path

import numpy as np
import rasterio
from rasterio.crs import CRS
from rasterio.shutil import copy
from rasterio.transform import Affine
from rasterio.warp import transform

HERE = Path(__file__).parent
WIDE, HIGH = 21, 17
COLUMN, ROW = np.meshgrid(np.arange(WIDE), np.arange(HIGH))
SURFACE = 100 + 20 * np.sin(COLUMN / 3) + ROW * 0.7
# West, north and the side of a cell, by EPSG code.
PLACES = {
    4326: (120.08, 30.90, 1e-4),
    4490: (120.08, 30.90, 1e-4),
    4528: (40508000, 3419500, 10),
    4549: (508000, 3419500, 10),
    32651: (221500, 3421600, 10),
    3857: (13367000, 3610000, 10),
}
HOLE = (slice(4, 6), slice(8, 11))


def write(name, epsg=4490, dtype="float32", nodata=-9999, turned=0, point=False, crs=None, after=None, hole=HOLE, **options):
    west, north, side = PLACES[epsg]
    heights = (np.round(SURFACE) if np.dtype(dtype).kind in "iu" else SURFACE).astype(dtype)
    if nodata is not None:
        heights[hole] = nodata
    place = Affine(side, 0, west, 0, -side, north) * Affine.rotation(turned)
    shape = {"width": WIDE, "height": HIGH, "count": 1, "dtype": dtype, "nodata": nodata}
    options = {"crs": crs or CRS.from_epsg(epsg), "transform": place, **options}
    with rasterio.open(HERE / f"{name}.tif", "w", driver="GTiff", **shape, **options) as file:
        if point:
            file.update_tags(AREA_OR_POINT="Point")
        file.write(heights, 1)
        if after:
            after(file)


def scaled(file):
    file.scales = (0.1,)


def masked(file):
    known = np.ones((HIGH, WIDE), bool)
    known[HOLE] = False
    file.write_mask(known)


def cog():
    write("source", epsg=4549)
    options = {"compress": "DEFLATE", "predictor": "YES", "blocksize": 128, "overview_count": 1}
    copy(HERE / "source.tif", HERE / "cog.tif", driver="COG", **options)
    (HERE / "source.tif").unlink()


tiles = {"tiled": True, "blockxsize": 16, "blockysize": 16}
write("int16_strips", dtype="int16", nodata=-32768, blockysize=5)
write("int16_lzw_predictor", dtype="int16", nodata=-32768, compress="lzw", predictor=2)
write("uint16_packbits", dtype="uint16", nodata=0, compress="packbits")
write("float32_deflate_predictor_tiles", compress="deflate", predictor=3, **tiles)
write("float64_lowest", dtype="float64", nodata=-3.4028234663852886e38, compress="deflate")
write("nodata_nan", nodata=math.nan, compress="deflate")
write("nodata_none", nodata=None, compress="deflate")
write("sparse", sparse_ok=True, compress="deflate", hole=(slice(0, 16), slice(16, 21)), **tiles)
write("big_endian_bigtiff", endianness="BIG", bigtiff="YES", compress="lzw", predictor=2)
write("point", point=True, compress="deflate")
write("turned", epsg=4549, turned=20, compress="deflate")
for epsg in [4326, 4528, 4549, 32651]:
    write(f"epsg_{epsg}", epsg=epsg, compress="deflate")
cog()
write("refused_zstd", compress="zstd")
write("refused_lerc", compress="lerc")
write("refused_epsg_3857", epsg=3857, compress="deflate")
own = "+proj=tmerc +lat_0=0 +lon_0=120.5 +k=1 +x_0=500000 +y_0=0 +ellps=GRS80 +units=m +no_defs"
write("refused_own_crs", epsg=4549, crs=CRS.from_proj4(own), compress="deflate")
write("refused_scaled", dtype="int16", nodata=-32768, compress="deflate", after=scaled)
write("refused_feet", compress="deflate", after=lambda file: file.set_band_unit(1, "ft"))
with rasterio.Env(GDAL_TIFF_INTERNAL_MASK=True):
    write("refused_mask", nodata=None, compress="deflate", after=masked)

truth = {}
chance = np.random.default_rng(1)
for path in sorted(HERE.glob("*.tif")):
    if path.stem.startswith("refused"):
        continue
    with rasterio.open(path) as file:
        heights = file.read(1, masked=True)
        points = []
        for column, row in chance.integers((0, 0), (WIDE, HIGH), (10, 2)):
            x, y = file.transform * (column + 0.5, row + 0.5)
            world = "EPSG:4326" if file.crs.to_epsg() > 32000 else "EPSG:4490"
            lon, lat = ([x], [y]) if file.crs.is_geographic else transform(file.crs, world, [x], [y])
            height = heights[row, column]
            known = height is not np.ma.masked and math.isfinite(height)
            points.append([round(lon[0], 9), round(lat[0], 9), round(float(height), 4) if known else None])
        truth[path.stem] = points
lines = ",\n".join(f'"{name}": {json.dumps(points)}' for name, points in truth.items())
(HERE / "truth.json").write_text("{\n" + lines + "\n}\n")
