# SPDX-License-Identifier: Apache-2.0
"""A pinhole with DJI angles: yaw clockwise from north, pitch 0 at the horizon and -90 straight down.

The formula a user of the data needs. It knows nothing of Blender; `studio` makes Blender's camera follow it.
"""

import math
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Pinhole:
    width: int
    height: int
    x: float = 0.0
    y: float = 0.0
    z: float = 0.0
    yaw: float = 0.0
    pitch: float = 0.0
    hfov: float = 60.0

    def looking(self, eye, target, hfov):
        """The same sensor at `eye`, aimed at `target`."""
        dx, dy, dz = (b - a for a, b in zip(eye, target))
        yaw, pitch = math.atan2(dx, dy), math.atan2(dz, math.hypot(dx, dy))
        return Pinhole(self.width, self.height, *eye, math.degrees(yaw) % 360, math.degrees(pitch), hfov)

    @property
    def focal(self):
        return self.width / 2 / math.tan(math.radians(self.hfov) / 2)

    def _axes(self):
        a, p = math.radians(self.yaw), math.radians(self.pitch)
        right = np.array([math.cos(a), -math.sin(a), 0])
        ahead = np.array([math.sin(a) * math.cos(p), math.cos(a) * math.cos(p), math.sin(p)])
        return right, np.cross(ahead, right), ahead

    def project(self, points):
        """World points (n, 3) to pixels (n, 2) and depth (n,). Pixel (0, 0) is the outer corner of the first pixel."""
        right, down, ahead = self._axes()
        d = np.asarray(points, float) - (self.x, self.y, self.z)
        depth = d @ ahead
        with np.errstate(divide="ignore", invalid="ignore"):
            u = self.width / 2 + self.focal * (d @ right) / depth
            v = self.height / 2 + self.focal * (d @ down) / depth
        return np.stack([u, v], 1), depth

    def ground(self, u, v):
        """The world x, y that a pixel shows on the plane z = 0, or None above the horizon."""
        right, down, ahead = self._axes()
        ray = ahead + right * (u - self.width / 2) / self.focal + down * (v - self.height / 2) / self.focal
        if ray[2] >= -1e-6:
            return None
        k = -self.z / ray[2]
        return self.x + k * ray[0], self.y + k * ray[1]

    def pose(self, origin):
        lon, lat = origin.lonlat(self.x, self.y)
        return {
            "longitude": lon,
            "latitude": lat,
            "rel_alt": round(self.z, 3),
            "abs_alt": round(self.z + origin.height, 3),
            "gimbal_yaw": round((self.yaw + 180) % 360 - 180, 3),
            "gimbal_pitch": round(self.pitch, 3),
            "gimbal_roll": 0.0,
            "hfov": round(self.hfov, 4),
            "focal_px": round(self.focal, 4),
        }
