# SPDX-License-Identifier: GPL-3.0-or-later
# Imports bpy through the studio, which is GPL; the rest of the project is Apache-2.0.
"""A car stops under the yellow line, stays, and drives away; a bus hides part of it once; two cars stand in bays."""

from .. import cars, encode, film, lorries, people
from ..geodesy import Origin
from ..street import Plan, clear_view, stage
from .motion import arrive_and_leave, heading_along, passing, smooth

STOP, LEAVE, SECONDS = 7.0, 36.0, 42.0
STOP_S = 3.0
EYE, TARGET, HFOV = (20.0, 8.1, 6.0), (0.0, -3.9, 0.0), 66
RED, WHITE, SILVER, GREY, BLUE = (
    (0.42, 0.015, 0.015),
    (0.8, 0.8, 0.79),
    (0.45, 0.46, 0.48),
    (0.16, 0.165, 0.17),
    (0.03, 0.08, 0.26),
)

# second at s = 0, model, paint, metres per second
AWAY = [(0.3, "sedan", GREY, 9.5), (12.5, "hatch", WHITE, 9.0), (24.5, "sedan", BLUE, 10.0), (30.0, "suv", WHITE, 9.0)]
TOWARDS = [
    (2.0, "sedan", WHITE, 9.0),
    (10.0, "suv", GREY, 9.5),
    (15.0, "van", WHITE, 8.5),
    (21.5, "bus", None, 8.0),
    (28.0, "sedan", SILVER, 9.5),
    (33.5, "hatch", RED, 9.0),
    (39.0, "sedan", GREY, 9.0),
]


def story(size, spp):
    plan = Plan(
        Origin(120.0868, 30.8943),
        seed=11,
        bearing=190,
        strip=(-14, 14),
        bays=(-34, 14),
        crossing=-42,
        lettering=10.2,
        sun=(150, 50),
    )
    studio, block = stage(plan, size, spp)
    mk, lane = block.maker, plan.lane / 2
    kerb = -block.half + 1.25
    hero = cars.car(mk, "suv", RED, moving=True)
    movers = [passing(_vehicle(mk, m, c), -lane, 0, t, v) for t, m, c, v in AWAY]
    movers += [passing(_vehicle(mk, m, c), lane, 180, t, v) for t, m, c, v in TOWARDS]
    bay = block.half - plan.bay / 2
    cars.car(mk, "sedan", SILVER).place(-7.0, bay, 180.5)
    cars.car(mk, "hatch", WHITE).place(-19.2, bay, 179.2)
    people.person(mk).place(-9.0, -block.half - 2.2, 100, 0.13)
    people.person(mk).place(-8.1, -block.half - 2.5, 250, 0.13)
    drive = arrive_and_leave(STOP, LEAVE, cruise=10.0, brake=2.5, pull=1.8)

    def lateral(x):  # x: metres past the stopping place
        inside = smooth((x + 17) / 14) - smooth((x - 0.6) / 13)
        return -lane + (kerb + lane) * inside

    eye, target = block.world(*EYE), block.world(*TARGET)
    camera = studio.camera.looking(tuple(eye), tuple(target), HFOV)
    clear_view(block, eye, target)

    def step(now):
        x, hero.speed = drive(now)
        hero.place(STOP_S + x, lateral(x), heading_along(lateral, x)).show(x < 40)
        for move in movers:
            move(now)
        return camera

    made = film.Story("parking", SECONDS, 10, studio, block, step)
    made.events = [(STOP, "the red car stands on the strip"), (LEAVE, "it leaves")]
    made.fences = [
        (
            "kerb-west-1",
            "no_parking",
            "示范路西侧黄线禁停带",
            "Demo Road, kerb strip under the yellow line",
            block.ring(*plan.strip, -block.half, -plan.edge),
        ),
        (
            "bays-east-1",
            "bay",
            "示范路东侧停车泊位",
            "Demo Road, marked bays",
            block.ring(*plan.bays, block.half, block.half - plan.bay),
        ),
    ]
    return made


def _vehicle(mk, model, color):
    if model == "bus":
        return lorries.bus(mk, moving=True)
    if model == "van":
        return cars.van(mk, "micro", color, moving=True)
    return cars.car(mk, model, color, moving=True)


def publish(story, work, demo):
    encode.clip(work / "raw", story.frames, story.fps, demo / "clips" / "parking.mp4")
    film.write_truth(story, work, demo / "truth" / "parking.truth.json")
