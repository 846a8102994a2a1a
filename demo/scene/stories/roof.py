# SPDX-License-Identifier: GPL-3.0-or-later
# Imports bpy, which is GPL; the rest of the project is Apache-2.0.
"""Two pictures straight down, a month apart: a room under blue steel has been put on a flat roof.

What else differs, and is no violation: the sun, the parked cars, and where exactly the drone was.
"""

import math

from .. import cars, encode, film
from ..buildings import extension
from ..geodesy import Origin
from ..pinhole import Pinhole
from ..shape import Shape
from ..street import Plan, stage

HEIGHT, HFOV = 90.0, 46
SHIFT, TURN, HIGHER = (1.4, -0.9), 1.3, 1.6  # the second flight against the first


def story(size, spp):
    plan = Plan(Origin(120.0935, 30.8802), seed=21, bearing=80, sun=(150, 52), weather="clear")
    studio, block = stage(plan, size, spp)
    roof = min((r for r in block.roofs if _suitable(r)), key=lambda r: abs(sum(r["rect"][:2])))
    x0, x1, y0, y1 = roof["rect"]
    new = x0 + (x1 - x0) * 0.2, x0 + (x1 - x0) * 0.8, y0 + (y1 - y0) * 0.25, y0 + (y1 - y0) * 0.8
    sh, pal = Shape(), block.maker.pal
    extension(sh, *new, roof["height"], pal["concrete"], pal["blue_roof"])
    room = block.maker.link("extension", sh.mesh("extension"))
    parked = _parked(block, (x0 + x1) / 2)
    sun = next(o for o in studio.collection.objects if o.name == "sun")
    bearing = sun.rotation_euler[2]
    middle = block.world((x0 + x1) / 2, (y0 + y1) / 2 * 0.6)

    def step(now):
        after = now >= 1
        room.hide_render = not after
        sun.rotation_euler[2] = bearing + (0.35 if after else 0)
        for e, s, moved in parked:
            e.root.location.x = s + (moved if after else 0)
        dx, dy = SHIFT if after else (0, 0)
        return Pinhole(*size, middle.x + dx, middle.y + dy, HEIGHT + after * HIGHER, after * TURN, -90, HFOV)

    made = film.Story("roof", 2, 1, studio, block, step, partial=False)
    made.events = [(0, "before"), (1, "after: the extension stands")]
    ring = block.ring(*roof["rect"])
    made.fences = [("no-build-1", "no_build", "示范三路7号屋顶禁建区", "Demo Road 3 No. 7, roof", ring)]
    made.extra = {
        "roof": {"height": round(roof["height"], 2), "ring": ring},
        "extension": {
            "height": round(roof["height"] + 2.5, 2),
            "ring": block.ring(*new),
            "pixels_after": _outline(block, step(1), new, roof["height"] + 2.5),
        },
    }
    return made


def _suitable(roof):
    x0, x1, y0, y1 = roof["rect"]
    return not roof["extended"] and x1 - x0 > 15 and roof["height"] < 14 and min(abs(y0), abs(y1)) < 20


def _parked(block, near):
    """Cars in the bays by the house: (entity, s, how far along its space is taken the second time)."""
    out = []
    for k, moved in enumerate((0.0, 6.0, 0.3, -0.4, 6.0)):
        s = math.floor(near / 6) * 6 + 12 * (k - 2) + 3
        e = cars.car(block.maker).place(s, block.half - block.plan.bay / 2, 180)
        out.append((e, s, moved))
    return out


def _outline(block, camera, rect, height):
    x0, x1, y0, y1 = rect
    corners = [tuple(block.world(s, t, height)) for s, t in ((x0, y0), (x1, y0), (x1, y1), (x0, y1))]
    return [[round(float(v), 1) for v in p] for p in camera.project(corners)[0]]


def publish(story, work, demo):
    for number, name in enumerate(("flight-before/DJI_0001.JPG", "flight/DJI_0003.JPG")):
        encode.picture(work / "raw", number, demo / name)
    film.write_truth(story, work, demo / "truth" / "roof.truth.json")
