"""Vehicles that NanoDet-g sees and nobody labelled.

AU-AIR has many: what NanoDet-g takes for one there is not held against the network. Found once and kept in a file.
"""

import json

import numpy as np

from .data import IGNORE
from .detect import detect, session

SURE = 0.25
COCO_VEHICLES = (2, 5, 6, 7)
ZOOM = 0.5


def mark_unlabelled(pictures, start, kept):
    """Adds ignored boxes to the pictures. `start` is the NanoDet-g file, `kept` where the boxes are kept."""
    if not kept.exists():
        net = session(start)
        kept.write_text(json.dumps({p.path.name: seen(net, p) for p in pictures}))
    boxes = json.loads(kept.read_text())
    for picture in pictures:
        extra = np.array(boxes[picture.path.name], np.float32).reshape(-1, 4)
        picture.boxes = np.concatenate([picture.boxes, extra])
        picture.labels = np.append(picture.labels, np.full(len(extra), IGNORE))


def seen(net, picture):
    """Boxes of vehicles that touch no labelled one."""
    boxes, kinds, _ = detect(net, picture.image()[0], ZOOM, SURE)
    boxes = boxes[np.isin(kinds, COCO_VEHICLES)]
    return [[round(float(v), 1) for v in b] for b in boxes if not touches(b, picture.boxes)]


def touches(box, others):
    lo, hi = np.maximum(others[:, :2], box[:2]), np.minimum(others[:, 2:], box[2:])
    return bool(((hi - lo) > 0).all(1).any())
