#!/usr/bin/env python3
"""The whole road beside what it stands on and what a user would otherwise run, in turn, in one run.

    benches/road.py [--clip FILE] [--rounds N] [--peers DIR --peer-python PYTHON]

Rows: the bare ONNX session (detector/examples/bare.rs), `xunjian analyze`, and, where --peers names them, the Python
pipeline. All with NanoDet-g on the CPU provider, one inference thread. Frames per second are of the loop, without
loading the model; CPU is that of the whole process. Trust the ratios: a shared machine changes speed by the minute,
which is why the rows take turns.
"""
import argparse
import json
import os
import statistics
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MODEL = ROOT / "models/cache/nanodet-g.onnx"


def run(command):
    """The last line of its output as JSON, and the CPU seconds of the process."""
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd=ROOT)
    output = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    if status != 0:
        sys.exit(f"bench: {' '.join(map(str, command))} failed with status {status}")
    return json.loads(output.splitlines()[-1]), usage.ru_utime + usage.ru_stime


def bare(clip):
    picture = ROOT / "demo/flight-before/DJI_0001.JPG"
    told, _ = run([ROOT / "target/release/examples/bare", picture, "nanodet-g", "1", "10"])
    return {"fps": 1000 / told["bare_ms"], "cpu_ms": told["bare_cpu_ms"]}


def road(clip):
    told, cpu = run([ROOT / "target/release/xunjian", "analyze", clip, "--model", "nanodet-g", "--threads", "1", "--summary"])
    return {"fps": told["fps"], "cpu_ms": 1000 * cpu / told["frames"]}


def peer(python, folder):
    script = [python, folder / "python_pipeline.py", "--model", MODEL, "--threads", "1", "--dwell", "10"]

    def measure(clip):
        told, cpu = run([*script, "--video", clip])
        frames = told.get("frames") or told["inferred_frames"]
        return {"fps": told["fps"], "cpu_ms": 1000 * cpu / frames}

    return measure


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--clip", type=Path, default=ROOT / "demo/clips/parking.mp4")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--peers", type=Path)
    parser.add_argument("--peer-python", default="python3")
    args = parser.parse_args()
    rows = {"bare session": bare, "xunjian": road}
    if args.peers:
        rows["python peer"] = peer(args.peer_python, args.peers.resolve())
    measured = {name: [] for name in rows}
    for _ in range(args.rounds):
        for name, measure in rows.items():
            measured[name].append(measure(args.clip.resolve()))
    print(f"{args.clip.name}, {args.rounds} rounds in turn, median (min .. max)")
    for name, runs in measured.items():
        print(f"{name:14} {spread(runs, 'fps')} fps   {spread(runs, 'cpu_ms')} CPU ms a frame")
    for name in rows:
        if name != "xunjian":
            ratios = [a["fps"] / b["fps"] for a, b in zip(measured["xunjian"], measured[name])]
            cpu = [a["cpu_ms"] / b["cpu_ms"] for a, b in zip(measured["xunjian"], measured[name])]
            print(f"xunjian / {name}: {statistics.median(ratios):.2f} of its fps, {statistics.median(cpu):.2f} of its CPU")


def spread(runs, key):
    values = [run[key] for run in runs]
    return f"{statistics.median(values):7.1f} ({min(values):.1f} .. {max(values):.1f})"


if __name__ == "__main__":
    main()
