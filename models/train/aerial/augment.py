"""Training crops: any scale and, from straight above, any angle, with sprites pasted in, and what cameras do to pictures.

Boxes are upright. What an upright box becomes when the picture turns follows from the object's likely shape: a box of
a car, 2.2 times as long as wide, tells the angle at which the car stands, but not to which side. Where both answers
give nearly the same new box, the box is learnt; where not, only the class is.
"""

import math
from dataclasses import dataclass

import cv2
import numpy as np

from .data import ANY_VEHICLE, IGNORE
from .net import CLASSES

# Length over width.
RATIO = {"car": 2.2, "van": 2.5, "bus": 4.2, "truck": 3.0}
CAR_LENGTH = 4.6  # metres
SMALLEST = 6.0  # pixels: what is smaller is neither learnt nor held against
# Pictures of these origins show people and two-wheelers that nobody labelled: what looks like one counts little.
UNLABELLED = {"minsk-dji": 0.25, "cats-drone": 0.25, "auair": 0.25}


@dataclass
class Sample:
    """A square crop. `trust` says whether a box may be learnt, `others` what an unlabelled person or two-wheeler counts."""

    image: np.ndarray
    boxes: np.ndarray
    labels: np.ndarray
    trust: np.ndarray
    others: float = 1.0


def draw(rng, chosen, sprites, side, pasted, mosaic=0.25):
    """One training sample from pictures chosen by `chosen()`."""
    cv2.setRNGSeed(int(rng.integers(1 << 30)))  # for the noise, which OpenCV draws
    if rng.random() < mosaic:
        parts = [crop(rng, chosen(), side // 2) for _ in range(4)]
        sample = four(parts, side // 2)
    else:
        sample = crop(rng, chosen(), side)
    if sprites and rng.random() < pasted:
        sprites.paste(rng, sample)
    if rng.random() < 0.5:
        sample.image = sample.image[:, ::-1]
        sample.boxes = sample.boxes[:, [2, 1, 0, 3]] * [-1, 1, -1, 1] + [side, 0, side, 0]
    sample.image = camera(rng, np.ascontiguousarray(sample.image))
    return sample


def crop(rng, picture, side):
    """A turned, scaled window, mostly around one of the picture's objects."""
    boxes = picture.boxes
    h, w = picture.image()[0].shape[:2]
    if len(boxes) and rng.random() < 0.9:
        anchor = boxes[rng.integers(len(boxes))]
        size = math.sqrt((anchor[2] - anchor[0]) * (anchor[3] - anchor[1]))
        zoom = math.exp(rng.uniform(math.log(14), math.log(150))) / max(size, 4)
        zoom = min(zoom, 2.5 if picture.origin != "auair" else 1.5)
        centre = np.array([anchor[0] + anchor[2], anchor[1] + anchor[3]]) / 2 + rng.uniform(-0.4, 0.4, 2) * side / zoom
    else:
        zoom = rng.uniform(0.5, 1.5)
        centre = rng.uniform(0, 1, 2) * (w, h)
    zoom = max(zoom, side / 3 / max(w, h))
    angle = turn(rng, picture.nadir)
    stretch = rng.uniform(0.9, 1.1)
    c, s = math.cos(angle) * zoom, math.sin(angle) * zoom
    m = np.array([[c, -s], [s * stretch, c * stretch]])
    shift = side / 2 - m @ centre
    source, level = picture.image(zoom)
    affine = np.column_stack([m / level, shift])
    fill = 0 if rng.random() < 0.7 else int(rng.integers(256))
    out = cv2.warpAffine(source, affine, (side, side), flags=cv2.INTER_LINEAR, borderValue=(fill,) * 3)
    moved, trust = turned(boxes, picture.labels, angle, zoom, stretch, m, shift)
    if picture.origin == "auair":  # its boxes are loose
        trust = trust * 0.3
    sample = Sample(out, moved, picture.labels.copy(), trust, UNLABELLED.get(picture.origin, 1.0))
    return cut(sample, side)


def turn(rng, nadir):
    if not nadir:
        return math.radians(rng.uniform(-8, 8))
    if rng.random() < 0.5:
        return math.radians(90 * rng.integers(4) + rng.uniform(-5, 5))
    return rng.uniform(0, 2 * math.pi)


def turned(boxes, labels, angle, zoom, stretch, m, shift):
    """Boxes after the turn, and whether each can be relied on (1) or not (0)."""
    if not len(boxes):
        return boxes.reshape(0, 4), np.zeros(0, np.float32)
    centres = (boxes[:, :2] + boxes[:, 2:]) / 2 @ m.T + shift
    w, h = boxes[:, 2] - boxes[:, 0], boxes[:, 3] - boxes[:, 1]
    ratio = np.array([RATIO.get(CLASSES[k] if k >= 0 else "car", 1.2) for k in labels])
    lean = np.clip((w - h) / (w + h) * (ratio + 1) / (ratio - 1), -1, 1)
    stand = np.arctan2(1 - lean, 1 + lean)  # 0 lies along x, 90 degrees along y
    around = (w + h) / (np.cos(stand) + np.sin(stand))
    length, width = around * ratio / (ratio + 1), around / (ratio + 1)
    sizes = []
    for sign in (1, -1):
        q = sign * stand + angle
        c, s = np.abs(np.cos(q)), np.abs(np.sin(q))
        sizes.append(np.stack([length * c + width * s, length * s + width * c], 1) * zoom)
    a, b = sizes
    both = np.minimum(a, b).prod(1)
    agree = both / (a.prod(1) + b.prod(1) - both)
    half = (a + b) / 4 * [1, stretch]
    return np.concatenate([centres - half, centres + half], 1), (agree > 0.8).astype(np.float32)


def cut(sample, side):
    """Boxes within the crop. What is cut to less than half or too small to see is neither learnt nor held against."""
    whole = area(sample.boxes)
    sample.boxes = np.clip(sample.boxes, 0, side)
    seen = area(sample.boxes)
    sample.labels[(seen < 0.5 * whole) | (np.sqrt(seen) < SMALLEST)] = IGNORE
    keep = seen > 4
    sample.boxes, sample.labels, sample.trust = sample.boxes[keep], sample.labels[keep], sample.trust[keep]
    return sample


def area(boxes):
    return (boxes[:, 2] - boxes[:, 0]).clip(0) * (boxes[:, 3] - boxes[:, 1]).clip(0)


def four(parts, half):
    """Four crops as one."""
    image = np.zeros((2 * half, 2 * half, 3), np.uint8)
    boxes = []
    for k, part in enumerate(parts):
        x, y = k % 2 * half, k // 2 * half
        image[y : y + half, x : x + half] = part.image
        boxes.append(part.boxes + [x, y, x, y])
    labels, trust = (np.concatenate([getattr(p, name) for p in parts]) for name in ("labels", "trust"))
    return Sample(image, np.concatenate(boxes), labels, trust, min(p.others for p in parts))


def camera(rng, image):
    """Light, colour, focus, motion, noise and compression."""
    if rng.random() < 0.8:
        gain, shift = rng.uniform(0.6, 1.4), rng.uniform(-25, 25)
        tint = rng.uniform(0.92, 1.08, 3)
        table = np.clip(((np.arange(256) / 255.0) ** rng.uniform(0.75, 1.35) * 255 * gain + shift)[:, None] * tint, 0, 255)
        image = cv2.LUT(image, table.astype(np.uint8)[None])
    if rng.random() < 0.3:
        hsv = cv2.cvtColor(image, cv2.COLOR_BGR2HSV).astype(np.int16)
        hsv[..., 0] = (hsv[..., 0] + rng.integers(-12, 13)) % 180
        hsv[..., 1] = np.clip(hsv[..., 1] * rng.uniform(0.3, 1.5), 0, 255)
        image = cv2.cvtColor(hsv.astype(np.uint8), cv2.COLOR_HSV2BGR)
    if rng.random() < 0.2:
        image = cv2.GaussianBlur(image, (0, 0), rng.uniform(0.4, 1.6))
    elif rng.random() < 0.15:
        image = motion(rng, image)
    if rng.random() < 0.25:
        noise = cv2.randn(np.empty(image.shape, np.int16), 0, rng.uniform(2, 9))
        image = np.clip(image + noise, 0, 255).astype(np.uint8)
    if rng.random() < 0.5:
        quality = int(rng.integers(35, 95))
        image = cv2.imdecode(cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality])[1], cv2.IMREAD_COLOR)
    return image


def motion(rng, image):
    n = int(rng.integers(3, 9))
    kernel = np.zeros((n, n), np.float32)
    dx, dy = math.cos(a := rng.uniform(0, math.pi)) * n / 2, math.sin(a) * n / 2
    cv2.line(kernel, (round(n / 2 - dx), round(n / 2 - dy)), (round(n / 2 + dx), round(n / 2 + dy)), 1.0)
    return cv2.filter2D(image, -1, kernel / max(kernel.sum(), 1))


def pixels_per_metre(sample):
    """From the cars and vehicles in the crop, if there are any."""
    cars = [b for b, k in zip(sample.boxes, sample.labels) if k in (0, ANY_VEHICLE)]
    if not cars:
        return None
    w, h = np.array([(b[2] - b[0], b[3] - b[1]) for b in cars]).T
    return float(np.median(np.maximum(np.hypot(w, h) * 0.9, np.maximum(w, h)))) / CAR_LENGTH
