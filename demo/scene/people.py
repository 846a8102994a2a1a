# SPDX-License-Identifier: GPL-3.0-or-later
# Imports bpy, which is GPL; the rest of the project is Apache-2.0.
"""People: mannequins with one pose family."""

from .materials import material
from .shape import Shape


def person(mk):
    pal, rng, sh = mk.pal, mk.rng, Shape()
    top = material(
        f"cloth_{rng.randrange(14)}", (rng.uniform(0.02, 0.6), rng.uniform(0.02, 0.5), rng.uniform(0.02, 0.55)), 0.9
    )
    leg = material(
        f"trousers_{rng.randrange(4)}",
        rng.choice([(0.02, 0.025, 0.05), (0.015, 0.015, 0.016), (0.12, 0.12, 0.13), (0.20, 0.16, 0.11)]),
        0.9,
    )
    k, step = rng.uniform(0.93, 1.05), rng.uniform(-0.25, 0.25)
    for s in (1, -1):
        foot = (s * step, s * 0.09, 0.06)
        sh.tube(foot, (s * step * 0.45, s * 0.09, 0.48), 0.055, 0.07, leg, 10).tube(
            (s * step * 0.45, s * 0.09, 0.48), (0, s * 0.09, 0.92), 0.07, 0.09, leg, 10
        )
        sh.ball((foot[0] + 0.07, foot[1], 0.05), (0.14, 0.05, 0.05), pal["black"], 6)
        hand = (-s * step * 0.9, s * 0.27, 0.80)
        sh.tube((0, s * 0.19, 1.40), (-s * step * 0.4, s * 0.25, 1.10), 0.055, 0.048, top, 10).tube(
            (-s * step * 0.4, s * 0.25, 1.10), hand, 0.045, 0.035, rng.choice([top, pal["skin"]]), 10
        )
        sh.ball(hand, (0.045, 0.035, 0.06), pal["skin"], 6)
    sh.ball((0, 0, 1.18), (0.13, 0.20, 0.34), top).ball((0, 0, 0.95), (0.13, 0.17, 0.15), leg).tube(
        (0, 0, 1.40), (0, 0, 1.55), 0.05, 0.05, pal["skin"], 10
    )
    sh.ball((0.01, 0, 1.63), (0.10, 0.078, 0.12), pal["skin"]).ball(
        (-0.015, 0, 1.665), (0.105, 0.086, 0.105), pal["hair"]
    )
    e = mk.entity("person", [sh], (0.5 * k, 0.5 * k, 1.75 * k))
    e.root.scale = (k, k, k)
    return e
