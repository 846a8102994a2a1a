"""Draws pairs once and keeps them, so that every seed learns from the same.

    python -m change.pairs --data ../../../shared/data/aerial --out DIR

DIR/{train,dev,test}/00000.png: before, after and the change side by side. The grounds of a part are pictures of the same
part of the aerial detector's split, and drawn ones.
"""

import argparse
import os
from multiprocessing import get_context
from pathlib import Path

import cv2
import numpy as np

from aerial.data import pictures

from . import scenes

SIDE = 256
COUNTS = {"train": 2000, "dev": 150, "test": 150}
DRAWN = 0.4  # share on drawn ground


def main():
    parser = argparse.ArgumentParser(description="Draws the pairs.")
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--threads", type=int, default=2)
    args = parser.parse_args()
    for part, count in COUNTS.items():
        folder = args.out / part
        folder.mkdir(parents=True, exist_ok=True)
        missing = [n for n in range(count) if not file(folder, n).exists()]
        with get_context("spawn").Pool(args.threads, prepare, (args.data, part)) as pool:
            for n in pool.imap_unordered(make, [(folder, part, n) for n in missing], 16):
                if n % 500 == 0:
                    print(f"{part}: {n} of {count}", flush=True)


def file(folder, n):
    return folder / f"{n:05}.png"


def prepare(data, part):
    global grounds
    cv2.setNumThreads(1)
    grounds = pictures(data, part)


def make(job):
    folder, part, n = job
    rng = np.random.default_rng((list(COUNTS).index(part), n))

    def chosen():
        return None if rng.random() < DRAWN else grounds[rng.integers(len(grounds))].image()[0]

    pair = scenes.draw(rng, chosen, SIDE)
    change = np.repeat(pair.change[..., None] * 255, 3, 2)
    half_made = folder / f".{n:05}.png"
    cv2.imwrite(str(half_made), np.concatenate([pair.before[..., ::-1], pair.after[..., ::-1], change], 1))
    os.replace(half_made, file(folder, n))
    return n


def read(path):
    """RGB before and after, and the change as 0 or 1."""
    image = cv2.imread(str(path), cv2.IMREAD_COLOR)
    before, after, change = np.split(image, 3, 1)
    return before[..., ::-1], after[..., ::-1], (change[..., 0] > 127).astype(np.uint8)


if __name__ == "__main__":
    main()
