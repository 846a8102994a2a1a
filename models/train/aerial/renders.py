"""Measures a model on the demo's rendered flights, of which it has learnt from no frame.

    python -m aerial.renders --demo ../../demo MODEL.onnx [MODEL.onnx ...]

The vehicles are built as the sprites are, but stand in whole streets under other light; one muck truck drives past.
"""

import argparse
import json
from pathlib import Path

import cv2
import numpy as np

from .data import IGNORE, Picture
from .detect import session
from .measure import look, short, summary
from .net import CLASSES

FLIGHTS = ("1", "2")
IN_SIGHT = 0.5  # share of an object that must be seen for it to count


def main():
    parser = argparse.ArgumentParser(description="Measures models on the demo's flights.")
    parser.add_argument("models", nargs="+", type=Path)
    parser.add_argument("--demo", type=Path, required=True)
    parser.add_argument("--score", type=float, default=0.4)
    args = parser.parse_args()
    frames = [p for n in FLIGHTS for p in flight(args.demo, n)]
    for path in args.models:
        net = session(path)
        for zoom in (None, 1.0):
            row = summary([look(net, p, zoom) for p in frames], args.score, zoom or 1.0)
            print(f"{path.stem} demo flights {'whole' if zoom is None else 'tiles'}: {short(row)}\n  {row['classes']}", flush=True)


def flight(demo, number):
    lines = (demo / "truth" / f"flight-{number}.truth.json").read_text().splitlines()
    head, frames = json.loads(lines[0]), [json.loads(line) for line in lines[1:]]
    film = cv2.VideoCapture(str(demo / "flight" / f"DJI_000{number}.MP4"))
    for frame in frames:
        there, image = film.read()
        if not there:
            return
        rows = [(*entry[1:5], kind(head["entities"][str(entry[0])]["kind"], entry[5])) for entry in frame["objects"]]
        rows = np.array([r for r in rows if r[4] is not None], np.float32).reshape(-1, 5)
        boxes = np.concatenate([rows[:, :2], rows[:, :2] + rows[:, 2:4]], 1)
        yield Picture(None, "renders", number, boxes, rows[:, 4].astype(int), [image])


def kind(word, visible):
    """The label of an entity; None for what is no class of ours."""
    if word not in CLASSES:
        return None
    return CLASSES.index(word) if visible >= IN_SIGHT else IGNORE


if __name__ == "__main__":
    main()
