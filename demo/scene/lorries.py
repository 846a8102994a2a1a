# SPDX-License-Identifier: GPL-3.0-or-later
# Imports bpy, which is GPL; the rest of the project is Apache-2.0.
"""Buses and lorries."""

import math

import numpy as np
from mathutils import Matrix

from .cars import add_plates, add_wheel
from .materials import material, paint
from .shape import Shape


def big_wheels(mk, sh, axles, half, r, dual=()):
    for x in axles:
        for s in (1, -1):
            add_wheel(sh, mk.pal, x, s * half, r, width=0.55 if x in dual else 0.3, rim="steel")


def cab(mk, sh, x0, x1, half, z0, z1, mat, front, shade=True):
    """A cab-over lorry cab."""
    pal = mk.pal
    rows = [
        (x0, z0, z1 - 0.02, 0.97),
        (x0 + 0.1, z0, z1, 1),
        (x1 - 0.35, z0, z1, 1),
        (x1 - 0.08, z0, z1 - 0.18, 0.99),
        (x1, z0 + 0.05, z0 + (z1 - z0) * 0.46, 0.97),
    ]
    rings = []
    for x, a, b, w in rows:
        w *= half
        rings.append([(x, -w, a), (x, w, a), (x, w, b - 0.12), (x, w - 0.12, b), (x, -w + 0.12, b), (x, -w, b - 0.12)])
    sh.loft(rings, mat, smooth=False)
    zm = z0 + (z1 - z0) * 0.46
    sh.panel(
        (x1 + 0.012, half * 0.88, zm + 0.03),
        (x1 + 0.012, -half * 0.88, zm + 0.03),
        (x1 - 0.10, -half * 0.84, z1 - 0.22),
        (x1 - 0.10, half * 0.84, z1 - 0.22),
        [0, 1],
        [0, 1],
        mat,
        pal["glass"],
        {(0, 0)},
    )
    for s in (1, -1):
        y = s * (half + 0.006)
        a, b = (x0 + 0.25, y, zm), (x1 - 0.30, y, zm)
        c, d = (x1 - 0.42, y, z1 - 0.28), (x0 + 0.25, y, z1 - 0.28)
        sh.add([a, b, c, d] if s < 0 else [b, a, d, c], [(0, 1, 2, 3)], pal["glass"])
        sh.box(x1 - 0.02, x1 + 0.03, *sorted((s * half * 0.60, s * half * 0.92)), z0 + 0.10, z0 + 0.30, front)
        sh.box(
            x1 - 0.10, x1 + 0.05, *sorted((s * (half + 0.05), s * (half + 0.22))), zm + 0.05, zm + 0.55, pal["black"]
        )
    sh.box(x1 - 0.02, x1 + 0.02, -half * 0.55, half * 0.55, z0 + 0.32, zm - 0.12, pal["black"])
    sh.box(x1 - 0.2, x1 + 0.06, -half, half, z0 - 0.22, z0 + 0.06, pal["black"])
    if shade:
        sh.box(x1 - 0.16, x1 + 0.06, -half * 0.9, half * 0.9, z1 - 0.20, z1 - 0.12, mat)


def bus(mk, moving=False):
    pal, rng, sh = mk.pal, mk.rng, Shape()
    l, w, h = rng.choice([(10.5, 2.5, 3.15), (12.0, 2.55, 3.2), (8.3, 2.4, 3.0)])
    half, x1 = w / 2, l / 2
    body, rgb = paint(
        rng,
        rng.choice(
            [(0.05, 0.30, 0.10), (0.06, 0.20, 0.50), (0.72, 0.72, 0.70), (0.55, 0.35, 0.03), (0.15, 0.42, 0.40)]
        ),
    )
    skirt = paint(rng, rng.choice([(0.75, 0.75, 0.74), rgb]))[0]
    front, tail = mk.lamps(moving)

    def ring(x, k, z0, z1):
        a = half * k
        pts = [(a, z0), (a, z1 - 0.22), (a - 0.10, z1 - 0.06), (a - 0.35, z1)]
        return [(x, y, z) for y, z in pts] + [(x, -y, z) for y, z in reversed(pts)]

    sh.loft(
        [
            ring(-x1, 0.96, 0.40, h - 0.10),
            ring(-x1 + 0.12, 1, 0.33, h),
            ring(x1 - 0.25, 1, 0.33, h),
            ring(x1 - 0.04, 0.97, 0.36, h - 0.12),
            ring(x1, 0.92, 0.42, h - 0.3),
        ],
        body,
        smooth=False,
    )
    n = int((l - 2.0) / 1.25)
    for s in (1, -1):
        y = s * (half + 0.008)
        sh.box(-x1 + 0.3, x1 - 0.3, *sorted((s * half, s * (half + 0.004))), 0.36, 1.05, skirt)
        for i in range(n):
            a = -x1 + 0.55 + i * (l - 1.2) / n
            b = a + (l - 1.2) / n - 0.07
            z0 = 0.55 if s < 0 and i in (n // 2, n - 1) else 1.22  # doors on the right-hand side
            v = [(a, y, z0), (b, y, z0), (b, y, h - 0.62), (a, y, h - 0.62)]
            sh.add(v if s < 0 else v[::-1], [(0, 1, 2, 3)], pal["glass"])
        sh.box(x1 - 0.03, x1 + 0.02, *sorted((s * half * 0.55, s * half * 0.88)), 0.62, 0.84, front)
        sh.box(-x1 - 0.02, -x1 + 0.03, *sorted((s * half * 0.74, s * half * 0.93)), 0.75, 1.3, tail)
        sh.box(x1 - 0.05, x1 + 0.25, *sorted((s * half, s * (half + 0.25))), 2.1, 2.5, pal["black"])
    sh.panel(
        (x1 + 0.015, half * 0.86, 1.05),
        (x1 + 0.015, -half * 0.86, 1.05),
        (x1 - 0.03, -half * 0.86, h - 0.62),
        (x1 - 0.03, half * 0.86, h - 0.62),
        [0, 1],
        [0, 1],
        body,
        pal["glass"],
        {(0, 0)},
    )
    sh.panel(
        (-x1 - 0.012, -half * 0.8, 1.7),
        (-x1 - 0.012, half * 0.8, 1.7),
        (-x1 - 0.012, half * 0.8, h - 0.5),
        (-x1 - 0.012, -half * 0.8, h - 0.5),
        [0, 1],
        [0, 1],
        body,
        pal["glass"],
        {(0, 0)},
    )
    led = material("led_sign", (0.9, 0.32, 0.03), emit=1.2)
    sh.box(x1 - 0.06, x1 + 0.005, -half * 0.6, half * 0.6, h - 0.50, h - 0.24, pal["black"])
    sh.text(
        rng.choice(["湖州 9", "K12 路", "1 路", "28 路"]),
        0.16,
        led,
        Matrix.Translation((x1 + 0.012, 0, h - 0.37))
        @ Matrix.Rotation(math.pi / 2, 4, "Z")
        @ Matrix.Rotation(math.pi / 2, 4, "X"),
    )
    for x in (-l * 0.22, l * 0.18):  # air conditioners and hatch
        sh.box(x - 1.1, x + 1.1, -half * 0.62, half * 0.62, h - 0.02, h + 0.22, pal["ink_white"])
    big_wheels(mk, sh, (-l * 0.27, l * 0.30), half + 0.01, 0.49, dual=(-l * 0.27,))
    text = mk.plate()
    add_plates(sh, pal, text, x1 + 0.03, -x1 - 0.03, 0.55, 0.62, "yellow")
    return mk.entity("bus", [sh], (l, w, h + 0.22), color=[round(c, 3) for c in rgb], plate=text)


def truck(mk, moving=False):
    """A light lorry: box body, or flatbed with side boards."""
    pal, rng, sh = mk.pal, mk.rng, Shape()
    l, w, h = (5.99, 2.1, 3.0) if rng.random() < 0.6 else (8.6, 2.45, 3.5)
    half, x1, r = w / 2, l / 2, 0.40 if l < 7 else 0.48
    body, rgb = paint(rng, rng.choice([(0.75, 0.75, 0.74), (0.03, 0.12, 0.42), (0.03, 0.12, 0.42), (0.45, 0.02, 0.02)]))
    front, tail = mk.lamps(moving)
    cab_z = 2.15 if l < 7 else 2.75
    cab(mk, sh, x1 - 1.65, x1 - 0.05, half * 0.95, 0.62, cab_z, body, front)
    sh.box(-x1, x1 - 1.2, -0.42, 0.42, 0.60, 0.85, pal["black"])
    axles = (-l / 2 + 1.3, l / 2 - 1.05)
    big_wheels(mk, sh, axles, half * 0.97, r, dual=(axles[0],))
    if rng.random() < 0.6:
        box = material(
            f"box_{rng.randrange(4)}",
            rng.choice([(0.74, 0.74, 0.72), (0.62, 0.64, 0.66), (0.72, 0.70, 0.62)]),
            0.45,
            mottle=0.08,
            scale=1,
        )
        sh.box(-x1, x1 - 1.78, -half, half, 0.95, h, box)
        for s in (1, -1):
            for x in np.arange(-x1 + 0.05, x1 - 1.85, 0.6):
                sh.box(x, x + 0.05, *sorted((s * half, s * (half + 0.02))), 0.95, h, pal["steel"])
    else:
        h = cab_z
        sh.box(-x1, x1 - 1.78, -half, half, 0.92, 1.02, body)
        for s in (1, -1):
            sh.box(-x1, x1 - 1.78, *sorted((s * half, s * (half - 0.05))), 0.92, 1.5, body)
        sh.box(-x1, -x1 + 0.05, -half, half, 0.92, 1.5, body)
        sh.box(x1 - 1.85, x1 - 1.78, -half, half, 0.92, 2.0, body)
        for _ in range(rng.randrange(5)):
            x, y, s = rng.uniform(-x1 + 0.6, x1 - 2.6), rng.uniform(-0.4, 0.4), rng.uniform(0.3, 0.6)
            sh.box(
                x - s,
                x + s,
                y - s * 0.7,
                y + s * 0.7,
                1.02,
                1.02 + s * 1.2,
                material(
                    f"load_{rng.randrange(5)}",
                    (rng.uniform(0.1, 0.6), rng.uniform(0.1, 0.5), rng.uniform(0.05, 0.4)),
                    0.8,
                ),
            )
    for s in (1, -1):
        sh.box(-x1 - 0.03, -x1 + 0.02, *sorted((s * half * 0.7, s * half * 0.95)), 0.62, 0.78, tail)
    text = mk.plate()
    add_plates(sh, pal, text, x1 + 0.03, -x1 - 0.04, 0.55, 0.70, "yellow" if l > 7 else "blue")
    return mk.entity("truck", [sh], (l, w, h), color=[round(c, 3) for c in rgb], plate=text)
