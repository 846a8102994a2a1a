"""What finds change without training: the difference of the pixels, and the angle between untrained features.

Both answer per pixel between 0 and 1.
"""

import cv2
import numpy as np
import torch
from torch.nn import functional

from .net import pretrained

STRIDES = (2, 4, 8, 16)


def pixels(before, after):
    """Each picture brought to the same mean and spread first, then both smoothed."""
    before, after = (cv2.GaussianBlur(even(x), (0, 0), 2) for x in (before, after))
    return np.clip(np.abs(before - after).mean(2) / 4, 0, 1)


def even(picture):
    picture = picture.astype(np.float32)
    return (picture - picture.mean((0, 1))) / (picture.std((0, 1)) + 1e-3)


def features(wheel):
    """Stride to method: the cosine distance of what MobileNetV2 as published sees at strides 8 and 16."""
    net = pretrained(wheel).eval()

    def at(stride):
        def changed(before, after):
            with torch.no_grad():
                one, two = (seen(net, x, stride) for x in (before, after))
            angle = (1 - functional.cosine_similarity(one, two)).clamp(0, 1)[:, None]
            return functional.interpolate(angle, before.shape[:2], mode="bilinear")[0, 0].numpy()

        return changed

    return {stride: at(stride) for stride in (8, 16)}


def seen(net, picture, stride):
    x = torch.from_numpy(picture.astype(np.float32) / 255).permute(2, 0, 1)[None]
    return net.backbone((x - net.mean) / net.std)[STRIDES.index(stride)]
