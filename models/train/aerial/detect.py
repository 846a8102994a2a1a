"""Runs a network over a picture, whole or in tiles, and turns its answer into boxes as the program does."""

import cv2
import numpy as np
import onnxruntime

from .net import BINS, MEAN, STD, STRIDES

SIDE = 416
OVERLAP = 0.25
NMS = 0.6
# What is cut by a tile's edge is found whole in the next tile.
COVERED = 0.75


def session(path, threads=1):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def detect(net, image, zoom=None, least=0.05):
    """Boxes, class numbers and scores in pixels of the picture. `zoom` None takes it whole, else in tiles at that scale."""
    if zoom is None:
        h, w = image.shape[:2]
        k = min(SIDE / w, SIDE / h)
        return suppress(*run(net, [(letterbox(image, k), 0.0, 0.0)], k, least))
    scaled = cv2.resize(image, None, fx=zoom, fy=zoom, interpolation=cv2.INTER_AREA if zoom < 1 else cv2.INTER_LINEAR)
    return suppress(*run(net, list(tiles(scaled)), zoom, least))


def letterbox(image, k):
    """Upper left instead of centred: the place of the black makes no difference worth a shift."""
    h, w = image.shape[:2]
    small = cv2.resize(image, (round(w * k), round(h * k)), interpolation=cv2.INTER_AREA if k < 1 else cv2.INTER_LINEAR)
    return pad(small)


def pad(image):
    return cv2.copyMakeBorder(image, 0, SIDE - image.shape[0], 0, SIDE - image.shape[1], cv2.BORDER_CONSTANT)


def tiles(image):
    """Squares that overlap, with their place."""
    h, w = image.shape[:2]
    for y in starts(h):
        for x in starts(w):
            yield pad(image[y : y + SIDE, x : x + SIDE]), x, y


def starts(length):
    if length <= SIDE:
        return [0]
    count = int(np.ceil((length - SIDE) / (SIDE * (1 - OVERLAP)))) + 1
    return [round(v) for v in np.linspace(0, length - SIDE, count)]


def run(net, parts, zoom, least):
    found = []
    for image, x, y in parts:
        blob = (image.astype(np.float32) - MEAN) / STD
        outputs = net.run(None, {"image": blob.transpose(2, 0, 1)[None].astype(np.float32)})
        boxes, kinds, scores = decode(outputs, least)
        found.append((np.concatenate([boxes + [x, y, x, y]]) / zoom, kinds, scores))
    return tuple(np.concatenate(column) for column in zip(*found))


def decode(outputs, least):
    boxes, kinds, scores = [], [], []
    for stride, cls, dis in zip(STRIDES, outputs[:3], outputs[3:]):
        best = cls[0].max(1)
        rows = np.nonzero(best > least)[0]
        width = SIDE // stride
        centre = np.stack([rows % width + 0.5, rows // width + 0.5], 1) * stride
        logits = dis[0][rows].reshape(-1, 4, BINS)
        e = np.exp(logits - logits.max(-1, keepdims=True))
        far = (e / e.sum(-1, keepdims=True)) @ np.arange(BINS) * stride
        boxes.append(np.concatenate([centre - far[:, :2], centre + far[:, 2:]], 1).clip(0, SIDE))
        kinds.append(cls[0][rows].argmax(1))
        scores.append(best[rows])
    return np.concatenate(boxes), np.concatenate(kinds), np.concatenate(scores)


def suppress(boxes, kinds, scores, iou=NMS):
    """Strongest first; what a stronger box covers goes, whatever its class, and so does a part of a stronger box."""
    order = np.argsort(-scores, kind="stable")
    boxes, kinds, scores = boxes[order], kinds[order], scores[order]
    size = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
    alive = np.ones(len(boxes), bool)
    for i in range(len(boxes)):
        if not alive[i]:
            continue
        lo, hi = np.maximum(boxes[:, :2], boxes[i, :2]), np.minimum(boxes[:, 2:], boxes[i, 2:])
        shared = (hi - lo).clip(0).prod(1)
        gone = (shared > iou * (size + size[i] - shared)) | (shared > COVERED * size)
        gone[: i + 1] = False
        alive &= ~gone
    return boxes[alive], kinds[alive], scores[alive]
