"""Measures a model on labelled pictures it has not learnt from.

    python -m aerial.measure --data ../../../shared/data/aerial --part dev MODEL.onnx [NANODET.onnx ...]

Vehicles of all classes count as one, unless a class is named. A found box is right by its centre if that lies in a
labelled box, and by overlap if the IoU is at least 0.5; of several for one object the surest is right. Labels that are no
class of ours, and what is found on them, do not count. `zoom` brings vehicles to about 40 pixels, as tiling by ground
sampling distance does; a model with 80 classes is taken for one of COCO.
"""

import argparse
import json
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from .augment import crop
from .data import IGNORE, VEHICLES, Picture, pictures
from .detect import SIDE, detect, session
from .net import CLASSES
from .paste import Sprites

# What brings a car to about 40 pixels.
ZOOM = {"kit-ais-munich": 1.5, "minsk-dji": 1.1, "auair": 0.5, "cats-drone": 0.62}
COCO_VEHICLES = (2, 5, 7)
COCO_WORDS = {0: "person", 1: "two_wheeler", 2: "car", 3: "two_wheeler", 5: "bus", 7: "truck"}
SIZES = ((0, 16), (16, 32), (32, 64), (64, 1e9))
LEAST = 0.03
PASTED = 120


@dataclass
class Seen:
    """One picture: what is labelled and what was found, boxes as corners."""

    truth: np.ndarray
    labels: np.ndarray
    boxes: np.ndarray
    kinds: np.ndarray
    scores: np.ndarray


def main():
    args = arguments()
    groups = {}
    for picture in pictures(args.data, args.part, args.split):
        groups.setdefault(picture.origin, []).append(picture)
    groups = {origin: spread(members, args.most) for origin, members in groups.items()}
    out = {}
    on_ground = pasted([p for members in groups.values() for p in members], args.sprites) if args.sprites else []
    for path in args.models:
        net = session(path, args.threads)
        if on_ground:
            row = summary([look(net, p, None) for p in on_ground], args.score, 1.0)
            out[f"{path.stem} sprites"] = row
            print(f"{path.parent.name}/{path.stem} held-out sprites: {short(row)}\n  {row['classes']}", flush=True)
        for origin, members in groups.items():
            for name, zoom in (("whole", None), ("tiles", 1.0), ("zoomed", ZOOM[origin])):
                if name in args.ways:
                    seen = [look(net, p, zoom) for p in members]
                    row = summary(seen, args.score, ZOOM[origin] if zoom is None else zoom)
                    out[f"{path.stem} {origin} {name}"] = row
                    print(f"{path.parent.name}/{path.stem} {origin} {name}: {short(row)}", flush=True)
    if args.json:
        args.json.write_text(json.dumps(out, indent=1))


def arguments():
    parser = argparse.ArgumentParser(description="Measures models on labelled pictures.")
    parser.add_argument("models", nargs="+", type=Path)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--part", choices=("train", "dev", "test"), default="dev")
    parser.add_argument("--split", type=Path, default=Path(__file__).with_name("split.toml"))
    parser.add_argument("--most", type=int, default=1000, help="pictures of a set, evenly spread")
    parser.add_argument("--ways", nargs="+", default=["whole", "tiles", "zoomed"])
    parser.add_argument("--score", type=float, default=0.35, help="operating threshold")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--sprites", type=Path)
    parser.add_argument("--json", type=Path)
    return parser.parse_args()


def spread(members, most):
    return [members[k] for k in np.linspace(0, len(members) - 1, min(most, len(members))).astype(int)]


def pasted(members, folder):
    """Crops of held-out pictures with held-out sprites on them: says something of classes that no real picture shows."""
    sprites = Sprites(folder, held_out=True)
    grounds = [p for p in members if p.nadir]
    out = []
    for k in range(PASTED):
        rng = np.random.default_rng((7, k))
        cv2.setRNGSeed(k)
        sample = crop(rng, grounds[k % len(grounds)], SIDE)
        sprites.paste(rng, sample)
        out.append(Picture(None, "sprites", "", sample.boxes, sample.labels, [sample.image]))
    return out


def look(net, picture, zoom):
    boxes, kinds, scores = detect(net, picture.image()[0], zoom, LEAST)
    if net.get_outputs()[0].shape[2] != len(CLASSES):  # a COCO model
        known = np.isin(kinds, list(COCO_WORDS))
        kinds = np.array([CLASSES.index(COCO_WORDS[k]) for k in kinds[known]], int)
        boxes, scores = boxes[known], scores[known]
    return Seen(picture.boxes, picture.labels, boxes, kinds, scores)


def summary(seen, score, zoom):
    """All figures of a set."""
    row = {"pictures": len(seen), "score": score}
    vehicles = [only(s, VEHICLES) for s in seen]
    row["vehicles"] = int(sum((s.labels != IGNORE).sum() for s in vehicles))
    for way in ("centre", "iou50"):
        row[way] = at(vehicles, score, way)
        row[way]["best"] = best(vehicles, way)
    row["ap50"] = average_precision(vehicles)
    row["recall_by_size"] = {f"{a}-{b:g}": by_size(vehicles, score, a / zoom, b / zoom) for a, b in SIZES}
    row["classes"] = {}
    for k, word in enumerate(CLASSES):
        one = [only(s, [k]) for s in seen]
        n = int(sum((s.labels == k).sum() for s in one))
        if n:
            row["classes"][word] = {"n": n, "ap50": average_precision(one), **at(one, score, "iou50")}
    return row


def only(s, kinds):
    """Labels and finds of some classes. A vehicle of no known class is one of all of them."""
    wanted = np.isin(s.labels, kinds) | ((s.labels == -1) & (len(kinds) > 1))
    labels = np.where(wanted, s.labels, IGNORE)
    keep = wanted | (s.labels == IGNORE)
    found = np.isin(s.kinds, kinds)
    return Seen(s.truth[keep], labels[keep], s.boxes[found], s.kinds[found], s.scores[found])


def right(s, way):
    """For each find: 1 right, 0 wrong, -1 does not count; and which label it found."""
    verdict, mine = np.zeros(len(s.boxes), int), np.full(len(s.boxes), -1)
    taken = s.labels == IGNORE
    for i in np.argsort(-s.scores, kind="stable"):
        fit = fits(s.boxes[i], s.truth, way)
        free = fit * ~taken
        if len(fit) and free.max() > 0:
            mine[i] = free.argmax()
            taken[mine[i]], verdict[i] = True, 1
        elif len(fit) and (fit * (s.labels == IGNORE)).max() > 0:
            verdict[i] = -1
    return verdict, mine


def fits(box, truth, way):
    """How well a box fits each label; 0 where it is not right."""
    if not len(truth):
        return np.zeros(0)
    shared = (np.minimum(truth[:, 2:], box[2:]) - np.maximum(truth[:, :2], box[:2])).clip(0).prod(1)
    size = (truth[:, 2:] - truth[:, :2]).prod(1)
    iou = shared / (size + (box[2:] - box[:2]).prod() - shared + 1e-9)
    if way == "iou50":
        return iou * (iou >= 0.5)
    centre = (box[:2] + box[2:]) / 2
    return (iou + 1e-6) * ((truth[:, :2] < centre) & (centre < truth[:, 2:])).all(1)


def curve(seen, way):
    """Recall and precision at every score, surest first."""
    pairs = [(s.scores, right(s, way)[0]) for s in seen]
    scores, verdict = (np.concatenate(c) for c in zip(*pairs))
    scores, verdict = scores[verdict >= 0], verdict[verdict >= 0]
    order = np.argsort(-scores, kind="stable")
    hits = np.cumsum(verdict[order])
    total = max(1, sum((s.labels != IGNORE).sum() for s in seen))
    return scores[order], hits / total, hits / np.arange(1, len(hits) + 1)


def at(seen, score, way):
    scores, recall, precision = curve(seen, way)
    n = int((scores >= score).sum())
    if n == 0:
        return {"recall": 0.0, "precision": None}
    return {"recall": round(float(recall[n - 1]), 3), "precision": round(float(precision[n - 1]), 3)}


def best(seen, way, precision=0.9):
    """The highest recall at that precision, and the threshold that gives it."""
    scores, r, p = curve(seen, way)
    good = np.nonzero(p >= precision)[0]
    if not len(good):
        return None
    i = good[-1]
    return {"recall": round(float(r[i]), 3), "precision": round(float(p[i]), 3), "score": round(float(scores[i]), 3)}


def average_precision(seen):
    """At IoU 0.5, 101 points, as COCO does."""
    _, recall, precision = curve(seen, "iou50")
    top = np.maximum.accumulate(precision[::-1])[::-1]
    at_recall = np.searchsorted(recall, np.linspace(0, 1, 101))
    return round(float(np.mean([top[i] if i < len(top) else 0.0 for i in at_recall])), 3)


def by_size(seen, score, low, high):
    """Recall (centre) of labels whose side, the root of the area, lies between two sizes as the network sees them."""
    n = hit = 0
    for s in seen:
        side = np.sqrt((s.truth[:, 2:] - s.truth[:, :2]).prod(1))
        wanted = (s.labels != IGNORE) & (side >= low) & (side < high)
        verdict, mine = right(s, "centre")
        found = mine[(verdict == 1) & (s.scores >= score)]
        n, hit = n + int(wanted.sum()), hit + int(wanted[found].sum())
    return {"n": n, "recall": round(hit / n, 3) if n else None}


def short(row):
    c, i = row["centre"], row["iou50"]
    return (
        f"{row['pictures']} pictures, {row['vehicles']} vehicles, centre R {c['recall']} P {c['precision']} best {c['best']}, "
        f"IoU R {i['recall']} P {i['precision']}, AP50 {row['ap50']}"
    )


if __name__ == "__main__":
    main()
