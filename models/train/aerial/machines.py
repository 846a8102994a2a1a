# SPDX-License-Identifier: GPL-3.0-or-later
# Imports bpy through the demo's scene, which is GPL; the rest of the project is Apache-2.0.
"""What the demo's streets have none of: excavators, two-wheelers, and muck trucks in all their states."""

import math

import numpy as np
from mathutils import Matrix, Vector
from scene.materials import material, paint
from scene.muck_truck import empty, muck_truck, raise_body
from scene.shape import Shape

YELLOWS = [(0.62, 0.33, 0.02), (0.70, 0.42, 0.03), (0.55, 0.20, 0.02), (0.10, 0.32, 0.22), (0.60, 0.60, 0.58)]


def any_muck_truck(mk):
    """Raised or flat, loaded, half empty or empty, open or under its sliding cover."""
    rng = mk.rng
    e = muck_truck(mk)
    raised = rng.choice([0, 0, 0, rng.uniform(12, 48)])
    raise_body(e, raised)
    empty(e, rng.choice([0.0, 0.0, 0.4, 1.0]))
    if rng.random() < 0.45:
        cover = mk.link("cover", _cover(mk).mesh("cover"), e.objects[1])
        e.objects.append(cover)
    return e


def _cover(mk):
    """The sliding cover over the dump body, in the hinge's frame."""
    sh = Shape()
    rng = mk.rng
    mat = material("cover", rng.choice([(0.02, 0.06, 0.035), (0.03, 0.03, 0.035), (0.10, 0.14, 0.10)]), 0.8, mottle=0.3)
    x0, x1, half, top, n = -0.55, 6.9, 1.29, 1.75, 24
    v = []
    for i in range(n + 1):
        for j in range(7):
            q = j / 3 - 1
            v.append((x0 + (x1 - x0) * i / n, q * half, top + 0.22 * (1 - q * q) + 0.03 * math.sin(i * 2.4)))
    faces = [(i * 7 + j, (i + 1) * 7 + j, (i + 1) * 7 + j + 1, i * 7 + j + 1) for i in range(n) for j in range(6)]
    return sh.add(v, faces, mat, True)


def excavator(mk):
    """A crawler excavator: tracks, a house that swings, boom, stick and bucket."""
    rng, pal, sh = mk.rng, mk.pal, Shape()
    body = material(f"body_{rng.getrandbits(30)}", rng.choice(YELLOWS), 0.45, mottle=0.12, scale=1.5)
    k = rng.uniform(0.55, 1.1)
    _tracks(sh, pal)
    at = Matrix.Rotation(math.radians(rng.choice([0, rng.uniform(-180, 180)])), 4, "Z")
    sh.box(-2.2, 0.9, -1.3, 1.3, 1.05, 1.9, body, at)
    sh.box(-2.4, -1.4, -1.25, 1.25, 1.1, 2.15, rng.choice([body, pal["black"]]), at)
    sh.box(-0.4, 1.25, 0.35, 1.3, 1.05, 2.95, body, at)
    sh.box(-0.2, 1.1, 0.45, 1.2, 2.94, 2.97, rng.choice([body, pal["glass"]]), at)
    sh.box(1.24, 1.27, 0.42, 1.22, 1.55, 2.8, pal["glass"], at)
    _arm(sh, pal, rng, body, at)
    e = mk.entity("excavator", [sh], (9.0 * k, 2.9 * k, 4.5 * k))
    e.root.scale = (k, k, k)
    return e


def _tracks(sh, pal):
    for s in (1, -1):
        y0, y1 = sorted((s * 0.85, s * 1.45))
        ends = [(2.0, np.linspace(-math.pi / 2, math.pi / 2, 8)), (-2.0, np.linspace(math.pi / 2, 1.5 * math.pi, 8))]
        ring = [(x + 0.42 * math.cos(q), 0.45 + 0.42 * math.sin(q)) for x, turns in ends for q in turns]
        sh.loft([[(x, y0, z) for x, z in ring], [(x, y1, z) for x, z in ring]], pal["rubber"], smooth=False)
        for x in np.arange(-2.1, 2.2, 0.25):
            sh.box(x, x + 0.10, y0 - 0.01, y1 + 0.01, 0.84, 0.90, pal["steel"])
    sh.box(-1.0, 1.0, -0.9, 0.9, 0.5, 1.0, pal["black"])


def _arm(sh, pal, rng, body, at):
    """Boom and stick, from stretched out to folded, and the bucket at their end."""
    lift, reach = rng.uniform(-0.9, 0.9), rng.uniform(0.55, 1.15)
    knee = (0.7 + 2.4 * reach, -0.25, 4.1 + lift * 0.6)
    elbow = (0.7 + 4.6 * reach, -0.25, 3.6 + lift)
    wrist = (0.7 + (4.6 + rng.uniform(-0.6, 1.5)) * reach, -0.25, max(1.2, 1.3 + lift))
    _bar(sh, (0.7, -0.25, 1.6), knee, 0.2, 0.45, 0.75, body, at)
    _bar(sh, knee, elbow, 0.2, 0.75, 0.42, body, at)
    _bar(sh, elbow, wrist, 0.16, 0.6, 0.32, body, at)
    _bar(sh, (1.0, -0.25, 1.3), knee, 0.09, 0.16, 0.16, pal["steel"], at)
    x, _, z = wrist
    outline = [(-0.1, 0.1), (0.35, -0.25), (0.1, -1.0), (-0.55, -1.15), (-0.95, -0.7), (-0.7, -0.6), (-0.45, -0.75)]
    sides = [[(x + a, y, z + c) for a, c in outline] for y in (-0.75, 0.25)]
    sh.loft(sides, rng.choice([pal["steel"], pal["black"], body]), smooth=False, at=at)


def _bar(sh, p, q, w, h0, h1, mat, at):
    p, q = Vector(p), Vector(q)
    d = (q - p).normalized()
    n = Vector((-d.z, 0, d.x))

    def ring(c, h):
        up, side = n * h / 2, Vector((0, w, 0))
        return [c + up - side, c + up + side, c - up + side, c - up - side]

    sh.loft([ring(p, h0), ring(q, h1)], mat, smooth=False, at=at)


def two_wheeler(mk):
    """A bicycle, moped or delivery trike with a rider, or parked without one."""
    rng, pal, sh = mk.rng, mk.pal, Shape()
    body = paint(rng)[0]
    kind = rng.choice(["bicycle", "moped", "moped", "courier"])
    half, r, thick = 0.55, 0.32 if kind == "bicycle" else 0.25, 0.03 if kind == "bicycle" else 0.09
    for x in (-half, half):
        sh.tube((x, -thick / 2, r), (x, thick / 2, r), r, r, pal["rubber"], 16)
    sh.tube((half, 0, r), (half - 0.15, 0, 1.0), 0.03, 0.03, pal["steel"], 8)
    sh.tube((half - 0.15, -0.32, 1.02), (half - 0.15, 0.32, 1.02), 0.025, 0.025, pal["black"], 8)
    if kind == "bicycle":
        sh.tube((-half, 0, r), (-0.1, 0, 0.75), 0.025, 0.025, body, 8)
        sh.tube((-0.1, 0, 0.75), (half - 0.15, 0, 0.85), 0.025, 0.025, body, 8)
        sh.box(-0.25, 0.0, -0.08, 0.08, 0.86, 0.92, pal["black"])
    else:
        sh.box(-0.75, 0.0, -0.16, 0.16, 0.45, 0.75, body)
        sh.box(-0.70, 0.0, -0.15, 0.15, 0.75, 0.82, pal["black"])
        sh.box(0.0, 0.35, -0.17, 0.17, 0.28, 0.34, body)
        sh.box(0.32, 0.46, -0.22, 0.22, 0.34, 0.98, body)
    if kind == "courier":
        box = material(f"box_{rng.randrange(9)}", rng.choice([(0.7, 0.45, 0.02), (0.02, 0.2, 0.6), (0.5, 0.5, 0.5)]))
        sh.box(-0.95, -0.45, -0.25, 0.25, 0.85, 1.35, box)
    if rng.random() < 0.75:
        _rider(sh, pal, rng, half)
    return mk.entity("two_wheeler", [sh], (1.75, 0.65, 1.6))


def _rider(sh, pal, rng, half):
    cloth = material(f"cloth_{rng.getrandbits(20)}", tuple(rng.uniform(0.02, 0.6) for _ in range(3)), 0.9)
    legs = material(f"legs_{rng.getrandbits(20)}", tuple(rng.uniform(0.01, 0.2) for _ in range(3)), 0.9)
    helmet = material(f"helmet_{rng.getrandbits(20)}", tuple(rng.uniform(0.01, 0.8) for _ in range(3)), 0.3)
    lean = rng.uniform(0.0, 0.2)
    sh.ball((-0.1 + lean / 2, 0, 1.18), (0.15, 0.22, 0.32), cloth)
    sh.ball((0.0 + lean, 0, 1.62), (0.13, 0.11, 0.13), rng.choice([helmet, helmet, pal["hair"]]))
    for s in (1, -1):
        sh.tube((0.0, s * 0.20, 1.35), (half - 0.15, s * 0.28, 1.04), 0.05, 0.04, cloth, 8)
        sh.tube((-0.1, s * 0.10, 0.92), (0.2, s * 0.14, 0.75), 0.08, 0.07, legs, 8)
        sh.tube((0.2, s * 0.14, 0.75), (0.15, s * 0.14, 0.32), 0.07, 0.05, legs, 8)
