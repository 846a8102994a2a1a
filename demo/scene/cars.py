# SPDX-License-Identifier: GPL-3.0-or-later
# Imports bpy, which is GPL; the rest of the project is Apache-2.0.
"""Cars and vans."""

import math

from mathutils import Matrix

from .materials import paint
from .shape import Shape, smooth_curve


def add_plates(sh, pal, text, x_front, x_rear, z_front, z_rear, kind="blue", w=0.44, h=0.14):
    """Front and rear number plates with real characters."""
    back = pal["plate_" + kind]
    ink = pal["ink_white"] if kind == "blue" else pal["ink_black"]
    for x, z, side in ((x_front, z_front, 1), (x_rear, z_rear, -1)):
        face = (
            Matrix.Translation((x, 0, z))
            @ Matrix.Rotation(side * math.pi / 2, 4, "Z")
            @ Matrix.Rotation(math.pi / 2, 4, "X")
        )
        sh.add(
            [(-w / 2, -h / 2, 0), (w / 2, -h / 2, 0), (w / 2, h / 2, 0), (-w / 2, h / 2, 0)],
            [(0, 1, 2, 3)],
            back,
            at=face,
        )
        sh.text(text, h * 0.55, ink, face @ Matrix.Translation((0, 0, 0.004)))


def add_wheel(sh, pal, x, y, r, width=0.22, rim="rim", arch=None):
    """One wheel with its outer face at |y|; `arch` is the radius of the dark opening behind it."""
    s = 1 if y > 0 else -1
    if arch:
        sh.tube((x, y - s * 0.045, r * 1.04), (x, y - s * 0.015, r * 1.04), arch, arch, pal["black"], 24)
    sh.tube((x, y - s * width, r), (x, y, r), r, r, pal["rubber"], 22)
    sh.tube((x, y, r), (x, y + s * 0.012, r), r * 0.68, r * 0.60, pal[rim], 18)
    sh.tube((x, y + s * 0.012, r), (x, y + s * 0.02, r), r * 0.18, r * 0.16, pal["black"], 8)
    for k in range(5):  # the gaps between the spokes
        q = 2 * math.pi * k / 5
        c = (x + 0.42 * r * math.cos(q), y + s * 0.014, r + 0.42 * r * math.sin(q))
        sh.tube(c, (c[0], c[1] + s * 0.003, c[2]), r * 0.11, r * 0.11, pal["black"], 8)


def hull(sh, stations, half, mat):
    """A car's lower body: stations (x, bottom, top, width factor) from rear to front, smoothed both ways."""
    rows = smooth_curve(stations, 4)
    rings = []
    for x, zb, zt, w in rows:
        w *= half
        prof = [
            (0, zb),
            (0.80 * w, zb),
            (0.97 * w, zb + 0.10),
            (w, zb + 0.55 * (zt - zb)),
            (0.975 * w, zt - 0.12),
            (0.90 * w, zt - 0.015),
            (0.70 * w, zt + 0.012),
            (0, zt + 0.03),
        ]
        prof = smooth_curve(prof, 2)
        rings.append([(x, y, z) for y, z in prof] + [(x, -y, z) for y, z in prof[-2:0:-1]])
    sh.loft(rings, mat)


def greenhouse(sh, pal, mat, belt, roof, z0, z1, w0, w1, pillars, rear_glass=True):
    """A cabin: belt and roof are (rear x, front x), w0/w1 their half widths, pillars where the side glass is cut."""
    (b0, b1), (r0, r1) = belt, roof
    vs = [0, 0.10, 0.84, 1]
    glass = {(i, 1) for i in range(1, len(pillars) - 1, 2)}
    for s in (1, -1):
        a, b, c, d = (b0, s * w0, z0), (b1, s * w0, z0), (r1, s * w1, z1), (r0, s * w1, z1)
        if s < 0:
            a, b, c, d = b, a, d, c
        us = pillars if s > 0 else [1 - u for u in reversed(pillars)]
        # seen from outside on the left the panel runs rear to front, on the right front to rear
        cells = glass if s > 0 else {(len(us) - 2 - i, j) for i, j in glass}
        sh.panel(
            b, a, d, c, [1 - u for u in reversed(us)], vs, mat, pal["glass"], {(len(us) - 2 - i, j) for i, j in cells}
        )
    edge = [0, 0.07, 0.93, 1]
    sh.panel(
        (b1, w0, z0), (b1, -w0, z0), (r1, -w1, z1), (r1, w1, z1), edge, [0, 0.04, 0.94, 1], mat, pal["glass"], {(1, 1)}
    )
    sh.panel(
        (b0, -w0, z0),
        (b0, w0, z0),
        (r0, w1, z1),
        (r0, -w1, z1),
        edge,
        [0, 0.16, 0.88, 1],
        mat,
        pal["glass"],
        {(1, 1)} if rear_glass else set(),
    )
    n = 6
    v = [
        (
            r0 + (r1 - r0) * i / n,
            w1 * (2 * j / n - 1),
            z1 + 0.045 * (1 - (2 * i / n - 1) ** 4) * (1 - (2 * j / n - 1) ** 4),
        )
        for i in range(n + 1)
        for j in range(n + 1)
    ]
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


CARS = {  # length, width, height, stations (x, bottom, top, width), belt, roof, belt z, pillars
    "sedan": dict(
        size=(4.72, 1.82, 1.46),
        wheel=0.325,
        axles=(-1.36, 1.38),
        belt=(-1.78, 1.12),
        roof=(-1.02, 0.32),
        z=0.93,
        st=[
            (-2.36, 0.40, 0.82, 0.80),
            (-2.22, 0.28, 0.98, 0.92),
            (-1.6, 0.20, 1.00, 0.99),
            (-0.6, 0.19, 0.97, 1),
            (0.4, 0.19, 0.95, 1),
            (1.15, 0.20, 0.93, 1),
            (1.8, 0.20, 0.84, 0.97),
            (2.2, 0.22, 0.72, 0.90),
            (2.36, 0.32, 0.58, 0.74),
        ],
        pillars=[0, 0.10, 0.45, 0.50, 0.93, 1],
    ),
    "suv": dict(
        size=(4.65, 1.88, 1.70),
        wheel=0.36,
        axles=(-1.32, 1.36),
        belt=(-2.12, 1.12),
        roof=(-1.80, 0.42),
        z=1.06,
        st=[
            (-2.32, 0.42, 0.98, 0.84),
            (-2.24, 0.32, 1.08, 0.93),
            (-1.6, 0.26, 1.10, 1),
            (-0.5, 0.25, 1.09, 1),
            (0.5, 0.25, 1.08, 1),
            (1.2, 0.26, 1.06, 1),
            (1.85, 0.26, 0.99, 0.98),
            (2.2, 0.28, 0.88, 0.92),
            (2.32, 0.36, 0.70, 0.80),
        ],
        pillars=[0, 0.07, 0.30, 0.33, 0.60, 0.64, 0.93, 1],
    ),
    "hatch": dict(
        size=(4.15, 1.75, 1.50),
        wheel=0.31,
        axles=(-1.25, 1.27),
        belt=(-1.92, 1.08),
        roof=(-1.55, 0.35),
        z=0.94,
        st=[
            (-2.07, 0.40, 0.86, 0.82),
            (-1.98, 0.28, 0.98, 0.92),
            (-1.4, 0.20, 0.99, 0.99),
            (-0.4, 0.19, 0.97, 1),
            (0.5, 0.19, 0.95, 1),
            (1.1, 0.20, 0.93, 1),
            (1.6, 0.20, 0.85, 0.97),
            (1.95, 0.22, 0.74, 0.90),
            (2.07, 0.32, 0.58, 0.76),
        ],
        pillars=[0, 0.10, 0.42, 0.47, 0.92, 1],
    ),
}
VANS = {
    "micro": dict(
        size=(4.40, 1.70, 1.92),
        wheel=0.30,
        axles=(-1.30, 1.42),
        belt=(-2.16, 1.62),
        roof=(-2.06, 0.95),
        z=1.05,
        st=[
            (-2.20, 0.40, 0.95, 0.94),
            (-2.16, 0.28, 1.06, 0.97),
            (-1.4, 0.24, 1.08, 1),
            (0, 0.24, 1.08, 1),
            (1.0, 0.24, 1.07, 1),
            (1.6, 0.25, 1.02, 0.99),
            (2.0, 0.26, 0.90, 0.95),
            (2.16, 0.30, 0.78, 0.90),
            (2.20, 0.38, 0.62, 0.84),
        ],
        pillars=[0, 0.05, 0.30, 0.33, 0.60, 0.64, 0.93, 1],
    ),
    "panel": dict(
        size=(5.60, 2.05, 2.45),
        wheel=0.34,
        axles=(-1.75, 1.90),
        belt=(-2.76, 1.86),
        roof=(-2.72, 1.05),
        z=1.22,
        st=[
            (-2.80, 0.42, 1.10, 0.96),
            (-2.76, 0.32, 1.24, 0.98),
            (-1.6, 0.28, 1.25, 1),
            (0, 0.28, 1.25, 1),
            (1.2, 0.28, 1.24, 1),
            (1.9, 0.29, 1.16, 0.99),
            (2.5, 0.30, 0.98, 0.95),
            (2.74, 0.34, 0.82, 0.88),
            (2.80, 0.42, 0.66, 0.80),
        ],
        pillars=[0, 0.72, 0.94, 1],
    ),
}


def car(mk, model=None, color=None, moving=False):
    model = model or mk.rng.choices(["sedan", "suv", "hatch"], [45, 40, 15])[0]
    return _car(mk, "car", CARS[model], model, color, moving)


def van(mk, model=None, color=None, moving=False):
    model = model or mk.rng.choice(["micro", "panel"])
    color = color or mk.rng.choice([(0.78, 0.78, 0.77), (0.78, 0.78, 0.77), (0.42, 0.43, 0.45), None])
    return _car(mk, "van", VANS[model], model, color, moving)


def _car(mk, kind, d, model, color, moving):
    pal, rng, sh = mk.pal, mk.rng, Shape()
    body, rgb = paint(rng, color)
    l, w, h = d["size"]
    half = w / 2
    hull(sh, d["st"], half, body)
    z0 = d["z"]
    greenhouse(
        sh,
        pal,
        body,
        d["belt"],
        d["roof"],
        z0,
        h - 0.045,
        half * 0.90,
        half * (0.70 if kind == "car" else 0.82),
        d["pillars"],
    )
    front, tail = mk.lamps(moving)
    top = d["st"][-2][2]
    for s in (1, -1):
        for x in d["axles"]:
            add_wheel(sh, pal, x, s * (half + 0.005), d["wheel"], arch=d["wheel"] * 1.2)
        y0, y1 = sorted((s * half * 0.50, s * half * 0.86))
        sh.box(l / 2 - 0.34, l / 2 - 0.07, y0, y1, top - 0.14, top - 0.02, front)
        y0, y1 = sorted((s * half * 0.56, s * half * 0.88))
        sh.box(-l / 2 + 0.01, -l / 2 + 0.16, y0, y1, d["st"][1][2] - 0.26, d["st"][1][2] - 0.10, tail)
        y0, y1 = sorted((s * half * 0.96, s * (half + 0.17)))
        sh.box(d["belt"][1] - 0.42, d["belt"][1] - 0.26, y0, y1, z0 + 0.02, z0 + 0.15, body)
        y0, y1 = sorted((s * half * 0.99, s * half * 1.004))
        sh.box(d["axles"][0] + 0.42, d["axles"][1] - 0.42, y0, y1, 0.22, 0.33, pal["black"])  # sill
        for u in (0.05, 0.5, 0.93):  # door gaps
            x = d["axles"][0] + 0.5 + u * (d["axles"][1] - d["axles"][0] - 0.9)
            sh.box(x, x + 0.014, *sorted((s * half * 0.985, s * half * 1.003)), 0.35, z0 - 0.06, pal["black"])
    sh.box(l / 2 - 0.12, l / 2 - 0.01, -half * 0.46, half * 0.46, top - 0.20, top - 0.08, pal["black"])  # grille
    sh.box(l / 2 - 0.16, l / 2 + 0.005, -half * 0.55, half * 0.55, 0.26, 0.40, pal["black"])  # air intake
    sh.box(-l / 2 - 0.005, -l / 2 + 0.12, -half * 0.70, half * 0.70, 0.36, 0.48, pal["black"])  # rear bumper
    text = mk.plate()
    add_plates(sh, pal, text, l / 2 + 0.02, -l / 2 - 0.01, 0.47, 0.66)
    return mk.entity(kind, [sh], d["size"], model=model, color=[round(c, 3) for c in rgb], plate=text)
