# SPDX-License-Identifier: Apache-2.0
"""East/north metres around an origin to WGS-84. Good to centimetres within a few kilometres."""

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class Origin:
    """Where x = y = 0 lies; `height` is the ground's, in metres above the ellipsoid."""

    lon: float
    lat: float
    height: float = 5.0

    def lonlat(self, x, y):
        a, e2, lat = 6378137.0, 6.69437999014e-3, math.radians(self.lat)
        w = 1 - e2 * math.sin(lat) ** 2
        east, north = a / math.sqrt(w) * math.cos(lat), a * (1 - e2) / w**1.5
        return [round(self.lon + math.degrees(x / east), 9), round(self.lat + math.degrees(y / north), 9)]
