# SPDX-License-Identifier: GPL-3.0-or-later
# Imports bpy, which is GPL; the rest of the project is Apache-2.0.
"""Rows of buildings and the lamp posts."""

import math
from dataclasses import dataclass

import bpy
import numpy as np
from mathutils import Matrix

from .materials import material
from .shape import Shape

WALLS = [
    (0.55, 0.50, 0.43),
    (0.62, 0.60, 0.56),
    (0.46, 0.44, 0.42),
    (0.55, 0.42, 0.33),
    (0.38, 0.30, 0.25),
    (0.66, 0.63, 0.55),
    (0.48, 0.50, 0.52),
]
SIGNS = [
    (0.50, 0.02, 0.02),
    (0.03, 0.12, 0.45),
    (0.60, 0.42, 0.03),
    (0.03, 0.28, 0.10),
    (0.70, 0.70, 0.68),
    (0.40, 0.12, 0.35),
]
SHOPS = ["湖州小吃", "五金建材", "便利店", "烟酒", "药房", "手机维修", "羊肉面", "理发", "水果店", "电动车"]


FLOOR, PARAPET = 3.1, 0.9


@dataclass
class House:
    """One building: its rectangle, its height, and which of its long faces looks at the street (0 for none)."""

    x0: float
    x1: float
    y0: float
    y1: float
    h: float
    floors: int
    shed: bool
    street: int


def raise_buildings(b, side, row):
    """A row of buildings along one side: shops and flats, sheds with blue steel roofs, extensions on flat roofs."""
    rng, maker = b.rng, b.maker
    x, setback = -b.length / 2, ((3, 5), (26, 31), (56, 64))[row]
    front = b.half + b.walk + rng.uniform(*setback)
    while x < b.length / 2:
        w, d = rng.uniform(9, 30), rng.uniform(9, 15)
        if rng.random() < 0.14:
            x += w
            continue
        shed = rng.random() < (0.18 if row == 0 else 0.35)
        floors = 1 if shed else rng.choice([2, 3, 3, 4, 5, 6, 7] if row else b.plan.floors)
        h = rng.uniform(4.5, 7) if shed else floors * FLOOR + 0.6
        wall = material(f"wall_{rng.randrange(9)}", rng.choice(WALLS), 0.9, mottle=0.12, scale=0.35)
        y0, y1 = sorted((side * front, side * (front + d)))
        house, sh = House(x, x + w, y0, y1, h, floors, shed, 0 if row else -side), Shape()
        sh.box(x, x + w, y0, y1, 0, h, wall, top=maker.pal["concrete"])
        if shed:
            _pitched_roof(b, sh, house, wall)
        else:
            _flat_roof(b, sh, house, wall)
        for out in (-1, 1):
            _long_face(b, sh, house, out)
            if out == house.street and not shed:
                _shop_signs(b, sh, house, out)
        _gables(b, sh, house)
        maker.link("building", sh.mesh("building"))
        x += w + rng.choice([0, 0, rng.uniform(0.5, 5)])


def _pitched_roof(b, sh, q, wall):
    roof = b.maker.pal[b.rng.choice(["blue_roof", "blue_roof", "red_roof"])]
    m, e, top = (q.y0 + q.y1) / 2, 0.5, q.h + b.rng.uniform(1, 2)
    eaves = [(x, y, z) for y, z in ((q.y0 - e, q.h), (m, top), (q.y1 + e, q.h)) for x in (q.x0 - e, q.x1 + e)]
    sh.add(eaves, [(0, 1, 3, 2), (2, 3, 5, 4)], roof)
    ends = [(x, y, z) for x in (q.x0, q.x1) for y, z in ((q.y0, q.h), (m, top), (q.y1, q.h))]
    sh.add(ends, [(0, 1, 2), (3, 4, 5)], wall)


def _flat_roof(b, sh, q, wall):
    """Parapets, sometimes an old extension, and clutter."""
    rng, pal = b.rng, b.maker.pal
    x0, x1, y0, y1, h = q.x0, q.x1, q.y0, q.y1, q.h
    for r in ((x0, x1, y0, y0 + 0.2), (x0, x1, y1 - 0.2, y1), (x0, x0 + 0.2, y0, y1), (x1 - 0.2, x1, y0, y1)):
        sh.box(*r, h, h + PARAPET, wall)
    extended = rng.random() < 0.4
    if extended:
        w, d = (x1 - x0) * rng.uniform(0.3, 0.6), (y1 - y0) * rng.uniform(0.4, 0.7)
        extension(sh, x0 + 1, x0 + 1 + w, y0 + 1, y0 + 1 + d, h, wall, pal["blue_roof"])
    for _ in range(rng.randrange(2, 8)):
        x, y = rng.uniform(x0 + 1, x1 - 2), rng.uniform(y0 + 1, y1 - 2)
        w, d, z = rng.uniform(0.6, 1.6), rng.uniform(0.6, 1.2), rng.uniform(0.5, 1.4)
        sh.box(x, x + w, y, y + d, h, h + z, rng.choice([pal["ink_white"], pal["steel"], pal["concrete"]]))
    b.roofs.append({"rect": (x0, x1, y0, y1), "height": h, "extended": extended})


def extension(sh, x0, x1, y0, y1, h, wall, roof):
    """A room put on a flat roof, under a lean-to of blue steel."""
    sh.box(x0, x1, y0, y1, h, h + 2.5, wall)
    e, z = 0.3, h + 2.5
    corners = [(x0 - e, y0 - e, z), (x1 + e, y0 - e, z), (x1 + e, y1 + e, z + 0.5), (x0 - e, y1 + e, z + 0.5)]
    sh.add(corners, [(0, 1, 2, 3)], roof)


def _long_face(b, sh, q, out):
    """Windows with sills, some with an air conditioner; shop windows at street level."""
    pal, y = b.maker.pal, q.y0 if out < 0 else q.y1
    bays = _bays(q)
    pitch = (q.x1 - q.x0) / bays
    for f in range(q.floors):
        for i in range(bays):
            a, c = q.x0 + (i + 0.18) * pitch, q.x0 + (i + 0.82) * pitch
            z0, z1 = (0.1, 2.5) if out == q.street and f == 0 else (f * FLOOR + 1.05, f * FLOOR + 2.65)
            if q.shed and b.rng.random() < 0.5:
                continue
            sh.box(a, c, *sorted((y, y + out * 0.03)), z0, z1, pal["window"])
            sh.box(a - 0.08, c + 0.08, *sorted((y, y + out * 0.10)), z0 - 0.1, z0, pal["concrete"])
            if f and b.rng.random() < 0.35:
                sh.box(c + 0.05, c + 0.85, *sorted((y, y + out * 0.35)), z0 - 0.1, z0 + 0.5, pal["ink_white"])


def _shop_signs(b, sh, q, out):
    rng, y = b.rng, q.y0 if out < 0 else q.y1
    bays = _bays(q)
    pitch = (q.x1 - q.x0) / bays
    turn = Matrix.Rotation(0 if out < 0 else math.pi, 4, "Z") @ Matrix.Rotation(math.pi / 2, 4, "X")
    for i in range(bays):
        a, c = q.x0 + (i + 0.04) * pitch, q.x0 + (i + 0.96) * pitch
        lit = 0.15 if b.maker.night else 0
        board = material(f"sign_{rng.randrange(10)}", rng.choice(SIGNS), 0.5, emit=lit)
        sh.box(a, c, *sorted((y, y + out * 0.22)), 2.65, 3.5, board)
        if abs(q.x0) < 60:  # farther ones cannot be read
            at = Matrix.Translation(((a + c) / 2, y + out * 0.225, 3.07)) @ turn
            sh.text(rng.choice(SHOPS), 0.5, b.maker.pal["ink_white"], at)


def _gables(b, sh, q):
    for x, out in ((q.x0, -1), (q.x1, 1)):
        for f in range(q.floors):
            for part in (0.3, 0.7):
                y = q.y0 + (q.y1 - q.y0) * part
                z = f * FLOOR
                sh.box(*sorted((x, x + out * 0.03)), y - 0.7, y + 0.7, z + 1.05, z + 2.5, b.maker.pal["window"])


def _bays(q):
    return max(2, int((q.x1 - q.x0) / 3.3))


def lamp_posts(b):
    steel, sh = b.maker.pal["steel"], Shape()
    sh.tube((0, 0, 0), (0, 0, 8), 0.10, 0.06, steel, 10)
    sh.tube((0, 0, 7.9), (0, -2.2, 8.3), 0.05, 0.04, steel, 8)
    sh.box(-0.15, 0.15, -2.7, -1.9, 8.25, 8.38, steel)
    mesh = sh.mesh("lamp")
    for i, x in enumerate(np.arange(-b.length / 2, b.length / 2, 28)):
        side = 1 if i % 2 else -1
        ob = b.maker.link("lamp", mesh)
        ob.location, ob.rotation_euler[2] = (x, side * (b.half + 0.6), 0.1), 0 if side > 0 else math.pi
        if b.maker.night and abs(x) < 70:
            light = b.maker.link("street_lamp", _spot())
            light.location = (x, side * (b.half + 0.6 - 2.3), 8.2)


def _spot():
    spot = bpy.data.lights.new("street_lamp", "SPOT")
    spot.energy, spot.color, spot.shadow_soft_size = 3200, (1, 0.84, 0.62), 0.15
    spot.spot_size, spot.spot_blend = 2.3, 0.6
    return spot
