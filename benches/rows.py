"""How each row of `road.py` is run. A row is a function without arguments that gives numbers by name."""

import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
RELEASE = ROOT / "target/release"
MODEL = "nanodet-g"
WIDE = 739  # the side of a tile that cuts 1920x1080 into 3x2 at an overlap of 0.2, as the Python side does


def run(command):
    """The last line of its output as JSON, with the CPU seconds and the peak memory of the process."""
    command = [str(word) for word in command]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd=ROOT)
    output = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    if status != 0:
        sys.exit(f"bench: {' '.join(command)} failed with status {status}")
    told = json.loads(output.splitlines()[-1])
    return told, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def road(work, clip, provider, sessions=1, tiled=False):
    config = work / f"{provider}-{sessions}-{tiled}.toml"
    tiles = f'[detector.tiles]\nside = {WIDE}\nkeep = "0s"\n' if tiled else ""
    config.write_text(f'[detector]\nprovider = "{provider}"\nsessions = {sessions}\n{tiles}')

    def measure():
        command = [RELEASE / "xunjian", "analyze", clip, "--config", config, "--model", MODEL, "--dwell", "10s", "--summary"]
        told, _, memory = run(command)
        numbers = {"fps": told["fps"], "cpu_ms": 1000 * told["cpu_seconds"] / told["frames"], "rss_mb": memory}
        return numbers | {"start_s": told["startup_seconds"]}

    return measure


def stage(picture, provider):
    def measure():
        told, _, _ = run([RELEASE / "examples/bare", picture, f"model={MODEL}", f"provider={provider}", "rounds=12"])
        return {"bare_ms": told["bare_cpu_ms"], "cpu_ms": told["detect_cpu_ms"], "allocations": told["allocations"]}

    return measure


def peer(peers, python, model, clip, *options):
    script = [python, peers / "python_pipeline.py", "--model", model, "--video", clip, "--dwell", "10", *options]

    def measure():
        told, _, memory = run(script)
        numbers = {"fps": told["fps"], "cpu_ms": told["cpu_ms_per_frame"], "rss_mb": memory}
        return numbers | {"start_s": told["startup_seconds"]}

    return measure


def tracker(script, frames, repeats=40):
    def measure():
        _, cpu, _ = run([RELEASE / "examples/follow", script, frames, 30, repeats])
        return {"cpu_ms": 1000 * cpu / frames / repeats}

    return measure


def peer_tracker(peers, python, boxes):
    def measure():
        told, _, _ = run([python, peers / "tracker.py", boxes, "--runs", "1", "--only", "trackers-bytetrack"])
        return {"cpu_ms": told["cpu_ms_per_frame"]}

    return measure


def agreement(clip, provider, model=MODEL):
    """Found and confirmed; the same every time, so that once is enough."""
    told, _, _ = run([RELEASE / "examples/agree", clip, MODEL, provider, "auto", model])
    return told["found"], told["confirmed"], told["active"]


def script_of(boxes, script):
    """The boxes of a YOLO detector as `Scripted` reads them; gives the number of frames."""
    classes = {"car": "car", "bus": "bus", "truck": "truck"}
    frames = json.loads(boxes.read_text())
    with script.open("w") as out:
        for number, frame in enumerate(frames):
            found = []
            for one in frame["objects"]:
                at = one["relative_coordinates"]
                x, y, half_w, half_h = (
                    at["center_x"] * 1280,
                    at["center_y"] * 720,
                    at["width"] * 640,
                    at["height"] * 360,
                )
                corners = {"x1": x - half_w, "y1": y - half_h, "x2": x + half_w, "y2": y + half_h}
                found.append({"bbox": corners, "class": classes.get(one["name"], "car"), "score": one["confidence"]})
            out.write(json.dumps({"frame": number, "detections": found}) + "\n")
    return len(frames)
