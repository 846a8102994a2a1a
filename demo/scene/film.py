# SPDX-License-Identifier: GPL-3.0-or-later
# Imports bpy, which is GPL; the rest of the project is Apache-2.0.
"""Runs a story frame by frame. A stopped run goes on where it was: finished frames are kept."""

import json
import time
from dataclasses import dataclass, field

import bpy
import cv2

from . import truth
from .dirty import MARGIN, Changes, merge


@dataclass
class Story:
    """`step(now)` places everything and depends on nothing but `now`; it returns the camera."""

    name: str
    seconds: float
    fps: float
    studio: object
    block: object
    step: object
    partial: bool = True  # off where more than the entities changes between frames
    lit: tuple | None = None  # by night: the rectangle in which lamps and shadows tell of any change
    events: list = field(default_factory=list)  # (second, text)
    extra: dict = field(default_factory=dict)  # further truth, for the header
    fences: list = field(default_factory=list)  # (id, kind, name, name_en, ring)

    @property
    def origin(self):
        return self.block.plan.origin

    @property
    def frames(self):
        return int(round(self.seconds * self.fps))


def photos(story, work, picks):
    """Frames without grain, to work/raw."""
    raw = work / "raw"
    raw.mkdir(parents=True, exist_ok=True)
    changes, studio = Changes(story.block.plan.sun, 5 * MARGIN if story.lit else MARGIN), story.studio
    for i in picks:
        regions, path = _go_to(story, i, changes), raw / f"{i:05}.png"
        if path.exists():
            studio.last = cv2.imread(str(path))
            continue
        if not story.partial:
            regions = None
        if regions and story.lit:
            regions = merge([story.lit, *regions])
        start = time.process_time()
        studio.photograph(path, regions)
        what = "whole" if regions is None else f"{len(regions)} parts"
        print(f"{story.name} {i} photo {time.process_time() - start:.2f} CPU s {what}", flush=True)


def truths(story, work, picks):
    """One JSON line per frame, to work/truth.jsonl."""
    path, last = work / "truth.jsonl", None
    done = {json.loads(line)["frame"] for line in path.read_text().splitlines()} if path.exists() else set()
    changes = Changes()
    with path.open("a") as out:
        for i in picks:
            regions = _go_to(story, i, changes)
            if i in done:
                last = None
                continue
            if last is None or regions != [] or not story.partial:
                numbers = story.studio.numbers(work / "raw" / f"{i:05}.png")
                last = truth.rows(story.studio.camera, story.origin, story.block.maker.all, numbers)
            record = {"frame": i, "t": round(i / story.fps, 3), "objects": last}
            if not story.partial:
                record["pose"] = story.studio.camera.pose(story.origin)
            out.write(json.dumps(record, separators=(",", ":")) + "\n")
            out.flush()


def _go_to(story, i, changes):
    """Places everything for frame i; returns the rectangles that changed."""
    story.studio.aim(story.step(i / story.fps))
    bpy.context.view_layer.update()
    return changes.rectangles(story.studio.camera, story.block.maker.all)


def write_truth(story, work, path):
    """Header line (camera, columns, entities, events), then one line per frame."""
    head = {
        "clip": story.name,
        "fps": story.fps,
        "width": story.studio.camera.width,
        "height": story.studio.camera.height,
        "seed": story.block.plan.seed,
        "columns": truth.COLUMNS,
        "entities": truth.entity_table(story.block.maker.all),
        "events": [{"t": t, "event": text} for t, text in story.events],
    }
    head |= story.extra
    if story.partial:
        head["pose"] = story.studio.camera.pose(story.origin)
    lines = sorted((work / "truth.jsonl").read_text().splitlines(), key=lambda line: json.loads(line)["frame"])
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(
        "\n".join([json.dumps(head, ensure_ascii=False, separators=(",", ":")), *lines]) + "\n", encoding="utf-8"
    )
