# SPDX-License-Identifier: GPL-3.0-or-later
# Imports bpy, which is GPL; the rest of the project is Apache-2.0.
"""Trees and hedges made of leaf cards."""

import numpy as np
from mathutils import Vector

from .materials import material
from .shape import Shape

TINTS = [(0.10, 0.19, 0.035), (0.14, 0.22, 0.04), (0.075, 0.15, 0.04)]


def leaves(sh, rng, count, mat, point, size):
    """Leaf cards: small quads, randomly turned, at points drawn by `point()`."""
    for _ in range(count):
        c = Vector(point())
        a = Vector((rng.gauss(0, 1), rng.gauss(0, 1), rng.gauss(0, 0.6))).normalized()
        b = a.cross(Vector((rng.gauss(0, 1), rng.gauss(0, 1), rng.gauss(0, 1)))).normalized()
        s = size * rng.uniform(0.6, 1.3)
        sh.add(
            [c - a * s - b * s * 0.5, c + a * s * 0.2 - b * s, c + a * s + b * s * 0.4, c - a * s * 0.3 + b * s],
            [(0, 1, 2, 3)],
            mat,
        )


def tree_meshes(rng, pal):
    """A few tree meshes, shared by all trees of the block."""
    return [_tree(rng, pal, k, tint).mesh(f"tree_{k}") for k, tint in enumerate(TINTS)]


def _tree(rng, pal, k, tint):
    sh, mat = Shape(), leaf_material(f"leaf_{k}", tint)
    h, r = rng.uniform(2.2, 3.0), rng.uniform(1.5, 2.1)
    sh.tube((0, 0, 0), (0, 0, h + 1), 0.14, 0.09, pal["bark"], 8)
    blobs = [(0, 0, h + r * 0.8, r)]
    for _ in range(6):
        x, y = rng.uniform(-1, 1) * r * 0.8, rng.uniform(-1, 1) * r * 0.8
        blobs.append((x, y, h + rng.uniform(0.2, 1.4) * r, r * rng.uniform(0.5, 0.8)))
        sh.tube((0, 0, h * 0.85), (x * 0.8, y * 0.8, blobs[-1][2]), 0.06, 0.02, pal["bark"], 5)

    def point():
        x, y, z, size = rng.choice(blobs)
        d = Vector((rng.gauss(0, 1), rng.gauss(0, 1), rng.gauss(0, 1))).normalized()
        d *= size * rng.uniform(0.55, 1) ** 0.5
        return x + d.x, y + d.y, z + d.z * 0.85

    leaves(sh, rng, 4200, mat, point, 0.12)
    return sh


def plant(b):
    """Street trees, trees in the yards, hedges behind the pavements."""
    trees = tree_meshes(b.rng, b.maker.pal)
    _street_trees(b, trees)
    _yard_trees(b, trees)
    _hedges(b)


def _street_trees(b, trees):
    rng, end = b.rng, b.length / 2 + 40
    for side in (1, -1):
        if rng.random() >= 0.85:
            continue
        for x in np.arange(-end, end, rng.uniform(6, 11)):
            if rng.random() >= 0.85:
                continue
            ob = b.maker.link("tree", rng.choice(trees))
            k = rng.uniform(0.75, 1.25)
            ob.location = (x + rng.uniform(-0.5, 0.5), side * (b.half + 1.1), 0.1)
            ob.scale = (k, k, k * rng.uniform(0.9, 1.1))
            ob.rotation_euler[2] = rng.uniform(0, 6.28)


def _yard_trees(b, trees):
    rng = b.rng
    for _ in range(110):
        ob = b.maker.link("tree", rng.choice(trees))
        k, x, side = rng.uniform(0.7, 1.5), rng.uniform(-b.length * 0.6, b.length * 0.6), rng.choice([1, -1])
        behind = rng.choice([rng.uniform(1, 4), rng.uniform(24, 30), rng.uniform(50, 110)])
        ob.location = (x, side * (b.half + b.walk + behind), 0)
        ob.scale, ob.rotation_euler[2] = (k, k, k), rng.uniform(0, 6.28)


def _hedges(b):
    rng, sh = b.rng, Shape()

    def point():
        return rng.uniform(-2, 2), rng.uniform(-0.4, 0.4), rng.uniform(0.05, 0.75)

    leaves(sh, rng, 1500, leaf_material("hedge", (0.09, 0.17, 0.035)), point, 0.075)
    hedge = sh.mesh("hedge")
    for side in (1, -1):
        if rng.random() >= 0.7:
            continue
        for x in np.arange(-b.length / 2, b.length / 2, 4.05):
            if rng.random() < 0.8:
                b.maker.link("hedge", hedge).location = (x, side * (b.half + b.walk + 0.5), 0.02)


def leaf_material(name, color):
    """Each card takes its tint from where it is."""
    return material(name, color, rough=0.6, mottle=0.45, scale=0.9)
