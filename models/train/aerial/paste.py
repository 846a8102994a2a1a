"""Sprites: rendered vehicles and people, pasted into crops at the scale of what is already there."""

import json
import math
from pathlib import Path

import cv2
import numpy as np

from .augment import SMALLEST, area, pixels_per_metre
from .net import CLASSES

# How often each is drawn.
WEIGHT = {
    "muck_truck": 5,
    "excavator": 4,
    "truck": 3,
    "van": 2.5,
    "car": 2,
    "two_wheeler": 4,
    "person": 2.5,
    "bus": 1.5,
}
HELD_OUT = 6  # every sixth sprite is never learnt from
STRAIGHT_DOWN = -60  # degrees: below this a sprite may be turned by any angle


class Sprites:
    """The sprites of a folder, with their shadows: those to learn from, or those that are held out."""

    def __init__(self, folder, held_out=False):
        self.all = []
        for path in sorted(Path(folder).glob("*.json")):
            if (int(path.stem.rsplit("_", 1)[1]) % HELD_OUT == 0) == held_out:
                note = json.loads(path.read_text())
                image = cv2.imread(str(path.with_suffix(".png")), cv2.IMREAD_UNCHANGED)
                if image is not None:
                    # Colours are multiplied by alpha, so that scaling mixes them right.
                    image[..., :3] = image[..., :3] * (image[..., 3:] / 255.0)
                    self.all.append((note, image))
        weights = np.array([WEIGHT[note["kind"]] for note, _ in self.all])
        counts = {k: sum(n["kind"] == k for n, _ in self.all) for k in WEIGHT}
        self.odds = weights / [counts[n["kind"]] for n, _ in self.all]
        self.odds /= self.odds.sum()

    def paste(self, rng, sample):
        """A few of them, at one scale, where they cover nothing that is labelled."""
        side = sample.image.shape[0]
        scale = pixels_per_metre(sample)
        if scale is None or rng.random() < 0.3:
            scale = math.exp(rng.uniform(math.log(2.2), math.log(32)))
        scale *= rng.uniform(0.8, 1.25)
        gain, tint = rng.uniform(0.6, 1.2), rng.uniform(0.93, 1.07, 3)
        sun = rng.uniform(0, 360)
        for _ in range(rng.integers(1, 8)):
            note, image = self.all[rng.choice(len(self.all), p=self.odds)]
            k = scale / note["scale"] * rng.uniform(0.92, 1.08)
            if max(note["box"][2:]) * k > side * 0.95:
                continue
            angle = 0.0
            if note["pitch"] < STRAIGHT_DOWN:
                angle = sun if rng.random() < 0.5 else rng.uniform(0, 360)
            picture, box = placed(image, note["box"], k, angle)
            self.put(rng, sample, note, picture, box, gain * rng.uniform(0.9, 1.1) * tint)

    @staticmethod
    def put(rng, sample, note, picture, box, colour):
        side = sample.image.shape[0]
        size = box[2:] - box[:2]
        if math.sqrt(size[0] * size[1]) < SMALLEST:
            return
        for _ in range(8):
            corner = rng.uniform(-0.2, 1.2, 2) * side - size / 2
            new = np.concatenate([corner, corner + size])
            inside = np.clip(new, 0, side)
            if area(inside[None])[0] < 0.6 * area(new[None])[0]:
                continue
            lo, hi = np.maximum(sample.boxes[:, :2], new[:2]), np.minimum(sample.boxes[:, 2:], new[2:])
            shared = (hi - lo).clip(0).prod(1)
            if (shared > 0.08 * np.minimum(area(sample.boxes), area(new[None])[0])).any():
                continue
            blend(sample.image, picture, np.round(corner - box[:2]).astype(int), colour)
            sample.boxes = np.concatenate([sample.boxes, inside[None]])
            sample.labels = np.append(sample.labels, CLASSES.index(note["kind"]))
            sample.trust = np.append(sample.trust, 1.0)
            return


def placed(image, box, k, angle):
    """The sprite, scaled and turned; and where the object lies in it.

    A turned box is that of the object's own pixels, the opaque ones: the shadow is never quite dark.
    """
    if k < 1:
        image = cv2.resize(image, None, fx=k, fy=k, interpolation=cv2.INTER_AREA)
        box, k = np.array(box) * k, 1.0
    h, w = image.shape[:2]
    m = cv2.getRotationMatrix2D((w / 2, h / 2), angle, k)
    c, s = abs(m[0, 0]), abs(m[0, 1])
    width, height = math.ceil(w * c + h * s), math.ceil(w * s + h * c)
    m[:, 2] += np.array([width - w, height - h]) / 2
    out = cv2.warpAffine(image, m, (width, height), flags=cv2.INTER_LINEAR)
    x, y, bw, bh = box
    corners = np.array([[x, y, 1], [x + bw, y, 1], [x + bw, y + bh, 1], [x, y + bh, 1]]) @ m.T
    lo, hi = corners.min(0).clip(0), corners.max(0)
    if angle:
        window = out[int(lo[1]) : math.ceil(hi[1]), int(lo[0]) : math.ceil(hi[0]), 3]
        ys, xs = np.nonzero(window > 250)
        if len(xs) > 4:
            start = np.floor(lo)
            lo, hi = start + [xs.min(), ys.min()], start + [xs.max() + 1, ys.max() + 1]
    return out, np.concatenate([lo, hi])


def blend(image, sprite, corner, colour):
    """Puts a sprite, premultiplied, over `image` with its upper left at `corner`."""
    side = image.shape[0]
    x0, y0 = np.maximum(corner, 0)
    x1, y1 = np.minimum(corner + [sprite.shape[1], sprite.shape[0]], side)
    if x1 <= x0 or y1 <= y0:
        return
    part = sprite[y0 - corner[1] : y1 - corner[1], x0 - corner[0] : x1 - corner[0]]
    over = part[..., :3].astype(np.float32) * np.float32(colour)
    over += image[y0:y1, x0:x1] * (1 - part[..., 3:].astype(np.float32) / 255)
    image[y0:y1, x0:x1] = np.minimum(over, 255).astype(np.uint8)
