# SPDX-License-Identifier: GPL-3.0-or-later
# Imports bpy, which is GPL; the rest of the project is Apache-2.0.
"""A street in its own coordinates: s metres along it, t metres to its left, turned as a whole by its bearing.

Right-hand traffic: the lanes at negative t go with the street. Between lane and kerb there is a kerb lane on both
sides: on the right it is the no-parking strip under a yellow line, on the left it holds marked bays.
"""

import math
import random
from dataclasses import dataclass, field

import bpy
import numpy as np
from mathutils import Matrix, Vector

from . import light
from .buildings import lamp_posts, raise_buildings
from .entity import Maker
from .geodesy import Origin
from .greenery import plant
from .pinhole import Pinhole
from .shape import Shape
from .studio import Studio


@dataclass
class Plan:
    """What a story fixes about its street; the rest is drawn from the seed."""

    origin: Origin
    seed: int
    bearing: float
    strip: tuple = (-14.0, 14.0)  # the yellow line's ends
    bays: tuple = (-40.0, 14.0)
    crossing: float = -34.0
    lanes: int = 1  # each way
    lane: float = 3.5
    kerb_lane: float = 4.0
    bay: float = 2.4
    walk: float = 4.5
    length: float = 260.0
    floors: tuple = (2, 2, 3, 3, 4)  # of the front row
    lettering: float | None = None  # where 禁停 is painted on the strip
    sun: tuple | None = None  # azimuth, elevation; None at night
    weather: str = "haze"

    @property
    def edge(self):
        return self.lanes * self.lane

    @property
    def half(self):
        return self.edge + self.kerb_lane


@dataclass
class Block:
    """A street and what stands on it. Built once, then entities move."""

    plan: Plan
    rng: random.Random
    maker: Maker
    root: object
    roofs: list = field(default_factory=list)
    marks: list = field(default_factory=list)  # (name, s, t): where the paint ends, for the survey

    @property
    def half(self):
        return self.plan.half

    @property
    def walk(self):
        return self.plan.walk

    @property
    def length(self):
        return self.plan.length

    def world(self, s, t, z=0.0):
        return self.root.matrix_world @ Vector((s, t, z))

    def lonlat(self, s, t):
        return self.plan.origin.lonlat(*self.world(s, t)[:2])

    def ring(self, s0, s1, t0, t1):
        """A closed counter-clockwise ring of lon, lat."""
        (s0, s1), (t0, t1) = sorted((s0, s1)), sorted((t0, t1))
        return [self.lonlat(s, t) for s, t in ((s0, t0), (s1, t0), (s1, t1), (s0, t1), (s0, t0))]


def stage(plan, size, spp):
    """A studio with an empty street."""
    rng = random.Random(plan.seed)
    studio = Studio(Pinhole(*size), spp, plan.seed)
    root = bpy.data.objects.new("root", None)
    studio.collection.objects.link(root)
    root.rotation_euler[2] = math.radians(90 - plan.bearing)
    maker = Maker(rng, root, studio.collection, plan.sun is None)
    if plan.sun:
        light.daylight(studio, plan.weather, *plan.sun)
    else:
        light.night(studio)
    bpy.context.view_layer.update()
    block = Block(plan, rng, maker, root)
    _ground(block)
    plant(block)
    for side in (1, -1):
        for row in (0, 1, 2):
            raise_buildings(block, side, row)
    lamp_posts(block)
    bpy.context.view_layer.update()
    return studio, block


def _ground(b):
    p, pal, sh, end = b.plan, b.maker.pal, Shape(), b.length / 2
    s0, s1 = p.strip
    sh.box(-900, 900, -900, 900, -1, -0.03, pal["grass"])
    sh.box(-end - 200, end + 200, -b.half, b.half, -0.5, 0, pal["asphalt"])
    for side in (1, -1):
        edge, back = side * b.half, side * (b.half + b.walk)
        pieces = [(-end - 200, end + 200, pal["kerb"])]
        if side < 0:
            pieces = [(-end - 200, s0, pal["kerb"]), (s0, s1, pal["yellow"]), (s1, end + 200, pal["kerb"])]
        for a, c, mat in pieces:
            sh.box(a, c, *sorted((edge, edge + side * 0.18)), -0.2, 0.14, mat)
        sh.box(-end - 200, end + 200, *sorted((edge + side * 0.18, back)), -0.2, 0.13, pal["paving"])
        sh.box(-end, end, *sorted((back, back + side * 55)), -0.2, 0.02, pal["yard"])
    _paint(b, sh)
    for _ in range(14):  # repairs
        x, y, w = b.rng.uniform(-end, end), b.rng.uniform(-b.half, b.half - 1), b.rng.uniform(0.6, 2)
        _flat(sh, x, x + b.rng.uniform(1, 9), y, min(y + w, b.half), pal["patch"], 0.003)
    b.maker.link("ground", sh.mesh("ground"))


def _flat(sh, x0, x1, y0, y1, mat, z=0.006):
    sh.add([(x0, y0, z), (x1, y0, z), (x1, y1, z), (x0, y1, z)], [(0, 1, 2, 3)], mat)


def _paint(b, sh):
    """Road markings. Ends of paint that a surveyor could find again are noted in `b.marks`."""
    p, end = b.plan, b.length / 2
    white, yellow = b.maker.pal["white"], b.maker.pal["yellow"]
    s0, s1 = p.strip
    _flat(sh, s0, s1, -b.half + 0.10, -b.half + 0.25, yellow)
    b.marks += [(f"yellow line, end {k}", s, -b.half + 0.25) for k, s in enumerate(p.strip)]
    for y in (-0.14, 0.14):  # the double centre line breaks at the crossing
        for a, c in ((-end, p.crossing - 2), (p.crossing + 5.5, end)):
            _flat(sh, a, c, y - 0.06, y + 0.06, yellow)
    b.marks.append(("centre line, end at the crossing", p.crossing + 5.5, 0.0))
    for k in range(1, p.lanes):
        for side in (1, -1):
            for x in np.arange(-end, end, 10):
                _flat(sh, x, x + 4, side * k * p.lane - 0.07, side * k * p.lane + 0.07, white)
    for x in np.arange(-end, end, 6.0):  # dashes between lane and kerb lane
        for side, name in ((-1, "right"), (1, "left")):
            _flat(sh, x, x + 2, side * p.edge - 0.07, side * p.edge + 0.07, white)
            b.marks += [(f"{name} edge line, dash end at {v:g} m", v, side * p.edge) for v in (x, x + 2)]
    outer, inner = b.half - 0.05, b.half - p.bay
    for x in np.arange(*p.bays, 6.0):
        _flat(sh, x, x + 6, inner - 0.1, inner, white)
        for a in (x, x + 5.9):
            _flat(sh, a, a + 0.1, inner, outer, white)
        b.marks.append((f"bay corner at {x:g} m", x, inner - 0.1))
    for y in np.arange(-p.edge + 0.3, p.edge - 0.3, 0.9):
        _flat(sh, p.crossing, p.crossing + 3.5, y, y + 0.45, white, 0.008)
    b.marks += [
        (f"crossing, {n} corner", p.crossing + 3.5, t) for n, t in (("right", -p.edge + 0.3), ("left", p.edge - 0.6))
    ]
    if p.lettering is not None:
        turn = Matrix.Rotation(math.pi, 4, "Z")  # to be read from the carriageway
        sh.text("禁停", 2.2, yellow, Matrix.Translation((p.lettering, -b.half + p.kerb_lane / 2, 0.006)) @ turn)


def clear_view(b, eye, target, lit=()):
    """Whoever hangs a camera cuts the branches in front of it, and hangs it on the lamp post that is there.

    Trees within 9 m of a point (s, t) in `lit` are gone too.
    """
    eye, target = Vector(eye), Vector(target)
    for ob in list(b.maker.coll.objects):
        if ob.name.startswith("lamp") and (b.world(*ob.location[:2]) - eye).xy.length < 12:
            bpy.data.objects.remove(ob)
        elif ob.name.startswith("tree") and ob.parent:
            at = b.world(*ob.location[:2])
            if any((at - b.world(*p)).length < 9 for p in lit):
                bpy.data.objects.remove(ob)
                continue
            ahead = (target - eye).xy.normalized()
            along, aside = (at - eye).xy.dot(ahead), abs((at - eye).xy.cross(ahead))
            if -4 < along < 16 and aside < 3.5 + along * 0.45:
                bpy.data.objects.remove(ob)
