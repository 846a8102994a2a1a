# SPDX-License-Identifier: GPL-3.0-or-later
# Imports bpy, which is GPL; the rest of the project is Apache-2.0.
"""What a surveyor would measure for a fixed camera: ends of paint on the ground, and where they are in the frame."""

import json
import math

import bpy
import numpy as np
from mathutils import Vector

POINTS, REACH = 14, 60.0  # how many, and how far from the camera in metres


def write(path, story):
    """The story must have been placed at its first frame: what covers a mark then makes it unusable."""
    camera, origin = story.studio.camera, story.origin
    chosen = _spread(_visible(story.block, camera), POINTS)
    lon, lat = origin.lonlat(camera.x, camera.y)
    data = {
        "datum": "WGS-84",
        "frame": [camera.width, camera.height],
        "camera": {"lon": lon, "lat": lat, "height": round(camera.z, 3), **_angles(camera)},
        "footprint": [origin.lonlat(*p) for p in _footprint(camera)],
        "points": [
            {"pixel": [round(float(u), 2), round(float(v), 2)], "lonlat": origin.lonlat(x, y), "name": name}
            for name, (u, v), (x, y) in chosen
        ],
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = [f"  {json.dumps(p, ensure_ascii=False)}" for p in data.pop("points")]
    head = ",\n".join(f" {json.dumps(k)}: {json.dumps(v)}" for k, v in data.items())
    path.write_text("{\n" + head + ',\n "points": [\n' + ",\n".join(lines) + "\n ]\n}\n", encoding="utf-8")


def _angles(camera):
    return {"yaw": round(camera.yaw, 3), "pitch": round(camera.pitch, 3), "hfov": camera.hfov}


def _visible(block, camera):
    """Marks that lie in the frame and that nothing stands in front of."""
    out, scene = [], bpy.context.scene
    deps = bpy.context.evaluated_depsgraph_get()
    eye = Vector((camera.x, camera.y, camera.z))
    for name, s, t in block.marks:
        at = block.world(s, t)
        (u, v), depth = (a[0] for a in camera.project([tuple(at)]))
        if not (depth > 0 and 8 < u < camera.width - 8 and 8 < v < camera.height - 8) or (at - eye).length > REACH:
            continue
        hit, where, *_ = scene.ray_cast(deps, eye, (at - eye).normalized())
        if hit and (where - at).length < 0.15:
            out.append((name, (u, v), tuple(at[:2])))
    return out


def _spread(marks, count):
    """The marks farthest from each other in the frame, the lowest one first."""
    chosen = [max(marks, key=lambda m: m[1][1])]
    while len(chosen) < min(count, len(marks)):
        chosen.append(max(marks, key=lambda m: min(math.dist(m[1], c[1]) for c in chosen)))
    return chosen


def _footprint(camera, steps=8):
    """The ground in the frame up to `REACH`, counter-clockwise seen from above, closed."""
    w, h = camera.width, camera.height
    near = [camera.ground(u, h) for u in np.linspace(0, w, steps)]
    right = [_capped(camera, w, v) for v in np.linspace(h, 0, 4 * steps)]
    left = [_capped(camera, 0, v) for v in np.linspace(0, h, 4 * steps)]
    far = [_at_reach(camera, u) for u in np.linspace(w, 0, steps)]
    ring = near + [p for p in right if p] + [p for p in far if p] + [p for p in left if p]
    ring = [p for k, p in enumerate(ring) if k == 0 or math.dist(p, ring[k - 1]) > 0.5]
    return [tuple(map(float, p)) for p in ring + ring[:1]]


def _capped(camera, u, v):
    p = camera.ground(u, v)
    return p if p and math.dist(p, (camera.x, camera.y)) < REACH else None


def _at_reach(camera, u):
    """Where the column u meets the ground `REACH` metres away, if it does so inside the frame."""
    low, high = 0.0, float(camera.height)
    for _ in range(40):
        mid = (low + high) / 2
        low, high = (low, mid) if _capped(camera, u, mid) else (mid, high)
    return _capped(camera, u, high)
