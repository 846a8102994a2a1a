# SPDX-License-Identifier: GPL-3.0-or-later
# Imports bpy through the studio, which is GPL; the rest of the project is Apache-2.0.
"""A drone flies along a street at 26 m: cars under the yellow line, cars in bays, a muck truck behind trees."""

import json
import math

from .. import cars, encode, film, lorries, muck_truck, srt
from ..geodesy import Origin
from ..street import Plan, stage
from .motion import passing

SECONDS, FPS, HEIGHT, PITCH, HFOV = 12.0, 5.0, 26.0, -36.0, 66.0
FROM, SPEED = -66.0, 3.0
UNDER_THE_LINE = [(-36.0, "suv"), (-8.0, "sedan"), (19.0, "hatch")]
IN_BAYS = [-43, -37, -25, -13, -7, 5, 11, 23, 35]
AWAY = [(2.0, "sedan", 8.0), (6.5, "suv", 9.0), (11.0, "bus", 7.0), (14.0, "sedan", 8.5)]
TOWARDS = [(1.0, "hatch", 8.0), (4.0, "truck", 7.5), (7.5, "sedan", 9.0), (11.0, "van", 8.0), (14.5, "suv", 8.5)]


def story(size, spp):
    plan = Plan(
        Origin(120.0801, 30.8990), 33, 75, strip=(-60, 60), bays=(-58, 62), crossing=45, sun=(160, 52), weather="clear"
    )
    studio, block = stage(plan, size, spp)
    mk, lane = block.maker, plan.lane / 2
    for s, model in UNDER_THE_LINE:
        cars.car(mk, model).place(s, -block.half + 1.25, mk.rng.gauss(0, 1.2))
    for s in IN_BAYS:
        cars.car(mk).place(s, block.half - plan.bay / 2, 180 + mk.rng.gauss(0, 1))
    muck_truck.muck_truck(mk).place(30, -block.half + 1.7)
    muck_truck.soil_heap(mk, 2.2, 1.4).place(23.5, -block.half - 2.2, 0, 0.1)
    movers = [passing(_vehicle(mk, m), -lane, 0, t, v) for t, m, v in AWAY]
    movers += [passing(_vehicle(mk, m), lane, 180, t, v) for t, m, v in TOWARDS]

    def step(now):
        for move in movers:
            move(now)
        p = block.world(FROM + SPEED * now, -3 + 1.2 * math.sin(now / 4))
        eye = p.x, p.y, HEIGHT + 0.5 * math.sin(now / 3)
        yaw, pitch = plan.bearing + 1.2 * math.sin(now / 5), PITCH + 0.3 * math.sin(now)
        return type(studio.camera)(*size, *eye, yaw, pitch, HFOV)

    made = film.Story("patrol", SECONDS, FPS, studio, block, step, partial=False)
    ring = block.ring(*plan.strip, -block.half, -plan.edge)
    name = ("示范四路南侧黄线禁停带", "Demo Road 4, kerb strip under the yellow line")
    made.fences = [("kerb-south-4", "no_parking", *name, ring)]
    return made


def _vehicle(mk, model):
    make = {"bus": lorries.bus, "truck": lorries.truck, "van": cars.van}.get(model)
    return make(mk, moving=True) if make else cars.car(mk, model, moving=True)


def publish(story, work, demo):
    encode.clip(work / "raw", story.frames, story.fps, demo / "clips" / "patrol.mp4", crf=25)
    film.write_truth(story, work, demo / "truth" / "patrol.truth.json")
    lines = (work / "truth.jsonl").read_text().splitlines()
    poses = {r["frame"]: r["pose"] for r in map(json.loads, lines)}
    srt.write(demo / "clips" / "patrol.SRT", [poses[i] for i in sorted(poses)], story.fps)
