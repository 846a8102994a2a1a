"""What a step is judged by: task-aligned assignment, quality focal loss, distribution focal loss and GIoU.

An object of no known class (`ANY_VEHICLE`) asks that the best of the vehicle classes be sure, whichever it is. Cells in
an ignored box count neither way.
"""

import torch
from torch.nn import functional as F

from .data import ANY_VEHICLE, VEHICLES
from .net import BINS, CLASSES, boxes, cells

MOST_CELLS = 10  # that learn one object
SCORE_POWER, IOU_POWER = 1.0, 4.0
OTHERS = [CLASSES.index(c) for c in ("person", "two_wheeler")]
BOX_WEIGHT, BINS_WEIGHT = 2.0, 0.5


def loss(scores, distances, samples, side):
    """The loss of one batch, and its parts for the log."""
    points, strides = cells(side)
    logits, distances = torch.cat(scores, 1).float(), torch.cat(distances, 1).float()
    found = boxes(distances, points, strides)
    parts = [one(*each, points, strides) for each in zip(logits, distances, found, samples)]
    total = sum(p[3] for p in parts).clamp(min=1.0)
    names = ("class", "box", "bins")
    values = {name: sum(p[i] for p in parts) / total for i, name in enumerate(names)}
    return values["class"] + BOX_WEIGHT * values["box"] + BINS_WEIGHT * values["bins"], values


def one(logits, distances, found, sample, points, strides):
    """Sums over one picture: class, box and bin loss, and the weight of its objects."""
    labels = torch.from_numpy(sample.labels)
    truth = torch.from_numpy(sample.boxes).float()
    trust = torch.from_numpy(sample.trust).float()
    known = labels >= ANY_VEHICLE
    weight = torch.ones_like(logits)
    weight[:, OTHERS] *= sample.others
    if (~known).any():
        weight[inside(points, truth[~known]).any(1)] = 0
    labels, truth, trust = labels[known], truth[known], trust[known]
    target = torch.zeros_like(logits)
    if not len(labels):
        return quality_focal(logits, target, weight), *[logits.sum() * 0] * 3
    cell, mine, quality = assign(logits.detach().sigmoid(), found.detach(), labels, truth, points, strides)
    kinds = labels[mine]
    columns = kinds.clone()
    vague = kinds == ANY_VEHICLE
    if vague.any():
        best = logits.detach()[cell[vague]][:, VEHICLES].argmax(1)
        columns[vague] = torch.tensor(VEHICLES)[best]
        weight[cell[vague][:, None], torch.tensor(VEHICLES)] = 0
    weight[cell, columns] = 1
    target[cell, columns] = quality
    trusted = quality * trust[mine]
    box = ((1 - giou(found[cell], truth[mine])) * trusted).sum()
    bins = (bins_loss(distances[cell], truth[mine], points[cell], strides[cell]) * trusted).sum()
    return quality_focal(logits, target, weight), box, bins, quality.sum()


def assign(scores, found, labels, truth, points, strides):
    """Cells that learn an object: (cell, object, wanted score)."""
    overlap = iou(found, truth)
    vehicle = scores[:, VEHICLES].max(1).values
    score = torch.stack([vehicle if k == ANY_VEHICLE else scores[:, k] for k in labels.tolist()], 1)
    held = inside(points, truth)
    fine = strides == strides.min()
    for i in (~held.any(0)).nonzero().flatten().tolist():  # too thin to hold a centre: the nearest fine cell
        centre = (truth[i, :2] + truth[i, 2:]) / 2
        far = (points - centre).square().sum(1)
        far[~fine] = torch.inf
        held[far.argmin(), i] = True
    metric = (score**SCORE_POWER * overlap**IOU_POWER + 1e-9) * held
    top = metric.topk(min(MOST_CELLS, len(metric)), 0)
    chosen = torch.zeros_like(held)
    chosen.scatter_(0, top.indices, top.values > 0)
    claimed = (metric * chosen).max(1)
    cell = chosen.any(1).nonzero().flatten()
    mine = claimed.indices[cell]
    own, fit = metric[cell, mine], overlap[cell, mine]
    best = torch.zeros(len(labels)).scatter_reduce(0, mine, own, "amax")
    reach = torch.zeros(len(labels)).scatter_reduce(0, mine, fit, "amax")
    return cell, mine, (own / best[mine] * reach[mine]).clamp(0, 1)


def quality_focal(logits, target, weight):
    p = logits.sigmoid()
    return (F.binary_cross_entropy_with_logits(logits, target, reduction="none") * (p - target).square() * weight).sum()


def bins_loss(distances, truth, points, strides):
    """Cross-entropy with the two bins around the true distance."""
    wanted = torch.cat([points - truth[:, :2], truth[:, 2:] - points], 1) / strides[:, None]
    wanted = wanted.clamp(0, BINS - 1.01)
    low = wanted.floor().long()
    share = wanted - low
    logp = distances.unflatten(-1, (4, BINS)).log_softmax(-1)
    near = logp.gather(-1, low[..., None])[..., 0] * (1 - share)
    return -(near + logp.gather(-1, low[..., None] + 1)[..., 0] * share).mean(1)


def inside(points, truth):
    p = points[:, None]
    return ((p > truth[:, :2]) & (p < truth[:, 2:])).all(-1)


def size(b):
    return (b[..., 2] - b[..., 0]).clamp(min=0) * (b[..., 3] - b[..., 1]).clamp(min=0)


def iou(a, b):
    """[M, 4] against [G, 4]."""
    a = a[:, None]
    shared = (torch.minimum(a[..., 2:], b[:, 2:]) - torch.maximum(a[..., :2], b[:, :2])).clamp(min=0).prod(-1)
    return shared / (size(a) + size(b) - shared).clamp(min=1e-6)


def giou(a, b):
    """Row by row."""
    shared = (torch.minimum(a[:, 2:], b[:, 2:]) - torch.maximum(a[:, :2], b[:, :2])).clamp(min=0).prod(-1)
    both = (size(a) + size(b) - shared).clamp(min=1e-6)
    hull = (torch.maximum(a[:, 2:], b[:, 2:]) - torch.minimum(a[:, :2], b[:, :2])).prod(-1).clamp(min=1e-6)
    return shared / both - (hull - both) / hull
