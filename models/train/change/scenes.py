"""Pairs of pictures of one place on two days, and what was built or taken away in between.

The ground is a piece of a real aerial picture or a drawn one. Structures stand in both pictures; some come, some go,
some grow. Light, season, shadows, vehicles, focus and the fit of the two pictures differ too, and are no change.
"""

import math
from dataclasses import dataclass, replace

import cv2
import numpy as np

from . import structures
from .structures import Sun, grain

STILL = 0.2  # share of the pairs in which nothing was built
MISFIT = 3.0  # pixels


@dataclass
class Pair:
    """RGB pictures of equal size, and 1 where something was built or taken away, in the frame of `after`."""

    before: np.ndarray
    after: np.ndarray
    change: np.ndarray


def draw(rng, chosen, side):
    """A pair on ground chosen by `chosen()`, which gives a BGR picture or None for drawn ground."""
    cv2.setRNGSeed(int(rng.integers(1 << 30)))

    def other():
        return piece(rng, chosen(), side)

    ground = other()
    days = [ground.copy(), ground.copy()]
    suns = [Sun.draw(rng), Sun.draw(rng) if rng.random() < 0.6 else None]
    suns[1] = suns[1] or suns[0]
    change = np.zeros((side, side), np.float32)
    still = rng.random() < STILL
    for plan in plans(rng, side, other, still):
        change = np.maximum(change, plan.stand(rng, days, suns, side))
    for day, sun in zip(days, suns):
        season(rng, day)
        shadows(rng, day, sun)
        vehicles(rng, day)
    days[0] = misfit(rng, days[0])
    return Pair(*(camera(rng, day) for day in days), (change > 0.5).astype(np.uint8))


@dataclass
class Plan:
    """A structure and the days on which it stands; `reroofed` gets another cover on the second."""

    structure: structures.Structure
    on: tuple[bool, bool]
    reroofed: structures.Structure | None = None

    def stand(self, rng, days, suns, side):
        """Paints it, and says where that is a change."""
        leans = rng.uniform(-1, 1, (2, 2)) * min(4.0, self.structure.height * 0.25)
        kinds = (self.structure, self.reroofed or self.structure)
        for day, sun, stands, lean, one in zip(days, suns, self.on, leans, kinds):
            if stands:
                one.paint(day, sun, lean)
        changed = self.on != (True, True) or self.reroofed is not None
        return self.structure.mask(side, leans[1]) if changed else np.zeros((side, side), np.float32)


def plans(rng, side, other, still):
    """What stands there, stays, comes and goes."""
    staying = [Plan(structures.draw(rng, side, other), (True, True)) for _ in range(rng.integers(0, 8))]
    if still:
        return staying
    news = []
    for _ in range(rng.integers(1, 6)):
        way = rng.random()
        if way < 0.25 and staying:
            host = staying[rng.integers(len(staying))].structure
            news.append(Plan(structures.beside(rng, host), (False, True)))
        elif way < 0.32 and staying:
            plan = staying[rng.integers(len(staying))]
            kind = str(rng.choice(("steel", "concrete")))
            plan.reroofed = replace(plan.structure, kind=kind, seed=int(rng.integers(1 << 31)))
        elif way < 0.47:
            news.append(Plan(structures.draw(rng, side, other), (True, False)))
        else:
            news.append(Plan(structures.draw(rng, side, other), (False, True)))
    return staying + news


def piece(rng, picture, side):
    """A turned and scaled piece of a picture, or drawn ground; float BGR."""
    if picture is None:
        return drawn(rng, side)
    h, w = picture.shape[:2]
    zoom = max(math.exp(rng.uniform(math.log(0.35), math.log(1.4))), 1.5 * side / min(h, w))
    angle = rng.uniform(0, 2 * math.pi)
    c, s = math.cos(angle) * zoom, math.sin(angle) * zoom
    m = np.array([[c, -s], [s, c]])
    margin = min(0.75 * side / zoom, min(h, w) / 2 - 1)
    centre = np.array([rng.uniform(margin, w - margin), rng.uniform(margin, h - margin)])
    affine = np.column_stack([m, side / 2 - m @ centre])
    laid = cv2.warpAffine(picture, affine, (side, side), flags=cv2.INTER_AREA, borderMode=cv2.BORDER_REFLECT)
    return laid.astype(np.float32)


GROUNDS = ((60, 95, 85), (70, 110, 130), (110, 140, 165), (95, 100, 105), (130, 135, 135), (50, 75, 60))


def drawn(rng, side):
    """Fields, soil and paving, with roads."""
    out = np.empty((side, side, 3), np.float32)
    out[:] = GROUNDS[rng.integers(len(GROUNDS))]
    for _ in range(rng.integers(0, 6)):
        field = filled(side, anywhere(rng, structures.house(rng, *rng.uniform(60, 260, 2)), side))
        colour = np.array(GROUNDS[rng.integers(len(GROUNDS))], np.float32) * rng.uniform(0.7, 1.3)
        out = out * (1 - field[..., None]) + colour * field[..., None]
    for _ in range(rng.integers(0, 3)):
        a, b = rng.uniform(-0.2, 1.2, (2, 2)) * side
        grey, wide = (rng.uniform(90, 150),) * 3, int(rng.integers(4, 30))
        cv2.line(out, [int(v) for v in a], [int(v) for v in b], grey, wide, cv2.LINE_AA)
    for _ in range(rng.integers(0, 40)):  # trees and bushes
        colour = np.array([45, 80, 55]) * rng.uniform(0.5, 1.4)
        place, size = [int(v) for v in rng.uniform(0, side, 2)], int(rng.integers(2, 10))
        cv2.circle(out, place, size, colour.tolist(), -1, cv2.LINE_AA)
    for size, strength in ((60, 10), (12, 8), (3, 7), (1.2, 6)):
        out += grain(rng, (side, side), size, strength)
    return np.clip(out, 0, 255)


def season(rng, day):
    """Plants get another colour, ground another moisture."""
    if rng.random() < 0.5:
        b, g, r = (day[..., k] for k in range(3))
        green = np.clip((2 * g - b - r) / 60, 0, 1)[..., None]
        tint = np.array([rng.uniform(0.7, 1.3), rng.uniform(0.75, 1.2), rng.uniform(0.7, 1.6)])
        day *= 1 - green + green * tint
    if rng.random() < 0.35:
        day *= 1 + np.clip(grain(rng, day.shape[:2], rng.uniform(25, 90), rng.uniform(0.05, 0.16)), -0.4, 0.4)


def shadows(rng, day, sun):
    """Of things beside the picture, and of trees."""
    for _ in range(rng.integers(0, 3)):
        square = rng.random() < 0.6
        size = rng.uniform(15, 120, 2) if square else rng.uniform(8, 40, 2)
        shape = structures.house(rng, *size) if square else structures.blob(rng, *size)
        mask = filled(len(day), anywhere(rng, shape, len(day)))
        day *= (1 - (1 - sun.light) * cv2.GaussianBlur(mask, (0, 0), rng.uniform(0.6, 2.5)))[..., None]


def anywhere(rng, shape, side):
    return structures.placed(shape, rng.uniform(0, side, 2), rng.uniform(0, 6.3))


def filled(side, outline):
    """1 inside of an outline."""
    out = np.zeros((side, side), np.float32)
    cv2.fillPoly(out, [structures.fixed(outline)], 1.0, cv2.LINE_AA, 4)
    return out


def vehicles(rng, day):
    """Come and go between any two pictures."""
    long = rng.uniform(7, 34)
    for _ in range(rng.integers(0, 9)):
        size = long * rng.uniform(0.8, 1.3) * (2.3 if rng.random() < 0.12 else 1.0)
        centre, angle = rng.uniform(0, len(day), 2), rng.uniform(0, 6.3)
        body = structures.house(np.random.default_rng(0), size, long * 0.42)[:4]
        colour = rng.uniform(20, 245, 3) if rng.random() < 0.3 else np.full(3, rng.uniform(20, 245))
        for shape, value, shift in ((body, None, long * 0.12), (body, colour, 0.0), (body * 0.55, colour * 0.6, 0.0)):
            mask = filled(len(day), structures.placed(shape, centre + shift, angle))
            day *= 1 - mask[..., None] * (0.5 if value is None else 1.0)
            if value is not None:
                day += mask[..., None] * value


def misfit(rng, image):
    """Two pictures never lie over each other quite."""
    side = len(image)
    reach = MISFIT * rng.random() ** 1.5
    angle, zoom = rng.normal(0, 0.004) * reach, 1 + rng.normal(0, 0.004) * reach
    turn = np.array([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]]) * zoom
    shift = np.array([side / 2] * 2) - turn @ ([side / 2] * 2) + rng.uniform(-1, 1, 2) * reach
    y, x = np.mgrid[0:side, 0:side].astype(np.float32)
    wave = [grain(rng, (side, side), 64, 0.4 * reach)[..., 0] for _ in range(2)]
    at = [turn[k, 0] * x + turn[k, 1] * y + shift[k] + wave[k] for k in range(2)]
    return cv2.remap(image, *(a.astype(np.float32) for a in at), cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)


def camera(rng, day):
    """Light, colour, haze, focus, noise and compression; RGB bytes."""
    image = np.clip(day, 0, 255) / 255.0
    image = image ** rng.uniform(0.75, 1.35) * rng.uniform(0.75, 1.25, 3) ** 0.5 * rng.uniform(0.7, 1.25)
    haze = rng.uniform(0, 0.25) if rng.random() < 0.3 else 0.0
    image = image * (1 - haze) + haze * 0.8
    if rng.random() < 0.5:
        image = cv2.GaussianBlur(image, (0, 0), rng.uniform(0.3, 1.4))
    image = np.clip(image * 255 + rng.normal(0, rng.uniform(0, 6), image.shape), 0, 255).astype(np.uint8)
    if rng.random() < 0.6:
        quality = int(rng.integers(40, 96))
        image = cv2.imdecode(cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality])[1], cv2.IMREAD_COLOR)
    return np.ascontiguousarray(image[..., ::-1])
