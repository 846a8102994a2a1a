# SPDX-License-Identifier: GPL-3.0-or-later
# Imports bpy through the studio, which is GPL; the rest of the project is Apache-2.0.
"""A drone looks across a street twice, ten minutes apart, from over the roofs on its north side.

Three cars under the yellow line are there both times. What is innocent: one car that stops there in the first pass and
one in the second, cars in bays, and all that drives, a muck truck among it. Soil lies on the pavement the second time.
Every entity is built for both passes, so that a number means the same thing in both.
"""

import math
from dataclasses import dataclass

import bpy

from .. import cars, encode, film, lorries, muck_truck
from ..geodesy import Origin
from ..street import Plan, stage
from .motion import passing

FPS, SECONDS, HFOV = 5.0, 10.0, 40.0
AIM = -2.5  # metres left of the middle of the street: what the camera is aimed at
RED, WHITE, BLUE, SILVER, ORANGE = (
    (0.42, 0.015, 0.015),
    (0.8, 0.8, 0.79),
    (0.03, 0.08, 0.26),
    (0.45, 0.46, 0.48),
    (0.55, 0.24, 0.02),
)


@dataclass(frozen=True)
class Pass:
    """`start` is UTC; the view moves along the street from `look` at `speed`, turned by `off` from its direction."""

    start: str
    sun: tuple
    height: float
    pitch: float
    off: float
    look: float
    speed: float


PASSES = {
    1: Pass("2026-09-21T06:13:20Z", (234, 45), 25.0, -36.0, 87.0, -17.0, 3.0),
    2: Pass("2026-09-21T06:24:00Z", (237, 43), 26.0, -37.0, 93.0, 14.0, -3.0),
}
BOTH = (1, 2)
UNDER_THE_LINE = [  # s, model, paint, passes
    (-16.0, "sedan", RED, BOTH),
    (-4.0, "hatch", WHITE, BOTH),
    (14.0, "suv", BLUE, BOTH),
    (5.0, "sedan", SILVER, (1,)),
    (-25.0, "hatch", ORANGE, (2,)),
]
IN_BAYS = [(-19, BOTH), (-7, (1,)), (5, BOTH), (17, BOTH)]
DRIVING = [  # model, pass, second at s = 0, metres per second; negative against the street's direction
    ("sedan", 1, 1.5, 8.0),
    ("suv", 1, 3.5, -8.5),
    ("muck_truck", 1, 7.0, 7.0),
    ("hatch", 1, 8.0, -9.0),
    ("suv", 2, 2.0, 8.5),
    ("van", 2, 4.0, -8.0),
    ("sedan", 2, 7.0, 9.0),
    ("sedan", 2, 8.5, -8.0),
]


def story(size, spp, number):
    this = PASSES[number]
    plan = Plan(
        Origin(120.0801, 30.8990), 33, 75, strip=(-60, 60), bays=(-58, 62), crossing=45, sun=this.sun, weather="clear"
    )
    studio, block = stage(plan, size, spp)
    mk, who = block.maker, {}
    for s, model, color, passes in UNDER_THE_LINE:
        e = cars.car(mk, model, color).place(s, -block.half + 1.25, mk.rng.gauss(0, 1.2))
        who[e.index] = {"standing": True, "passes": passes, "violator": passes == BOTH}
    for s, passes in IN_BAYS:
        e = cars.car(mk).place(s, block.half - plan.bay / 2, 180 + mk.rng.gauss(0, 1))
        who[e.index] = {"standing": True, "passes": passes, "violator": False, "bay": True}
    _fell(block, [s for s, _ in IN_BAYS])
    soil = muck_truck.soil_heap(mk, 1.6, 1.0).place(9.5, -block.half - 2.4, 0, 0.1)
    who[soil.index] = {"standing": True, "passes": (2,), "violator": True}
    movers = []
    for model, when, second, speed in DRIVING:
        e = _vehicle(mk, model)
        who[e.index] = {"standing": False, "passes": (when,), "violator": False}
        lane, turn = (-plan.lane / 2, 0) if speed > 0 else (plan.lane / 2, 180)
        if when == number:
            movers.append(passing(e, lane, turn, second, abs(speed)))
    for e in mk.all:
        e.show(number in who[e.index]["passes"])

    def step(now):
        for move in movers:
            move(now)
        height, pitch = this.height + 0.3 * math.sin(now / 2), this.pitch + 0.3 * math.sin(1.3 * now)
        off = this.off + 0.8 * math.sin(now / 3)
        away, o = height / math.tan(math.radians(-pitch)), math.radians(off)
        s = this.look + this.speed * now
        p = block.world(s - away * math.cos(o), AIM + away * math.sin(o))
        return type(studio.camera)(*size, p.x, p.y, height, plan.bearing + off, pitch, HFOV)

    made = film.Story(f"flight-{number}", SECONDS, FPS, studio, block, step, partial=False)
    made.extra = {"start": this.start, "who": who}
    name = ("示范四路南侧禁停带", "Demo Road 4, kerb strip and the pavement beside it")
    ring = block.ring(*plan.strip, -block.half - 2.0, -plan.edge)
    made.fences = [("kerb-south-4", "no_parking", *name, ring)]
    return made


def _fell(block, bays, near=4.5):
    """The street trees between the camera and the cars in the bays are gone."""
    for ob in list(block.maker.coll.objects):
        s, t = ob.location[:2]
        if ob.name.startswith("tree") and 0 < t < block.half + 2 and any(abs(s - b) < near for b in bays):
            bpy.data.objects.remove(ob)


def _vehicle(mk, model):
    if model == "muck_truck":
        return muck_truck.muck_truck(mk, moving=True)
    make = {"bus": lorries.bus, "van": cars.van}.get(model)
    return make(mk, moving=True) if make else cars.car(mk, model, moving=True)


def publish(story, work, demo):
    number = story.name.rpartition("-")[2]
    path, start = demo / "flight" / f"DJI_000{number}.MP4", story.extra["start"]
    encode.clip(work / "raw", story.frames, story.fps, path, crf=25, taken=start)
    film.write_truth(story, work, demo / "truth" / f"{story.name}.truth.json")
