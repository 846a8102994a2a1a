# SPDX-License-Identifier: Apache-2.0
"""What is in a frame, from the numbers image: box of the visible pixels, ground position, state."""

import cv2
import numpy as np

MIN_PIXELS, MIN_SIDE = 40, 5  # smaller than this is not annotated
COLUMNS = ["id", "x", "y", "w", "h", "visible", "lon", "lat", "heading", "speed"]


def rows(camera, origin, entities, numbers):
    """One row of `COLUMNS` per entity that can be seen. Boxes in pixels, `visible` from 0 to 1, speed in m/s."""
    out = []
    for e in entities:
        mask = numbers == e.index
        box = _box(mask)
        if e.hidden or box is None:
            continue
        corners = e.footprint()
        centre = np.mean(corners, 0)
        lon, lat = origin.lonlat(*centre)
        out.append(
            [
                e.index,
                *box,
                _visible(camera, e, mask),
                round(lon, 7),
                round(lat, 7),
                round(e.heading(), 1),
                round(e.speed, 2),
            ]
        )
    return out


def entity_table(entities):
    return {
        e.index: {"kind": e.kind, "length": round(e.size[0], 2), "width": round(e.size[1], 2), **e.info}
        for e in entities
    }


def _box(mask):
    if mask.sum() < MIN_PIXELS:
        return None
    ys, xs = np.where(mask.any(1))[0], np.where(mask.any(0))[0]
    box = [int(xs[0]), int(ys[0]), int(xs[-1] - xs[0] + 1), int(ys[-1] - ys[0] + 1)]
    return box if min(box[2:]) >= MIN_SIDE else None


def _visible(camera, e, mask):
    """Visible pixels against the hull of the whole thing; a hull is a little larger than a silhouette."""
    px, depth = camera.project(np.concatenate([_vertices(ob) for ob in e.objects]))
    if (depth < 0.3).any():
        return None
    hull = cv2.contourArea(cv2.convexHull(px.astype(np.float32)))
    return round(min(1.0, float(mask.sum()) / hull), 2)


def _vertices(ob):
    """World positions of an object's vertices, (n, 3)."""
    flat = np.empty(3 * len(ob.data.vertices), np.float32)
    ob.data.vertices.foreach_get("co", flat)
    m = np.array(ob.matrix_world)
    return flat.reshape(-1, 3) @ m[:3, :3].T + m[:3, 3]
