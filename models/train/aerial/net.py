"""The network: NanoDet-g as its published weights describe it, with a class head of our own.

Layers are those of the converted graph, batch normalisation already folded into the convolutions. `from_coco` takes the
weights of `models/cache/nanodet-g.onnx`; a class starts from the COCO classes that look most like it, so that the first
step is no step back. Outputs keep NanoDet-g's form: per stride class probabilities [N, cells, classes] and distance
logits [N, cells, 44].
"""

import numpy as np
import onnx
import torch
from onnx import numpy_helper
from torch import nn
from torch.nn import functional as F

CLASSES = ("car", "van", "bus", "truck", "muck_truck", "excavator", "person", "two_wheeler")
STRIDES = (8, 16, 32)
BINS = 11
MEAN, STD = (103.53, 116.28, 123.675), (57.375, 57.12, 58.395)
# COCO: 0 person, 1 bicycle, 2 car, 3 motorcycle, 5 bus, 6 train, 7 truck.
KIN = ((2,), (2, 7), (5,), (7,), (7,), (6, 7), (0,), (1, 3))
COCO = 80


class Stage(nn.Module):
    """Halves the picture, then a cross-stage block: half of it goes through two convolutions, all are kept."""

    def __init__(self, width, blocks, halve):
        super().__init__()
        self.enter = conv(width, width, 3, 2 if halve else 1)
        self.blocks = nn.ModuleList(Block(width) for _ in range(blocks))
        self.leave = conv(width, width, 3)

    def forward(self, x):
        first = x = act(self.enter(x))
        for block in self.blocks:
            x = block(x)
        return torch.cat([act(self.leave(x)), first], 1)


class Block(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.a, self.b = conv(width, width // 2, 3), conv(width // 2, width // 2, 3)

    def forward(self, x):
        a = act(self.a(x))
        return torch.cat([act(self.b(a)), a], 1)


class Head(nn.Module):
    def __init__(self, classes):
        super().__init__()
        self.mix, self.out = conv(128, 128, 3), conv(128, classes + 4 * BINS, 1)

    def forward(self, x):
        return self.out(act(self.mix(x)))


class Net(nn.Module):
    def __init__(self, classes=len(CLASSES)):
        super().__init__()
        self.classes = classes
        self.stem = conv(3, 32, 3, 2)
        self.stages = nn.ModuleList([Stage(32, 1, False), Stage(64, 2, True), Stage(128, 2, True), Stage(256, 3, True)])
        self.across = nn.ModuleList([conv(512, 128, 1), conv(256, 128, 1), conv(128, 128, 1)])
        self.heads = nn.ModuleList(Head(classes) for _ in STRIDES)

    def forward(self, picture):
        """Class logits and distance logits per stride: [N, cells, classes], [N, cells, 44]."""
        x = F.max_pool2d(act(self.stem(picture)), 3, 2, 1)
        levels = []
        for stage in self.stages:
            x = stage(x)
            levels.append(x)
        _, c8, c16, c32 = levels
        p32 = self.across[0](c32)
        p16 = self.across[1](c16) + scaled(p32, 2.0)
        p8 = self.across[2](c8) + scaled(p16, 2.0)
        n16 = p16 + scaled(p8, 0.5)
        n32 = p32 + scaled(n16, 0.5)
        rows = [head(p).flatten(2).transpose(1, 2) for head, p in zip(self.heads, (p8, n16, n32))]
        return [row[..., : self.classes] for row in rows], [row[..., self.classes :] for row in rows]

    def convolutions(self):
        """All of them, in the order in which the converted file lists their weights."""
        yield self.stem
        for stage in self.stages:
            yield stage.enter
            for block in stage.blocks:
                yield from (block.a, block.b)
            yield stage.leave
        yield from self.across
        for head in self.heads:
            yield from (head.mix, head.out)


class Exported(nn.Module):
    """What the file holds: probabilities instead of logits, six outputs."""

    def __init__(self, net):
        super().__init__()
        self.net = net

    def forward(self, picture):
        scores, distances = self.net(picture)
        return (*(s.sigmoid() for s in scores), *distances)


def conv(into, out, size, stride=1):
    return nn.Conv2d(into, out, size, stride, size // 2)


def scaled(x, factor):
    return F.interpolate(x, scale_factor=factor, mode="bilinear")


def act(x):
    return F.leaky_relu(x, 0.1, inplace=True)


def coco(path):
    """NanoDet-g itself, 80 classes."""
    graph = onnx.load(str(path)).graph
    values = {i.name: numpy_helper.to_array(i) for i in graph.initializer}
    nodes = [n for n in graph.node if n.op_type == "Conv"]
    net = Net(COCO)
    layers = list(net.convolutions())
    if len(layers) != len(nodes):
        raise ValueError(f"{path} has {len(nodes)} convolutions, expected {len(layers)}")
    with torch.no_grad():
        for layer, node in zip(layers, nodes):
            layer.weight.copy_(torch.from_numpy(values[node.input[1]].astype(np.float32)))
            layer.bias.copy_(torch.from_numpy(values[node.input[2]].astype(np.float32)))
    return net


def from_coco(path):
    """NanoDet-g with our classes, each begun from its kin."""
    old, net = coco(path), Net()
    state = old.state_dict()
    for level in range(len(STRIDES)):
        for part in ("weight", "bias"):
            name = f"heads.{level}.out.{part}"
            rows = [state[name][list(kin)].mean(0) for kin in KIN]
            state[name] = torch.cat([torch.stack(rows), state[name][COCO:]])
    net.load_state_dict(state)
    return net


def cells(side):
    """Centres [M, 2] and strides [M] of all cells of a square input, in the order of the outputs."""
    points, strides = [], []
    for s in STRIDES:
        line = (torch.arange(side // s) + 0.5) * s
        y, x = torch.meshgrid(line, line, indexing="ij")
        points.append(torch.stack([x, y], -1).reshape(-1, 2))
        strides.append(torch.full((line.numel() ** 2,), float(s)))
    return torch.cat(points), torch.cat(strides)


def boxes(distances, points, strides):
    """Corners [N, M, 4] from distance logits [N, M, 44]."""
    bins = torch.arange(BINS, dtype=distances.dtype)
    far = (distances.unflatten(-1, (4, BINS)).softmax(-1) @ bins) * strides[:, None]
    return torch.cat([points - far[..., :2], points + far[..., 2:]], -1)
