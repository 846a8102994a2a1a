# SPDX-License-Identifier: Apache-2.0
"""Which rectangles of a fixed camera's frame can differ from the last frame.

Where things that moved were and are, with their shadows. A parked street is rendered once; this is what makes a
clip affordable. What it leaves out: light that a moving thing throws on a wall outside its rectangle.
"""

import math

import numpy as np

MARGIN = 12  # pixels around a thing: contact shadow, and the seam that is not pasted
EACH = 30000  # the fixed cost of one render, in pixels


class Changes:
    def __init__(self, sun=None, margin=MARGIN):
        """`sun`: azimuth and elevation in degrees, or None where no shadow is cast by the sun."""
        self.seen, self.slope, self.margin = None, (0.0, 0.0), margin
        if sun:
            a, e = math.radians(sun[0]), math.radians(max(12, sun[1]))
            self.slope = -math.sin(a) / math.tan(e), -math.cos(a) / math.tan(e)

    def rectangles(self, camera, entities):
        """Rectangles (x0, y0, x1, y1) to render, or None for the whole frame. Remembers what it was shown."""
        old, now = self.seen, {}
        for e in entities:
            key = e.hidden, *(round(v, 5) for ob in e.objects for r in ob.matrix_world for v in r)
            was = old and old[1].get(e.index)
            now[e.index] = was if was and was[0] == key else (key, self._box(camera, e))
        self.seen = camera, now
        if not old or old[0] != camera:
            return None
        moved = [r for i in now if now[i] is not old[1].get(i) for r in (now[i][1], old[1][i][1]) if r]
        w, h = camera.width, camera.height
        clipped = [(int(max(0, a)), int(max(0, b)), int(min(w, c)), int(min(h, d))) for a, b, c, d in moved]
        return merge([r for r in clipped if r[2] - r[0] >= 2 and r[3] - r[1] >= 2])

    def _box(self, camera, e):
        if e.hidden:
            return None
        corners = [ob.matrix_world @ type(ob.location)(c) for ob in e.objects for c in ob.bound_box]
        sx, sy = self.slope
        shade = [(v.x + sx * v.z, v.y + sy * v.z, 0) for v in corners]
        px = camera.project(_in_front(camera, np.array([tuple(v) for v in corners] + shade)))[0]
        if len(px) == 0:
            return None
        return (*(px.min(0) - self.margin), *(px.max(0) + self.margin))


def _in_front(camera, points, near=0.3):
    """The corners of what is left of a convex body when the part behind the camera is cut off."""
    depth = camera.project(points)[1] - near
    front, back = np.flatnonzero(depth > 0), np.flatnonzero(depth <= 0)
    k = [(points[i] * -depth[j] + points[j] * depth[i]) / (depth[i] - depth[j]) for i in front for j in back]
    return np.concatenate([points[front], np.reshape(k, (-1, 3))])


def merge(rects):
    """Joins rectangles while one is cheaper to render than two."""

    def area(r):
        return (r[2] - r[0]) * (r[3] - r[1])

    rects = list(rects)
    for i in range(len(rects)):
        j = i + 1
        while j < len(rects):
            a, b = rects[i], rects[j]
            both = min(a[0], b[0]), min(a[1], b[1]), max(a[2], b[2]), max(a[3], b[3])
            if area(both) < area(a) + area(b) + EACH:
                rects[i] = both
                del rects[j]
                j = i + 1
            else:
                j += 1
        if i + 1 >= len(rects):
            break
    return rects
