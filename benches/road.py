#!/usr/bin/env python3
"""The road beside what it stands on and what a user would otherwise run, in turn, in one run.

    benches/road.py [--rounds N] [--clip FILE] [--data DIR] [--only GROUP ...]
                    [--peers DIR --peer-python PYTHON --best-python PYTHON]

Groups: small (640x360), hd (1920x1080), tiled (the same in 3x2 tiles), cores (two), tracker, agree. All with
NanoDet-g and one inference thread but for `cores`. "typical" is the Python pipeline as users write it, "best" the
same with OpenVINO in bf16 and a faster tracker; without --peers they are left out. CPU is that of the loop, without
start-up. Rows take turns, and the ratios are medians over pairs of one round: a shared machine changes its speed by
the minute, so trust those.
"""

import argparse
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import rows
from rows import ROOT

GROUPS = ("small", "hd", "tiled", "cores", "tracker", "agree")


def main():
    args = arguments()
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        for group in args.only or GROUPS:
            globals()[group](args, work)


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--clip", type=Path, help="default: the street clip of --data, else the demo's")
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared/data")
    parser.add_argument("--only", nargs="+", choices=GROUPS)
    parser.add_argument("--peers", type=Path)
    parser.add_argument("--peer-python", default="python3")
    parser.add_argument("--best-python", default="python3")
    parser.add_argument("--provider", default="auto", help="what runs our side")
    args = parser.parse_args()
    street = args.data / "video/opendatacam-street.mp4"
    clip = args.clip or (street if street.exists() else ROOT / "demo/clips/parking.mp4")
    args.clip, args.peers = clip.resolve(), args.peers.resolve() if args.peers else None
    return args


def small(args, work):
    picture = work / "picture.png"
    if not made(["ffmpeg", "-ss", "2", "-i", args.clip, "-frames:v", "1", picture]):
        return
    table = {
        "detector stage": rows.stage(picture, args.provider),
        "road": rows.road(work, args.clip, args.provider),
        **peers(args, work, args.clip),
    }
    if args.provider == "auto":
        table["stage, cpu f32"] = rows.stage(picture, "cpu")
        table["road, cpu f32"] = rows.road(work, args.clip, "cpu")
    runs = measure(args, f"640x360, {args.clip.name}, one thread", table)
    compare("stage: share of the bare session", ratios(runs, "detector stage", "detector stage", "bare_ms", "cpu_ms"), ">=", 0.95)
    rest = [road["cpu_ms"] - stage["bare_ms"] for road, stage in zip(runs["road"], runs["detector stage"])]
    compare("everything but inference, ms a frame", rest, "<=", 1.3)
    against(runs, "road", {"best": 1.22, "typical": 5.3})
    compare("allocations a frame in the stage", [run["allocations"] for run in runs["detector stage"]], "<=", 0)
    compare("start-up, s", [run["start_s"] for run in runs["road"]], "<=", 0.5)
    if "best" in runs:
        compare("peak memory, share of the best", ratios(runs, "road", "best", "rss_mb", "rss_mb"), "<=", 0.65)


def hd(args, work):
    clip = wide(args, work)
    if clip:
        table = {"road": rows.road(work, clip, args.provider), **peers(args, work, clip)}
        against(measure(args, "1920x1080, the same made larger, one thread", table), "road", {"best": 1.28})


def tiled(args, work):
    clip = wide(args, work)
    if clip:
        table = {"road": rows.road(work, clip, args.provider, tiled=True), **peers(args, work, clip, "--tiles", "3x2")}
        title = "1920x1080 in 3x2 tiles and as a whole, 7 inferences a frame, one thread"
        against(measure(args, title, table), "road", {"best": 1.33})


def cores(args, work):
    table = {"road, 2 sessions": rows.road(work, args.clip, args.provider, sessions=2)}
    if args.peers:
        best = [*BEST, "--threads", "2", "--prefetch", "8"]
        table["best"] = rows.peer(args.peers, args.best_python, one_at_a_time(work), args.clip, *best)
    runs = measure(args, f"640x360, {args.clip.name}, two cores", table)
    against(runs, "road, 2 sessions", {"best": 1.35})
    if "best" in runs:
        compare("frames a second, of the best", ratios(runs, "road, 2 sessions", "best", "fps", "fps"), ">=", 1.35)


def tracker(args, work):
    boxes = args.data / "video/opendatacam-street.yolo.json"
    if not boxes.exists():
        print(f"\ntracker: no recorded boxes at {boxes}, skipped")
        return
    script = work / "boxes.jsonl"
    table = {"tracker": rows.tracker(script, rows.script_of(boxes, script))}
    if args.peers:
        table["best"] = rows.peer_tracker(args.peers, args.best_python, boxes)
    against(measure(args, "tracker alone, 23 boxes a frame", table), "tracker", {"best": 14})


def agree(args, _):
    print("\nagreement with f32 on ONNX Runtime's own kernels (same class, IoU 0.5 and more): found, confirmed")
    clips = sorted((args.data / "video").glob("*.mp4")) or [args.clip]
    for clip in clips:
        found, confirmed, active = rows.agreement(clip.resolve(), args.provider)
        told = f"{active['model']} {active['provider']} {active['precision']}"
        print(f"  {clip.name:34} {told:26} {found:.4f}  {confirmed:.4f}")


BEST = ["--provider", "openvino", "--precision", "bf16", "--tracker", "trackers", "--no-spin"]


def peers(args, work, clip, *options):
    """The typical Python pipeline and the best, if they are there."""
    if not args.peers:
        return {}
    model, options = one_at_a_time(work), ["--threads", "1", *options]
    return {
        "best": rows.peer(args.peers, args.best_python, model, clip, *BEST, *options),
        "typical": rows.peer(args.peers, args.peer_python, model, clip, *options),
    }


def one_at_a_time(work):
    """The model with a batch of one: OpenVINO is slower where the batch is free, which we forbid it, too."""
    model = work / "one.onnx"
    if not model.exists():
        code = (
            "import onnx, sys; m = onnx.load(sys.argv[1])\n"
            "for v in [*m.graph.input, *m.graph.output, *m.graph.value_info]:\n"
            "    d = v.type.tensor_type.shape.dim\n"
            "    if d and d[0].dim_param: d[0].dim_value = 1\n"
            "onnx.save(m, sys.argv[2])"
        )
        python = ROOT / "models/cache/.venv/bin/python"
        subprocess.run([python, "-c", code, ROOT / "models/cache/nanodet-g.onnx", model], check=True)
    return model


def wide(args, work):
    """The first 4 seconds in 1920x1080."""
    clip = work / "wide.mp4"
    size = ["-t", "4", "-vf", "scale=1920:1080", "-c:v", "libx264", "-preset", "medium", "-crf", "21", "-an"]
    return clip if clip.exists() or made(["ffmpeg", "-i", args.clip, *size, clip]) else None


def made(command):
    if not shutil.which(command[0]):
        print(f"\n{command[0]} is not installed: skipped what needs it")
        return False
    words = [str(word) for word in command]
    return subprocess.run(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode == 0


def measure(args, title, table):
    """Rows in turn; prints and returns what each gave, round by round."""
    runs = {name: [] for name in table}
    for number in range(args.rounds):
        for name, row in table.items():
            print(f"  {title}: round {number + 1}, {name} ...", end="\r", file=sys.stderr, flush=True)
            runs[name].append(row())
    print(f"\n{title}; {args.rounds} rounds, median (min .. max)")
    for name, of in runs.items():
        print(f"  {name:18} " + "   ".join(f"{key} {spread([run[key] for run in of])}" for key in of[0]))
    return runs


def against(runs, name, targets):
    for peer, target in targets.items():
        if peer in runs:
            compare(f"{name}: CPU of {peer} / ours", ratios(runs, peer, name, "cpu_ms", "cpu_ms"), ">=", target)


def ratios(runs, above, below, key, other):
    return [a[key] / b[other] for a, b in zip(runs[above], runs[below])]


def compare(what, values, how, target):
    """A measured figure beside what it should be."""
    value = statistics.median(values)
    met = value >= target if how == ">=" else value <= target
    print(f"    {what}: {value:.2f} (target {how} {target}: {'met' if met else 'MISSED'})")


def spread(values):
    return f"{statistics.median(values):.3g} ({min(values):.3g} .. {max(values):.3g})"


if __name__ == "__main__":
    main()
