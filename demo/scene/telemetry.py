# SPDX-License-Identifier: Apache-2.0
"""What an aircraft measures of its pose: the truth with errors, drawn from a seed.

The errors are those of an aircraft without RTK in good weather: a bias that holds for a whole flight, and noise.
"""

import math
import random
from dataclasses import asdict, dataclass

from .geodesy import Origin


@dataclass(frozen=True)
class Errors:
    """Metres and degrees. Biases are added to the truth; `_sd` are standard deviations.

    Pitch and roll wander: their noise forgets itself within `wander_s` seconds.
    """

    east: float
    north: float
    up: float
    yaw: float
    position_sd: float = 0.02
    yaw_sd: float = 0.05
    pitch_sd: float = 0.2
    roll_sd: float = 0.1
    wander_s: float = 1.0

    def table(self):
        return asdict(self)


# One aircraft, two flights: the earlier one took the photo of the roof as it was.
FLIGHT = Errors(east=0.38, north=-0.32, up=0.3, yaw=0.5)
EARLIER = Errors(east=-0.3, north=0.4, up=-0.2, yaw=-0.4)


def measured(poses, errors, seed, step_s):
    """The poses of a `Pinhole` every `step_s` seconds as the aircraft says them, with its digits."""
    rng = random.Random(seed)
    pitch, roll = _Wander(rng, errors.pitch_sd), _Wander(rng, errors.roll_sd)
    keep = math.exp(-step_s / errors.wander_s)
    return [_one(p, errors, rng, pitch.step(keep), roll.step(keep)) for p in poses]


def _one(p, errors, rng, pitch, roll):
    here = Origin(p["longitude"], p["latitude"])
    east, north = (bias + rng.gauss(0, errors.position_sd) for bias in (errors.east, errors.north))
    lon, lat = here.lonlat(east, north)
    yaw = p["gimbal_yaw"] + errors.yaw + rng.gauss(0, errors.yaw_sd)
    return p | {
        "longitude": round(lon, 7),
        "latitude": round(lat, 7),
        "rel_alt": round(p["rel_alt"] + errors.up, 3),
        "abs_alt": round(p["abs_alt"] + errors.up, 3),
        "gimbal_yaw": round((yaw + 180) % 360 - 180, 1),
        "gimbal_pitch": round(max(-90.0, p["gimbal_pitch"] + pitch), 1),
        "gimbal_roll": round(p["gimbal_roll"] + roll, 1),
    }


class _Wander:
    """Noise that remembers (Ornstein-Uhlenbeck), of constant spread."""

    def __init__(self, rng, sd):
        self.rng, self.sd = rng, sd
        self.value = rng.gauss(0, sd)

    def step(self, keep):
        now, self.value = self.value, keep * self.value + self.rng.gauss(0, self.sd * math.sqrt(1 - keep * keep))
        return now
