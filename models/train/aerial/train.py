"""Trains the aerial detector on the CPU.

    python -m aerial.train --data ../../../shared/data/aerial --sprites DIR --start nanodet-g.onnx --out DIR

Writes OUT/last.pt every few minutes and goes on from it when started again; OUT/net.pt is the running mean of the
weights, which is what is measured and exported. The seed fixes what is drawn; sums on several threads, and so the last
digits, may still differ between machines.
"""

import argparse
import math
import multiprocessing
import os
import time
from collections import deque
from pathlib import Path

import cv2
import numpy as np
import torch

from . import augment
from .data import pictures
from .ignore import mark_unlabelled
from .loss import loss
from .net import MEAN, STD, from_coco
from .paste import Sprites

SIDE, BATCH, STEPS, RATE = 320, 8, 2250, 4e-4
WARM, KEEP, MOSAIC = 100, 0.998, 0.25
SAVE_SECONDS, AHEAD = 120, 4
# How often a picture of each origin is drawn.
SHARE = {"kit-ais-munich": 0.36, "minsk-dji": 0.44, "auair": 0.20, "cats-drone": 0.30}


def main():
    args = arguments()
    torch.set_num_threads(args.threads)
    args.out.mkdir(parents=True, exist_ok=True)
    net, mean, optimiser, first = begin(args)
    started, saved = time.monotonic(), time.monotonic()
    log = []
    with multiprocessing.get_context("spawn").Pool(1, prepare, (args,)) as pool:
        for step, batch in drawn(pool, range(first, args.steps)):
            for group in optimiser.param_groups:
                group["lr"] = rate(step, args.steps, args.rate)
            parts = learn(net, optimiser, batch)
            follow(mean, net, step)
            log.append([v.item() for v in parts.values()])
            if step % 50 == 49:
                shown = " ".join(f"{n} {v:.3f}" for n, v in zip(parts, np.mean(log, 0)))
                print(f"step {step + 1} {shown} {time.monotonic() - started:.0f} s", flush=True)
                log.clear()
            if time.monotonic() - saved > SAVE_SECONDS or step + 1 == args.steps:
                save(args.out, net, mean, optimiser, step + 1)
                saved = time.monotonic()


def drawn(pool, steps):
    """Each step with its batch, drawn a few steps ahead."""
    waiting = deque()
    for step in steps:
        waiting.append((step, pool.apply_async(draw, (step,))))
        if len(waiting) > AHEAD:
            first, batch = waiting.popleft()
            yield first, batch.get()
    for step, batch in waiting:
        yield step, batch.get()


def prepare(args):
    """Once in the process that draws: pictures and sprites."""
    global material
    cv2.setNumThreads(1)
    sprites = Sprites(args.sprites) if args.sprites else None
    learnt = pictures(args.data, "train", args.split)
    mark_unlabelled([p for p in learnt if p.origin == "auair"], args.start, args.out / "unlabelled.json")
    material = args, Chooser(learnt), sprites


def draw(step):
    """The batch of a step; the same whatever was drawn before."""
    args, chosen, sprites = material
    rng = np.random.default_rng((args.seed, step))
    mosaic = MOSAIC if step < 0.9 * args.steps else 0.0
    return [augment.draw(rng, lambda: chosen(rng), sprites, SIDE, args.pasted, mosaic) for _ in range(BATCH)]


def learn(net, optimiser, batch):
    with torch.autocast("cpu", torch.bfloat16):
        scores, distances = net(tensor([s.image for s in batch]))
    value, parts = loss(scores, distances, batch, SIDE)
    optimiser.zero_grad()
    value.backward()
    torch.nn.utils.clip_grad_norm_(net.parameters(), 5.0)
    optimiser.step()
    return parts


@torch.no_grad()
def follow(mean, net, step):
    """The running mean of the weights, over few steps at first."""
    keep = min(KEEP, (step + 1) / (step + 10))
    for old, new in zip(mean.parameters(), net.parameters()):
        old.lerp_(new, 1 - keep)


def arguments():
    parser = argparse.ArgumentParser(description="Trains the aerial detector.")
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--start", type=Path, required=True, help="nanodet-g.onnx")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--sprites", type=Path)
    parser.add_argument("--split", type=Path, default=Path(__file__).with_name("split.toml"))
    parser.add_argument("--pasted", type=float, default=0.6, help="share of the crops that get sprites")
    parser.add_argument("--steps", type=int, default=STEPS)
    parser.add_argument("--rate", type=float, default=RATE)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=2)
    return parser.parse_args()


def begin(args):
    """Fresh from NanoDet-g, or where the last run stopped."""
    torch.manual_seed(args.seed)
    net = from_coco(args.start).to(memory_format=torch.channels_last)
    mean = from_coco(args.start)
    optimiser = torch.optim.AdamW(net.parameters(), lr=args.rate, weight_decay=0.01)
    path = args.out / "last.pt"
    if not path.exists():
        return net, mean, optimiser, 0
    state = torch.load(path)
    net.load_state_dict(state["net"])
    mean.load_state_dict(state["mean"])
    optimiser.load_state_dict(state["optimiser"])
    print(f"going on after step {state['step']}", flush=True)
    return net, mean, optimiser, state["step"]


class Chooser:
    """Draws pictures: first the origin, by its share, then one of its pictures."""

    def __init__(self, all_pictures):
        self.by_origin = {}
        for picture in all_pictures:
            self.by_origin.setdefault(picture.origin, []).append(picture)
        self.origins = sorted(self.by_origin)
        share = np.array([SHARE[o] for o in self.origins])
        self.odds = share / share.sum()
        counts = {o: (len(p), sum(len(x.labels) for x in p)) for o, p in self.by_origin.items()}
        print(f"pictures and boxes: {counts}", flush=True)

    def __call__(self, rng):
        group = self.by_origin[self.origins[rng.choice(len(self.origins), p=self.odds)]]
        return group[rng.integers(len(group))]


def tensor(images):
    """BGR pictures as the network takes them."""
    x = torch.from_numpy(np.stack(images)).permute(0, 3, 1, 2).float()
    x = (x - torch.tensor(MEAN).view(1, 3, 1, 1)) / torch.tensor(STD).view(1, 3, 1, 1)
    return x.to(memory_format=torch.channels_last)


def rate(step, steps, top):
    warm = min(1.0, (step + 1) / WARM)
    return top * warm * (0.02 + 0.98 * (1 + math.cos(math.pi * step / steps)) / 2)


def save(out, net, mean, optimiser, step):
    """Complete or not at all."""
    state = {"net": net.state_dict(), "mean": mean.state_dict(), "optimiser": optimiser.state_dict(), "step": step}
    for name, value in (("last.pt", state), ("net.pt", mean.state_dict())):
        torch.save(value, out / f"{name}.part")
        os.replace(out / f"{name}.part", out / name)


if __name__ == "__main__":
    main()
