# SPDX-License-Identifier: GPL-3.0-or-later
# Imports bpy, which is GPL; the rest of the project is Apache-2.0.
"""Meshes from boxes, tubes, lofts and lettering."""

import math
from pathlib import Path

import bpy
import numpy as np
from mathutils import Vector

FONT = Path("/usr/share/fonts/opentype/noto/NotoSansCJK-Bold.ttc")


def smooth_curve(points, per_span):
    """Catmull-Rom through `points` (n, k), end points kept."""
    p = np.asarray(points, float)
    p = np.vstack([2 * p[0] - p[1], p, 2 * p[-1] - p[-2]])
    out = []
    for i in range(1, len(p) - 2):
        for u in np.arange(per_span) / per_span:
            a, b, c, d = p[i - 1 : i + 3]
            out.append(
                0.5 * (2 * b + (c - a) * u + (2 * a - 5 * b + 4 * c - d) * u * u + (3 * b - a - 3 * c + d) * u**3)
            )
    return np.array(out + [p[-2]])


class Shape:
    """Faces under construction: vertices, faces and the material of each face."""

    def __init__(self):
        self.verts, self.faces, self.mats, self.smooth, self.table = [], [], [], [], []

    def _slot(self, mat):
        if mat not in self.table:
            self.table.append(mat)
        return self.table.index(mat)

    def add(self, verts, faces, mat, smooth=False, at=None):
        """Appends faces over their own vertices; `mat` is one material or one per face; `at` moves them first."""
        base = len(self.verts)
        self.verts += [tuple(at @ Vector(v)) if at else tuple(v) for v in verts]
        self.faces += [[base + i for i in f] for f in faces]
        mats = mat if isinstance(mat, list) else [mat] * len(faces)
        self.mats += [self._slot(m) for m in mats]
        self.smooth += [smooth] * len(faces)
        return self

    def box(self, x0, x1, y0, y1, z0, z1, mat, at=None, top=None):
        v = [(x, y, z) for z in (z0, z1) for y in (y0, y1) for x in (x0, x1)]
        f = [(0, 2, 3, 1), (4, 5, 7, 6), (0, 1, 5, 4), (1, 3, 7, 5), (3, 2, 6, 7), (2, 0, 4, 6)]
        return self.add(v, f, [mat, top or mat, mat, mat, mat, mat], at=at)

    def tube(self, a, b, ra, rb, mat, sides=14, caps=True, smooth=True, at=None):
        """A round bar from a to b, radius ra to rb."""
        a, b = Vector(a), Vector(b)
        turn = (b - a).to_track_quat("Z", "Y").to_matrix()
        ring = [
            turn @ Vector((math.cos(q), math.sin(q), 0)) for q in np.linspace(0, 2 * math.pi, sides, endpoint=False)
        ]
        v = [a + r * ra for r in ring] + [b + r * rb for r in ring]
        self.add(v, [(i, (i + 1) % sides, sides + (i + 1) % sides, sides + i) for i in range(sides)], mat, smooth, at)
        if caps:
            self.add([a + r * ra for r in ring], [tuple(reversed(range(sides)))], mat, at=at)
            self.add([b + r * rb for r in ring], [tuple(range(sides))], mat, at=at)
        return self

    def ball(self, c, r, mat, n=10, at=None):
        """An ellipsoid with radii r = (rx, ry, rz)."""
        v, f = [], []
        for i in range(n + 1):
            p = math.pi * i / n
            for j in range(2 * n):
                q = math.pi * j / n
                v.append(
                    (
                        c[0] + r[0] * math.sin(p) * math.cos(q),
                        c[1] + r[1] * math.sin(p) * math.sin(q),
                        c[2] + r[2] * math.cos(p),
                    )
                )
        for i in range(n):
            for j in range(2 * n):
                k = (j + 1) % (2 * n)
                f.append((i * 2 * n + j, (i + 1) * 2 * n + j, (i + 1) * 2 * n + k, i * 2 * n + k))
        return self.add(v, f, mat, True, at)

    def loft(self, rings, mat, smooth=True, caps=True, at=None):
        """A skin over closed rings of equal length."""
        n, k = len(rings), len(rings[0])
        v = [p for r in rings for p in r]
        f = [
            (i * k + j, (i + 1) * k + j, (i + 1) * k + (j + 1) % k, i * k + (j + 1) % k)
            for i in range(n - 1)
            for j in range(k)
        ]
        self.add(v, f, mat, smooth, at)
        if caps:
            self.add(rings[0], [tuple(range(k))], mat, at=at)
            self.add(rings[-1], [tuple(reversed(range(k)))], mat, at=at)
        return self

    def panel(self, p00, p10, p11, p01, us, vs, mat, glass, cells, at=None):
        """A four-cornered panel cut at us × vs; the cells in `cells` are glass, or all inner ones when it is None."""
        p00, p10, p11, p01 = map(np.array, (p00, p10, p11, p01))
        v = [(1 - w) * ((1 - u) * p00 + u * p10) + w * ((1 - u) * p01 + u * p11) for w in vs for u in us]
        n, f, m = len(us), [], []
        for j in range(len(vs) - 1):
            for i in range(n - 1):
                f.append((j * n + i, j * n + i + 1, (j + 1) * n + i + 1, (j + 1) * n + i))
                m.append(glass if (i, j) in cells else mat)
        return self.add(v, f, m, at=at)

    def text(self, body, height, mat, at):
        """Flat lettering in the XY plane, centred, `height` metres tall."""
        curve = bpy.data.curves.new("text", "FONT")
        curve.font = lettering()
        curve.body, curve.size, curve.align_x, curve.align_y, curve.resolution_u = (
            body,
            height * 1.25,
            "CENTER",
            "CENTER",
            2,
        )
        ob = bpy.data.objects.new("text", curve)
        mesh = ob.to_mesh()
        self.add([v.co.copy() for v in mesh.vertices], [tuple(p.vertices) for p in mesh.polygons], mat, at=at)
        ob.to_mesh_clear()
        bpy.data.objects.remove(ob)
        bpy.data.curves.remove(curve)
        return self

    def mesh(self, name):
        me = bpy.data.meshes.new(name)
        me.from_pydata(self.verts, [], self.faces)
        for m in self.table:
            me.materials.append(m)
        me.polygons.foreach_set("material_index", self.mats)
        me.polygons.foreach_set("use_smooth", self.smooth)
        me.update()
        return me


def lettering():
    """Noto Sans CJK from the Debian package fonts-noto-cjk (OFL): Blender's own font is not used."""
    if not FONT.exists():
        raise SystemExit(f"{FONT} is missing: apt-get install fonts-noto-cjk")
    return bpy.data.fonts.load(str(FONT), check_existing=True)
