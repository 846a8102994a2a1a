# SPDX-License-Identifier: GPL-3.0-or-later
# Imports bpy, which is GPL; the rest of the project is Apache-2.0.
"""The muck truck (渣土车), and the soil it carries and leaves."""

import math

import numpy as np
from mathutils import Matrix, Vector, noise

from .cars import add_plates
from .lorries import big_wheels, cab
from .materials import paint
from .shape import Shape


def muck_truck(mk, color=None, moving=False):
    """渣土车: four axles, a high dump body hinged at the tail, soil in it."""
    pal, rng, sh = mk.pal, mk.rng, Shape()
    l, w = 9.6, 2.52
    half, x1 = w / 2, l / 2
    body, rgb = paint(
        rng,
        color
        or rng.choice(
            [(0.62, 0.30, 0.02), (0.05, 0.25, 0.09), (0.42, 0.03, 0.02), (0.62, 0.63, 0.62), (0.70, 0.42, 0.02)]
        ),
    )
    front, tail = mk.lamps(moving)
    cab(mk, sh, x1 - 1.95, x1 - 0.05, half * 0.98, 0.85, 2.95, body, front)
    sh.box(-x1 + 0.2, x1 - 1.6, -0.45, 0.45, 0.75, 1.05, pal["black"])
    axles = (-3.55, -2.2, 1.75, 3.35)
    big_wheels(mk, sh, axles, half * 0.98, 0.54, dual=axles[:2])
    for s in (1, -1):
        sh.box(-0.9, 0.9, *sorted((s * 0.55, s * half * 0.92)), 0.55, 1.05, pal["steel"])  # tank, tool box
        sh.box(-1.45, 1.1, *sorted((s * half * 0.96, s * half * 0.98)), 0.45, 0.95, pal["black"])  # side guard
        sh.box(-x1 + 0.02, -x1 + 0.10, *sorted((s * half * 0.6, s * half * 0.95)), 0.75, 0.95, tail)
    text = mk.plate()
    add_plates(sh, pal, text, x1 + 0.04, -x1 + 0.0, 0.72, 0.85, "yellow")
    dump, load = _dump_body(mk, body, x1, half, text), Shape()
    heap(load, *_inside(x1, half), 1.37, 0.55, pal["soil"], rng)
    e = mk.entity("muck_truck", [sh, dump, load], (l, w, 3.05), color=[round(c, 3) for c in rgb], plate=text)
    _, hinged, e.load = e.objects
    hinged.location = (-x1 + 0.55, 0, 1.12)
    e.load.parent = hinged
    return e


def _inside(x1, half):
    """The dump body's inner rectangle (x0, x1, y0, y1) in the hinge's frame."""
    return -0.50, 2 * x1 - 2.75, -half + 0.08, half - 0.08


def _dump_body(mk, mat, x1, half, text):
    """The dump body in the hinge's frame: floor, slanted walls, ribs, front canopy, tailgate."""
    pal, sh = mk.pal, Shape()
    x0, xf, z1, y = -0.55, 2 * x1 - 2.65, 1.72, half
    sh.box(x0, xf, -y, y, 0.0, 0.14, mat)
    for s in (1, -1):
        sh.box(x0, xf, *sorted((s * y, s * (y - 0.07))), 0.0, z1, mat)
        for x in np.arange(x0 + 0.1, xf - 0.1, 0.78):
            sh.box(x, x + 0.11, *sorted((s * y, s * (y + 0.06))), 0.0, z1, mat)
        sh.box(x0, xf, *sorted((s * y, s * (y + 0.07))), z1 - 0.14, z1, mat)
    sh.box(xf - 0.08, xf, -y, y, 0.0, z1 + 0.15, mat)
    sh.box(xf - 0.08, xf + 0.75, -y * 0.95, y * 0.95, z1 + 0.10, z1 + 0.18, mat)  # canopy over the cab
    sh.box(x0 - 0.06, x0, -y, y, 0.05, z1 - 0.15, mat)  # tailgate
    sh.text(
        text,
        0.34,
        pal["ink_white"],
        Matrix.Translation((x0 - 0.065, 0, 0.95))
        @ Matrix.Rotation(-math.pi / 2, 4, "Z")
        @ Matrix.Rotation(math.pi / 2, 4, "X"),
    )
    return sh


def raise_body(e, degrees):
    e.objects[1].rotation_euler = (0, -math.radians(degrees), 0)


def empty(e, part):
    """Lets `part` (0 to 1) of the load out."""
    e.load.scale[2] = max(0.01, 1 - part)
    e.load.hide_render = part > 0.95


def soil_heap(mk, r=3.0, h=1.6):
    sh = Shape()
    heap(sh, -r, r, -r * 0.8, r * 0.8, 0, h, mk.pal["soil"], mk.rng, cells=34, round_=True)
    return mk.entity("soil_heap", [sh], (2 * r, 1.6 * r, h))


def heap(sh, x0, x1, y0, y1, z0, h, mat, rng, cells=20, round_=False):
    """Loose soil: a lumpy surface over a rectangle, falling to its edge."""
    off = Vector((rng.uniform(0, 99), rng.uniform(0, 99), 0))
    v, n = [], cells
    for i in range(n + 1):
        for j in range(n + 1):
            u, w = 2 * i / n - 1, 2 * j / n - 1
            x, y = x0 + (x1 - x0) * i / n, y0 + (y1 - y0) * j / n
            fall = max(0, 1 - (u * u + w * w)) ** 0.8 if round_ else (1 - u**6) * (1 - w * w)
            lump = (
                noise.noise(Vector((x * 1.1, y * 1.1, 0)) + off) * 0.35
                + noise.noise(Vector((x * 3.5, y * 3.5, 0)) + off) * 0.15
            )
            v.append(
                (
                    x,
                    y,
                    z0 + max(0 if not round_ else -0.02, h * fall * (1 + lump) + (0.10 * lump if fall > 0 else -0.05)),
                )
            )
    sh.add(
        v,
        [
            (i * (n + 1) + j, (i + 1) * (n + 1) + j, (i + 1) * (n + 1) + j + 1, i * (n + 1) + j + 1)
            for i in range(n)
            for j in range(n)
        ],
        mat,
        True,
    )
