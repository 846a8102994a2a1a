# SPDX-License-Identifier: GPL-3.0-or-later
# Imports bpy, which is GPL; the rest of the project is Apache-2.0.
"""Things with ground truth, and the maker that builds and numbers them."""

import math
from dataclasses import dataclass, field

import bpy
from mathutils import Vector

from .materials import palette


@dataclass
class Entity:
    """One thing with ground truth. Its objects share a pass index, which is what the truth image holds."""

    kind: str
    root: object
    objects: list
    size: tuple  # length, width, height
    index: int = 0
    info: dict = field(default_factory=dict)
    hidden: bool = False
    load: object = None  # what a muck truck carries
    speed: float = 0.0  # metres per second, for the truth

    def place(self, s, t, turn=0.0, z=0.0):
        """Puts the entity at road coordinates; `turn` is degrees counter-clockwise from the road's direction."""
        self.root.location = (s, t, z)
        self.root.rotation_euler = (0, 0, math.radians(turn))
        return self

    def show(self, visible):
        for ob in self.objects:
            ob.hide_render = not visible
        self.hidden = not visible
        return self

    def footprint(self):
        """Four ground corners in world metres, front-left first, clockwise seen from above."""
        l, w = self.size[0] / 2, self.size[1] / 2
        m = self.root.matrix_world
        return [tuple((m @ Vector((x, y, 0)))[:2]) for x, y in ((l, w), (l, -w), (-l, -w), (-l, w))]

    def heading(self):
        d = self.root.matrix_world.to_3x3() @ Vector((1, 0, 0))
        return math.degrees(math.atan2(d.x, d.y)) % 360


class Maker:
    """Builds entities of a block and numbers them."""

    def __init__(self, rng, root, collection, night=False):
        self.rng, self.root, self.coll, self.night = rng, root, collection, night
        self.pal, self.all, self.plates = palette(), [], 0

    def link(self, name, mesh, parent=None):
        ob = bpy.data.objects.new(name, mesh)
        self.coll.objects.link(ob)
        ob.parent = parent or self.root
        return ob

    def entity(self, kind, shapes, size, **info):
        index = len(self.all) + 1
        objects = []
        for k, sh in enumerate(shapes):
            ob = self.link(f"{kind}_{index}_{k}", sh.mesh(kind), objects[0] if objects else None)
            ob.pass_index = index
            objects.append(ob)
        e = Entity(kind, objects[0], objects, size, index, info)
        self.all.append(e)
        return e

    def plate(self):
        """The next number of a series that says what it is: D for demo, counted up."""
        self.plates += 1
        return f"浙E·D{self.plates:04}"

    def lamps(self, moving):
        """Head and tail lamp materials: lit at night, and now and then a brake light by day."""
        on = self.night and moving
        braking = on or (moving and self.rng.random() < 0.3)
        return self.pal["lamp_on" if on else "lamp"], self.pal["tail_on" if braking else "tail"]
