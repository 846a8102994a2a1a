# SPDX-License-Identifier: GPL-3.0-or-later
# Imports bpy, which is GPL; the rest of the project is Apache-2.0.
"""Surfaces: one Principled material per name, and the fixed palette of a block."""

import bpy


def material(name, color, rough=0.6, metal=0.0, coat=0.0, emit=0.0, mottle=0.0, scale=4.0, bump=0.0, pattern="noise"):
    """A Principled material, shared by name. `mottle` varies the colour, `bump` the normal, both in metres-based noise."""
    if name in bpy.data.materials:
        return bpy.data.materials[name]
    m = bpy.data.materials.new(name)
    tree = m.node_tree
    node, link = tree.nodes.new, tree.links.new
    bsdf = tree.nodes["Principled BSDF"]
    bsdf.inputs["Base Color"].default_value = (*color, 1)
    bsdf.inputs["Roughness"].default_value = rough
    bsdf.inputs["Metallic"].default_value = metal
    bsdf.inputs["Coat Weight"].default_value = coat
    bsdf.inputs["Coat Roughness"].default_value = 0.05
    if emit:
        bsdf.inputs["Emission Color"].default_value = (*color, 1)
        bsdf.inputs["Emission Strength"].default_value = emit
    if not (mottle or bump):
        return m
    where = node("ShaderNodeTexCoord").outputs["Object"]
    if pattern == "noise":
        tex = node("ShaderNodeTexNoise")
        tex.inputs["Scale"].default_value = scale
        tex.inputs["Detail"].default_value = 6
        tex.inputs["Roughness"].default_value = 0.7
        value = tex.outputs["Fac"]
    elif pattern == "wave":  # corrugated steel
        tex = node("ShaderNodeTexWave")
        tex.inputs["Scale"].default_value = scale
        value = tex.outputs["Fac"]
    else:  # paving tiles
        tex = node("ShaderNodeTexBrick")
        tex.inputs["Scale"].default_value = scale
        tex.inputs["Mortar Size"].default_value = 0.02
        tex.inputs["Color1"].default_value = (1, 1, 1, 1)
        tex.inputs["Color2"].default_value = (0.6, 0.6, 0.6, 1)
        tex.inputs["Mortar"].default_value = (0, 0, 0, 1)
        value = tex.outputs["Color"]
    link(where, tex.inputs["Vector"])
    if mottle:
        ramp = node("ShaderNodeValToRGB")
        low, high = ramp.color_ramp.elements
        low.position, high.position = (0.3, 0.7) if pattern == "noise" else (0.0, 1.0)
        low.color = (*[c * (1 - mottle) for c in color], 1)
        high.color = (*[min(1, c * (1 + mottle)) for c in color], 1)
        link(value, ramp.inputs["Fac"])
        link(ramp.outputs["Color"], bsdf.inputs["Base Color"])
    if bump:
        b = node("ShaderNodeBump")
        b.inputs["Strength"].default_value = bump
        b.inputs["Distance"].default_value = 0.03
        link(value, b.inputs["Height"])
        link(b.outputs["Normal"], bsdf.inputs["Normal"])
    return m


def palette():
    """The fixed materials of a block."""
    return dict(
        asphalt=material("asphalt", (0.125, 0.124, 0.122), 0.88, mottle=0.30, scale=0.6, bump=0.15),
        patch=material("patch", (0.085, 0.085, 0.086), 0.9, mottle=0.3, scale=3, bump=0.2),
        white=material("white_line", (0.62, 0.62, 0.60), 0.7, mottle=0.22, scale=3),
        yellow=material("yellow_line", (0.62, 0.40, 0.04), 0.7, mottle=0.22, scale=3),
        kerb=material("kerb", (0.42, 0.41, 0.39), 0.85, mottle=0.2, scale=2),
        paving=material("paving", (0.30, 0.27, 0.25), 0.85, mottle=0.25, scale=1.6, bump=0.2, pattern="brick"),
        grass=material("grass", (0.075, 0.11, 0.03), 0.95, mottle=0.5, scale=0.25, bump=0.6),
        yard=material("yard", (0.26, 0.25, 0.24), 0.9, mottle=0.3, scale=0.25),
        soil=material("soil", (0.17, 0.10, 0.055), 0.97, mottle=0.45, scale=1.8, bump=1.0),
        bark=material("bark", (0.10, 0.07, 0.05), 0.9, mottle=0.4, scale=6),
        rubber=material("rubber", (0.012, 0.012, 0.013), 0.75),
        black=material("black_plastic", (0.018, 0.018, 0.02), 0.5),
        rim=material("rim", (0.45, 0.46, 0.48), 0.35, metal=0.8),
        steel=material("steel", (0.35, 0.36, 0.38), 0.5, metal=0.7),
        glass=material("car_glass", (0.012, 0.016, 0.018), 0.06, coat=0.6),
        window=material("window", (0.035, 0.05, 0.06), 0.08, coat=0.5),
        lamp=material("headlamp", (0.75, 0.78, 0.80), 0.1, coat=1.0),
        lamp_on=material("headlamp_on", (1.0, 0.95, 0.85), emit=18),
        tail=material("tail", (0.35, 0.012, 0.01), 0.2, coat=1.0),
        tail_on=material("tail_on", (1.0, 0.03, 0.01), emit=1.5),
        plate_blue=material("plate_blue", (0.01, 0.06, 0.40), 0.4),
        plate_yellow=material("plate_yellow", (0.75, 0.45, 0.02), 0.4),
        ink_white=material("ink_white", (0.85, 0.85, 0.85), 0.5),
        ink_black=material("ink_black", (0.01, 0.01, 0.01), 0.5),
        blue_roof=material(
            "blue_roof", (0.03, 0.13, 0.38), 0.45, metal=0.2, mottle=0.18, scale=3.5, bump=1.0, pattern="wave"
        ),
        red_roof=material("red_roof", (0.32, 0.07, 0.04), 0.6, mottle=0.18, scale=3.5, bump=1.0, pattern="wave"),
        concrete=material("concrete", (0.36, 0.35, 0.33), 0.9, mottle=0.22, scale=0.5),
        skin=material("skin", (0.50, 0.31, 0.22), 0.6),
        hair=material("hair", (0.012, 0.010, 0.010), 0.6),
    )


PAINTS = [
    ((0.80, 0.80, 0.79), 34),
    ((0.012, 0.012, 0.014), 18),
    ((0.30, 0.31, 0.33), 12),
    ((0.10, 0.105, 0.11), 12),
    ((0.02, 0.05, 0.18), 7),
    ((0.35, 0.015, 0.015), 6),
    ((0.22, 0.14, 0.08), 4),
    ((0.06, 0.16, 0.30), 4),
    ((0.52, 0.47, 0.38), 3),
    ((0.55, 0.26, 0.02), 2),
    ((0.03, 0.13, 0.07), 2),
]


def paint(rng, color=None):
    c = color or rng.choices([p for p, _ in PAINTS], [w for _, w in PAINTS])[0]
    c = tuple(min(1, max(0.005, v * rng.uniform(0.85, 1.12))) for v in c)
    return material(
        f"paint_{rng.getrandbits(40):x}",
        c,
        rng.uniform(0.28, 0.5),
        metal=rng.choice([0, 0.25]),
        coat=rng.uniform(0.3, 0.9),
    ), c
