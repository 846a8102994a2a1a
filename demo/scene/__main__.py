# SPDX-License-Identifier: GPL-3.0-or-later
# Imports bpy through the stories, which is GPL; the rest of the project is Apache-2.0.
"""python -m scene NAME --work DIR: renders a clip into DIR, frame by frame, then encodes it and writes its truth."""

import argparse
import importlib
from pathlib import Path

import bpy

from . import fences, film, survey

SAMPLES = {"parking": 8, "dump": 8, "roof": 8, "flight-1": 8, "flight-2": 8}
DEMO = Path(__file__).resolve().parents[1]


def main():
    p = argparse.ArgumentParser(prog="scene")
    p.add_argument("story", choices=SAMPLES)
    p.add_argument("--work", type=Path, required=True, help="frames are kept here; a rerun goes on where it stopped")
    p.add_argument("--only", type=float, nargs="*", help="render the frames at these seconds and stop")
    p.add_argument("--plan", action="store_true", help="render nothing: write only fences and survey")
    args = p.parse_args()

    name, *number = args.story.split("-")
    module = importlib.import_module(f".stories.{name}", __package__)
    story = module.story((640, 360), SAMPLES[args.story], *map(int, number))
    if args.only is not None:
        film.photos(story, args.work / "stills", [round(t * story.fps) for t in args.only])
        return
    story.studio.aim(story.step(0))
    bpy.context.view_layer.update()
    fences.update(DEMO / "fences.geojson", story.fences)
    if story.block.marks and story.partial:
        survey.write(DEMO / "survey" / f"{story.name}.json", story)
    if args.plan:
        return
    picks = range(story.frames)
    film.photos(story, args.work, picks)
    film.truths(story, args.work, picks)
    module.publish(story, args.work, DEMO)


main()
