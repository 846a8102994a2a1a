# SPDX-License-Identifier: Apache-2.0
"""The camera that the made-up aircraft carries, as its files describe it."""

import math
from dataclasses import dataclass
from datetime import timedelta, timezone

ZONE = timezone(timedelta(hours=8))  # Asia/Shanghai has no summer time
MODEL, SERIAL = "XJ-DEMO", "DEMO0001"


@dataclass(frozen=True)
class Lens:
    """Without distortion. `focal` is in pixels of a picture `width` wide, at magnification 1."""

    width: int
    height: int
    focal: float

    @property
    def on_film(self):
        """The 35 mm equivalent, by the diagonal of the sensor of 4:3 that a wide picture is cut from."""
        return self.focal * math.hypot(36, 24) / math.hypot(self.width, 0.75 * self.width)

    def zoom(self, focal):
        return focal / self.focal


LENS = Lens(640, 360, 320 / math.tan(math.radians(46) / 2))
