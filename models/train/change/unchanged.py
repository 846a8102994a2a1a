"""False alarms: pictures of one place at two moments in which nothing was built, the later laid over the earlier.

    python -m change.unchanged --data ../../../shared/data/aerial --figures OUT.json SEED1.onnx ...

Vehicles, people and light differ; the camera has moved, so walls and trees lean otherwise. Only scenes that are not
learnt from. Prints per film the share of the pixels flagged, and of the crops with a flagged patch larger than SMALL.
"""

import argparse
import json
from pathlib import Path

import cv2
import numpy as np

from aerial.data import pictures

from . import baselines
from .measure import network

# The films among the scenes: how the names begin, and how many pictures later the second of a pair is.
FILMS = {"Minsk DJI_0762": (("DJI_0762",), 3), "Munich crossing": (("MOS7", "MOS8", "MOS9"), 4)}
FEATURES, NEAR, ENOUGH = 3000, 2.0, 40  # points looked for; pixels; matches that must agree
MARGIN = 6  # pixels at the edge of the laid picture that do not count
SIDE, SMALL = 256, 100  # pixels; pixels in one patch


def main():
    parser = argparse.ArgumentParser(description="False alarms on pairs in which nothing was built.")
    parser.add_argument("models", nargs="+", type=Path)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--figures", type=Path, required=True, help="what change.measure wrote: each network's threshold")
    parser.add_argument("--zoom", type=float, default=1.0, help="how large the pictures are shown")
    args = parser.parse_args()
    figures, still = json.loads(args.figures.read_text()), list(pairs(args.data, ("dev", "test"), SIDE, args.zoom))
    ways = [(str(path), network(path)) for path in args.models] + [("pixel difference", baselines.pixels)]
    for name, method in ways:
        report(name, method, figures[name]["operating"]["threshold"], still)


def report(name, method, threshold, still):
    films = {}
    for film, before, after, seen in still:
        flagged = (method(before, after) > threshold) & seen
        films.setdefault(film, []).append((flagged.sum() / seen.sum(), largest(flagged) > SMALL))
    for film, rows in films.items():
        share, alarms = np.mean(rows, 0)
        print(f"{name}, {film}: {len(rows)} crops, {share:.2%} of the pixels flagged, an alarm in {alarms:.0%} of the crops")


def largest(mask):
    """Pixels of the largest patch."""
    _, _, patches, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8))
    return patches[1:, cv2.CC_STAT_AREA].max(initial=0)


def pairs(aerial, parts, side, zoom=1.0):
    """(film, before, after, where both are seen): crops of `side` pixels, RGB."""
    for part in parts:
        found = [p for p in pictures(aerial, part) if p.origin != "auair"]
        for name, (start, apart) in FILMS.items():
            film = [p for p in found if p.path.name.startswith(start)]
            for early, late in zip(film, film[apart:]):
                before, after = (shown(p, zoom) for p in (early, late))
                laid = over(before, after)
                if laid is not None:
                    for crop in crops(before, *laid, side):
                        yield name, *crop


def shown(picture, zoom):
    rgb = np.ascontiguousarray(picture.image()[0][..., ::-1])
    return cv2.resize(rgb, None, fx=zoom, fy=zoom, interpolation=cv2.INTER_AREA) if zoom != 1 else rgb


def over(before, after):
    """`after` as the camera of `before` would have seen flat ground, and where it saw it; None when too little fits."""
    orb, matcher = cv2.ORB_create(FEATURES), cv2.BFMatcher(cv2.NORM_HAMMING, crossCheck=True)
    (a, x), (b, y) = (orb.detectAndCompute(cv2.cvtColor(p, cv2.COLOR_RGB2GRAY), None) for p in (before, after))
    matches = matcher.match(x, y)
    here, there = (np.float32([k[i].pt for i in index]) for k, index in index_of(matches, a, b))
    if len(matches) < ENOUGH:
        return None
    turn, fits = cv2.findHomography(there, here, cv2.RANSAC, NEAR)
    if turn is None or fits.sum() < ENOUGH:
        return None
    size = before.shape[1::-1]
    seen = cv2.warpPerspective(np.ones(after.shape[:2], np.uint8), turn, size)
    return cv2.warpPerspective(after, turn, size), cv2.erode(seen, np.ones((MARGIN, MARGIN))) > 0


def index_of(matches, a, b):
    return (a, [m.queryIdx for m in matches]), (b, [m.trainIdx for m in matches])


def crops(before, after, seen, side):
    height, width = seen.shape
    for y in range(0, height - side + 1, side):
        for x in range(0, width - side + 1, side):
            part = np.s_[y : y + side, x : x + side]
            if seen[part].mean() > 0.9:
                yield before[part], after[part], seen[part]


if __name__ == "__main__":
    main()
