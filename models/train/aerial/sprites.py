# SPDX-License-Identifier: GPL-3.0-or-later
# Imports bpy through the demo's scene, which is GPL; the rest of the project is Apache-2.0.
"""Renders vehicles and people from above, each with its shadow on a transparent ground.

    python -m aerial.sprites --out DIR [--part 1/2]

Writes DIR/<kind>_<number>.png (RGBA; the shadow is dark, half transparent) and beside it a JSON with `kind`, `box`
(x, y, width, height of the object without its shadow, pixels), `scale` (pixels a metre) and `pitch` (degrees, -90 is
straight down). A file that exists is left alone, so a stopped run goes on. The camera is orthographic.
"""

import argparse
import json
import math
import random
import sys
from pathlib import Path
from types import SimpleNamespace

import bpy
import cv2
import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[3] / "demo"))

from scene.cars import car, van  # noqa: E402
from scene.entity import Maker  # noqa: E402
from scene.light import daylight  # noqa: E402
from scene.lorries import bus, truck  # noqa: E402
from scene.people import person  # noqa: E402
from scene.shape import Shape  # noqa: E402

from aerial.machines import any_muck_truck, excavator, two_wheeler  # noqa: E402

SEED = 20260401
SAMPLES = 4
GRID = 4  # one render makes GRID x GRID of a kind
# How to make one, how many renders, and pixels a metre: near what they have in the pictures they are pasted into.
KINDS = {
    "muck_truck": (any_muck_truck, 6, 8),
    "excavator": (excavator, 4, 8),
    "two_wheeler": (two_wheeler, 4, 18),
    "truck": (truck, 4, 9),
    "van": (van, 2, 11),
    "person": (person, 2, 22),
    "car": (car, 1, 12),
    "bus": (bus, 1, 7),
}


def main():
    args = arguments()
    args.out.mkdir(parents=True, exist_ok=True)
    # Lettering is too small to see from above, and would need a font.
    Shape.text = lambda self, *_: self
    part, parts = map(int, args.part.split("/"))
    # Kinds take turns, so that a stopped run has some of all.
    jobs = sorted((n / KINDS[kind][1], kind, n) for kind in KINDS for n in range(KINDS[kind][1]))
    for _, kind, number in jobs[part - 1 :: parts]:
        if not (args.out / f"{kind}_{number * GRID**2 + GRID**2 - 1:03}.json").exists():
            render(kind, number, args.out)


def arguments():
    parser = argparse.ArgumentParser(description="Renders vehicles and people from above.")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--part", default="1/1", help="which part of the work, for several processes")
    return parser.parse_args()


def render(kind, number, out):
    """One sheet of a kind, under one sun and from one side, cut into sprites."""
    rng = random.Random(f"{SEED}/{kind}/{number}")
    make, _, scale = KINDS[kind]
    collection = empty_world(rng)
    root = bpy.data.objects.new("root", None)
    collection.objects.link(root)
    maker = Maker(rng, root, collection)
    entities = [make(maker) for _ in range(GRID**2)]
    pitch = -90 if rng.random() < 0.3 else -rng.triangular(35, 90, 80)
    elevation = rng.uniform(28, 75)
    stage = SimpleNamespace(photo=bpy.context.scene, collection=collection)
    lamp = daylight(stage, rng.choice(["clear", "haze"]), rng.uniform(0, 360), elevation)
    if rng.random() < 0.3:  # overcast
        lamp.data.energy, lamp.data.angle = lamp.data.energy * 0.3, 1.0
    size = [max(e.size[i] for e in entities) for i in range(3)]
    reach = max(size) * 0.56 + size[2] / math.tan(math.radians(elevation)) * 0.45 + 0.2
    side = int(2 * reach * scale) // 2 * 2
    places = [((k % GRID - (GRID - 1) / 2) * side, ((GRID - 1) / 2 - k // GRID) * side) for k in range(GRID**2)]
    for entity, (x, y) in zip(entities, places):
        entity.place(x / scale, y / scale / math.sin(math.radians(-pitch)), rng.uniform(0, 360))
    bpy.context.view_layer.update()
    right, up = aim(collection, pitch, GRID * side / scale, GRID * side)
    sheet = out / f".{kind}_{number}.png"
    bpy.context.scene.render.filepath = str(sheet)
    bpy.ops.render.render(write_still=True)
    image = cv2.imread(str(sheet), cv2.IMREAD_UNCHANGED)
    sheet.unlink()
    for k, entity in enumerate(entities):
        y, x = k // GRID * side, k % GRID * side
        path = out / f"{kind}_{number * GRID**2 + k:03}.png"
        cv2.imwrite(str(path), image[y : y + side, x : x + side])
        bx, by, bw, bh = box(entity, right, up, scale, GRID * side)
        about = {"kind": kind, "box": [bx - x, by - y, bw, bh], "scale": scale, "pitch": round(pitch, 1)}
        path.with_suffix(".json").write_text(json.dumps(about))


def empty_world(rng):
    """A ground that only catches shadows, and Cycles on one thread."""
    bpy.ops.wm.read_factory_settings(use_empty=True)
    scene = bpy.context.scene
    collection = scene.collection
    scene.render.engine = "CYCLES"
    r, c, view = scene.render, scene.cycles, scene.view_settings
    r.threads_mode, r.threads, r.film_transparent, r.dither_intensity = "FIXED", 1, True, 0
    r.use_compositing = r.use_sequencer = False
    r.image_settings.file_format, r.image_settings.color_mode = "PNG", "RGBA"
    c.device, c.seed, c.samples, c.use_denoising = "CPU", 1, SAMPLES, True
    c.denoiser, c.max_bounces, c.diffuse_bounces, c.glossy_bounces = "OPENIMAGEDENOISE", 2, 1, 2
    view.view_transform, view.exposure = "AgX", 0.75 + rng.uniform(-0.3, 0.4)
    view.look = rng.choice(["AgX - Medium High Contrast", "AgX - Base Contrast"])
    mesh = bpy.data.meshes.new("ground")
    mesh.from_pydata([(-300, -300, 0), (300, -300, 0), (300, 300, 0), (-300, 300, 0)], [], [(0, 1, 2, 3)])
    ground = bpy.data.objects.new("ground", mesh)
    ground.is_shadow_catcher = True
    collection.objects.link(ground)
    return collection


def aim(collection, pitch, width, side):
    """An orthographic camera over the origin; returns the world directions of the picture's right and up."""
    scene = bpy.context.scene
    data = bpy.data.cameras.new("camera")
    data.type, data.ortho_scale, data.clip_end = "ORTHO", width, 900
    eye = bpy.data.objects.new("camera", data)
    collection.objects.link(eye)
    p = math.radians(pitch)
    eye.location = (0, -300 * math.cos(p), -300 * math.sin(p))
    eye.rotation_euler = (math.radians(90 + pitch), 0, 0)
    scene.camera = eye
    scene.render.resolution_x = scene.render.resolution_y = side
    return np.array([1.0, 0, 0]), np.array([0, -math.sin(p), math.cos(p)])


def box(entity, right, up, scale, side):
    """What the object's own points cover in the picture."""
    seen = [ob for ob in entity.objects if not ob.hide_render]
    points = np.concatenate([np.array([ob.matrix_world @ v.co for v in ob.data.vertices]) for ob in seen])
    x, y = side / 2 + scale * (points @ right), side / 2 - scale * (points @ up)
    lo, hi = (x.min(), y.min()), (x.max(), y.max())
    return [round(float(v), 1) for v in (*lo, hi[0] - lo[0], hi[1] - lo[1])]


if __name__ == "__main__":
    main()
