"""Draws what is built: roofs of several kinds, floors under construction, heaps; from above, with their shadows.

A structure is drawn into a picture at a sun and a lean of its own, so that the same one can stand in two pictures that
were taken on two days. All lengths are pixels.
"""

import math
from dataclasses import dataclass

import cv2
import numpy as np

KINDS = ("steel", "tile", "concrete", "floor", "heap", "patch")
SHARES = (0.30, 0.18, 0.22, 0.08, 0.10, 0.12)
# BGR: blue, dark blue, red, white, grey, green sheets of colour steel (彩钢).
SHEETS = ((190, 120, 50), (150, 85, 40), (60, 60, 170), (225, 225, 220), (165, 160, 155), (110, 140, 70))


@dataclass
class Sun:
    """Where shadows fall, how long they are for a height, and how much they leave of the light."""

    direction: float
    length: float
    light: float

    @staticmethod
    def draw(rng):
        return Sun(rng.uniform(0, 2 * math.pi), rng.uniform(0.2, 1.3), rng.uniform(0.35, 0.75))


@dataclass
class Structure:
    """Its outline, how it is covered, and how high it is. `seed` fixes every detail of its cover."""

    kind: str
    outline: np.ndarray
    height: float
    angle: float
    seed: int
    patch: np.ndarray | None = None

    def mask(self, side, lean=(0.0, 0.0)):
        out = np.zeros((side, side), np.float32)
        cv2.fillPoly(out, [fixed(self.outline + np.asarray(lean))], 1.0, cv2.LINE_AA, 4)
        return out

    def paint(self, image, sun, lean=(0.0, 0.0)):
        """Into a float picture, with its shadow."""
        side = image.shape[0]
        roof = self.mask(side, lean)
        image *= (1 - (1 - sun.light) * self.shadow(side, sun, lean) * (1 - roof))[..., None]
        cover = self.cover(side, sun, lean)
        np.copyto(image, image * (1 - roof[..., None]) + cover * roof[..., None])

    def shadow(self, side, sun, lean):
        """Everything the outline covers on its way along the ground."""
        far = self.height * sun.length * np.array([math.cos(sun.direction), math.sin(sun.direction)])
        out = np.zeros((side, side), np.float32)
        steps = max(2, int(np.abs(far).max() / 2))
        for k in range(steps + 1):
            cv2.fillPoly(out, [fixed(self.outline + np.asarray(lean) + far * k / steps)], 1.0, cv2.LINE_AA, 4)
        return cv2.GaussianBlur(out, (0, 0), 0.8)

    def cover(self, side, sun, lean):
        rng = np.random.default_rng(self.seed)
        centre = self.outline.mean(0) + np.asarray(lean)
        y, x = np.mgrid[0:side, 0:side].astype(np.float32)
        c, s = math.cos(self.angle), math.sin(self.angle)
        along, across = (x - centre[0]) * c + (y - centre[1]) * s, (y - centre[1]) * c - (x - centre[0]) * s
        return COVERS[self.kind](self, rng, along, across, sun)


def fixed(points):
    """Sixteenths of a pixel, for OpenCV."""
    return np.round(points * 16).astype(np.int32)


def grain(rng, shape, size, strength):
    """Soft noise of a grain size."""
    h, w = shape
    small = rng.normal(0, 1, (max(2, int(h / size)), max(2, int(w / size)))).astype(np.float32)
    return cv2.resize(small, (w, h), interpolation=cv2.INTER_CUBIC)[..., None] * strength


def slopes(rng, self, across, sun):
    """Light on the two sides of a ridge."""
    facing = math.cos(sun.direction - self.angle - math.pi / 2)
    lean = rng.uniform(0.0, 0.22)
    return (1 + np.sign(across) * facing * lean)[..., None]


def steel(self, rng, along, across, sun):
    base = np.array(SHEETS[rng.integers(len(SHEETS))], np.float32) * rng.uniform(0.75, 1.15)
    rib = 1 + rng.uniform(0.01, 0.07) * np.sin(along * 2 * math.pi / rng.uniform(2.5, 7))
    rust = grain(rng, along.shape, rng.uniform(8, 40), rng.uniform(0, 9))
    return base * rib[..., None] * slopes(rng, self, across, sun) + rust


def tile(self, rng, along, across, sun):
    base = np.array([(60, 75, 135), (75, 80, 95), (95, 105, 150), (70, 70, 75)][rng.integers(4)], np.float32)
    rows = 1 + 0.06 * np.sin(across * 2 * math.pi / rng.uniform(2.5, 5))
    return base * rng.uniform(0.7, 1.3) * rows[..., None] * slopes(rng, self, across, sun) + grain(rng, along.shape, 2, 8)


def concrete(self, rng, along, across, sun):
    base = np.array([150, 155, 160], np.float32) * rng.uniform(0.6, 1.35) + rng.uniform(-12, 12, 3)
    out = base + grain(rng, along.shape, rng.uniform(5, 30), rng.uniform(3, 14)) + grain(rng, along.shape, 1.5, 5)
    reach = np.abs(self.outline - self.outline.mean(0)).max()
    for _ in range(rng.integers(0, 7)):  # boxes on the roof
        a, b, w, h = rng.uniform(-0.7, 0.7) * reach, rng.uniform(-0.5, 0.5) * reach, *rng.uniform(1.5, 7, 2)
        here = (np.abs(along - a) < w) & (np.abs(across - b) < h)
        out[here] = rng.uniform(60, 235)
    return out


def floor(self, rng, along, across, sun):
    """A slab with columns, reinforcement or green nets."""
    base = np.array([140, 150, 155], np.float32) * rng.uniform(0.7, 1.2)
    step = rng.uniform(6, 16)
    grid = ((along % step) < 1.5) | ((across % step) < 1.5)
    out = np.broadcast_to(base, (*along.shape, 3)).copy() + grain(rng, along.shape, 3, 12)
    out[grid] *= rng.uniform(0.5, 0.8)
    if rng.random() < 0.4:
        out = out * 0.5 + np.array([70, 130, 60], np.float32) * 0.5
    return out


def heap(self, rng, along, across, sun):
    base = np.array([(80, 115, 150), (105, 120, 135), (140, 145, 150), (60, 80, 100)][rng.integers(4)], np.float32)
    relief = sum(grain(rng, along.shape, s, 1)[..., 0] * s for s in (4, 9, 20))
    gx, gy = np.gradient(relief)[::-1]
    light = 1 - 0.22 * (gx * math.cos(sun.direction) + gy * math.sin(sun.direction))
    return base * rng.uniform(0.75, 1.25) * np.clip(light, 0.4, 1.6)[..., None] + grain(rng, along.shape, 1.5, 6)


def patch(self, rng, along, across, sun):
    """A piece of another real picture."""
    return self.patch


COVERS = {"steel": steel, "tile": tile, "concrete": concrete, "floor": floor, "heap": heap, "patch": patch}


def draw(rng, side, other=None):
    """A structure anywhere; `other` gives the picture that a patch is cut from."""
    kind = rng.choice(KINDS, p=SHARES)
    if kind == "patch" and other is None:
        kind = "concrete"
    centre = rng.uniform(0, side, 2)
    angle = rng.uniform(0, 2 * math.pi)
    long = math.exp(rng.uniform(math.log(10), math.log(110)))
    wide = long * rng.uniform(0.25, 1.0)
    outline = blob(rng, long, wide) if kind == "heap" else house(rng, long, wide)
    height = rng.uniform(0.5, 4) if kind == "heap" else rng.uniform(1.5, 18)
    seed = int(rng.integers(1 << 31))
    return Structure(kind, placed(outline, centre, angle), height, angle, seed, other() if kind == "patch" else None)


def house(rng, long, wide):
    """A rectangle, or one with a corner missing."""
    x, y = long / 2, wide / 2
    if rng.random() < 0.7:
        return np.array([(-x, -y), (x, -y), (x, y), (-x, y)])
    u, v = rng.uniform(-0.5, 0.5) * x, rng.uniform(-0.5, 0.5) * y
    return np.array([(-x, -y), (x, -y), (x, v), (u, v), (u, y), (-x, y)])


def blob(rng, long, wide):
    turns = np.linspace(0, 2 * math.pi, 14, endpoint=False)
    radius = rng.uniform(0.7, 1.15, 14)
    return np.stack([np.cos(turns) * long / 2 * radius, np.sin(turns) * wide / 2 * radius], 1)


def placed(outline, centre, angle):
    c, s = math.cos(angle), math.sin(angle)
    return outline @ np.array([(c, s), (-s, c)]) + centre


def beside(rng, other):
    """An extension that leans on a side of another structure."""
    a = int(rng.integers(len(other.outline)))
    p, q = other.outline[a], other.outline[(a + 1) % len(other.outline)]
    along = (q - p) / (np.linalg.norm(q - p) + 1e-6)
    out = np.array([along[1], -along[0]])
    if (out @ (other.outline.mean(0) - p)) > 0:
        out = -out
    start, end = sorted(rng.uniform(0, 1, 2))
    if end - start < 0.2:
        start, end = 0.0, 1.0
    p, q = p + (q - p) * start, p + (q - p) * end
    deep = out * rng.uniform(6, 40)
    kind = rng.choice(("steel", "concrete", "tile"), p=(0.6, 0.25, 0.15))
    angle = math.atan2(along[1], along[0])
    outline, height = np.array([p, q, q + deep, p + deep]), other.height * rng.uniform(0.3, 1.1)
    return Structure(kind, outline, height, angle, int(rng.integers(1 << 31)))
