# SPDX-License-Identifier: GPL-3.0-or-later
# Imports bpy, which is GPL; the rest of the project is Apache-2.0.
"""Night: a muck truck stands at a verge, raises its body, leaves a heap, lowers it and drives off."""

import math

import bpy

from .. import cars, encode, film, muck_truck
from ..geodesy import Origin
from ..street import Plan, clear_view, stage
from .motion import smooth

RAISE, FULL, LOWER, LEAVE, SECONDS = 1.5, 5.5, 8.5, 12.0, 20.0
EYE, TARGET, HFOV = (-4.0, 8.6, 6.5), (-26.5, -4.2, 2.0), 57
TRUCK_S, HEAP_BEHIND = -24.0, 6.4


def story(size, spp):
    plan = Plan(Origin(120.0712, 30.8861), seed=5, bearing=80, strip=(-44, 0), bays=(-60, 0), crossing=-70)
    studio, block = stage(plan, size, spp)
    mk, t = block.maker, -block.half + 1.7
    truck = muck_truck.muck_truck(mk, color=(0.62, 0.27, 0.02), moving=True)
    heap = muck_truck.soil_heap(mk, 2.4, 1.5)
    heap.place(TRUCK_S - HEAP_BEHIND, t)
    cars.car(mk, "sedan", (0.45, 0.46, 0.48)).place(-50.0, block.half - plan.bay / 2, 180)
    cars.car(mk, "suv", (0.8, 0.8, 0.79)).place(-37.8, block.half - plan.bay / 2, 180)
    _headlights(mk, truck)

    eye, target = block.world(*EYE), block.world(*TARGET)
    camera = studio.camera.looking(tuple(eye), tuple(target), HFOV)
    clear_view(block, eye, target, lit=[(-18, -block.half), (-28, -block.half)])

    def step(now):
        gone = max(0.0, now - LEAVE)
        truck.speed = 1.6 * gone
        truck.place(TRUCK_S + 0.8 * gone * gone, t)
        up = smooth((now - RAISE) / (FULL - RAISE)) - smooth((now - LOWER) / (LEAVE - 1 - LOWER))
        muck_truck.raise_body(truck, round(46 * up, 1))
        grown = smooth((now - RAISE - 1.5) / 3.0)
        muck_truck.empty(truck, grown)
        heap.show(grown > 0.01)
        heap.root.scale = (max(0.1, grown) ** 0.5, max(0.1, grown) ** 0.5, max(0.02, grown))
        return camera

    made = film.Story("dump", SECONDS, 10, studio, block, step, lit=(0, 0, 480, 290))
    made.events = [
        (RAISE, "the body rises"),
        (RAISE + 1.5, "soil falls"),
        (FULL, "body up"),
        (LOWER, "the body comes down"),
        (LEAVE, "the truck leaves, the heap stays"),
    ]
    ring = block.ring(-42, -8, -plan.edge, -block.half - plan.walk)
    made.fences = [
        ("no-dumping-1", "no_dumping", "示范二路南侧禁止倾倒带", "Demo Road 2, verge where nothing may be dumped", ring)
    ]
    return made


def _headlights(mk, truck):
    for y in (0.8, -0.8):
        beam = bpy.data.lights.new("headlight", "SPOT")
        beam.energy, beam.spot_size, beam.spot_blend, beam.color = 900, 1.0, 0.5, (1, 0.95, 0.85)
        ob = mk.link("headlight", beam, truck.root)
        ob.location, ob.rotation_euler = (4.9, y, 1.1), (math.radians(84), 0, -math.pi / 2)


def publish(story, work, demo):
    encode.clip(work / "raw", story.frames, story.fps, demo / "clips" / "dump.mp4", grain=2.2, crf=25)
    film.write_truth(story, work, demo / "truth" / "dump.truth.json")
