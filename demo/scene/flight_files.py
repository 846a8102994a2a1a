# SPDX-License-Identifier: Apache-2.0
"""python -m scene.flight_files: what lies beside the pictures of the demo flights, from the truth of what was rendered.

Writes telemetry beside the videos, poses into the photos, and `truth/flight.json`: what is there to be found.
"""

import json
from datetime import datetime
from pathlib import Path

from . import photo, srt, telemetry
from .camera import LENS, MODEL

DEMO = Path(__file__).resolve().parents[1]
VIDEOS = {1: "DJI_0001", 2: "DJI_0002"}  # by pass
PHOTOS = [  # file, frame of the roof's truth, when, errors
    ("flight-before/DJI_0001.JPG", 0, "2026-08-21T06:28:00Z", telemetry.EARLIER),
    ("flight/DJI_0003.JPG", 1, "2026-09-21T06:28:00Z", telemetry.FLIGHT),
]
FENCE = "kerb-south-4"


def main():
    passes = {number: _truth(f"flight-{number}") for number in VIDEOS}
    media = [_video(number, *passes[number]) for number in VIDEOS]
    roof, shots = _truth("roof")
    media += [_photo(*shot, shots) for shot in PHOTOS]
    things = _things(passes)
    _write(
        {
            "aircraft": MODEL,
            "lens": {"width": LENS.width, "height": LENS.height, "focal_px_at_zoom_1": round(LENS.focal, 3)},
            "media": media,
            "errors": {"flight": telemetry.FLIGHT.table(), "flight-before": telemetry.EARLIER.table()},
            "things": things,
            "expect": [
                {"rule": "parking", "fence": FENCE, "thing": t["id"]}
                for t in things
                if t["violator"] and t["kind"] != "soil_heap"
            ],
            "changes": [{"fence": "no-build-1", "before": PHOTOS[0][0], "after": PHOTOS[1][0], **roof["extension"]}],
        }
    )


def _truth(name):
    """The header and the frames of a rendered story."""
    head, *frames = (DEMO / "truth" / f"{name}.truth.json").read_text(encoding="utf-8").splitlines()
    return json.loads(head), [json.loads(line) for line in frames]


def _video(number, head, frames):
    name, start = VIDEOS[number], head["start"]
    poses = telemetry.measured([f["pose"] for f in frames], telemetry.FLIGHT, number, 1 / head["fps"])
    srt.write(DEMO / "flight" / f"{name}.SRT", poses, head["fps"], datetime.fromisoformat(start))
    zoom = round(LENS.zoom(frames[0]["pose"]["focal_px"]), 4)
    told = {"pass": number, "start": start, "frames": len(frames), "fps": head["fps"], "zoom": zoom}
    return {"file": f"flight/{name}.MP4", **told, "truth": f"truth/{head['clip']}.truth.json"}


def _photo(file, frame, taken, errors, frames):
    path, truth = DEMO / file, frames[frame]["pose"]
    (pose,) = telemetry.measured([truth], errors, frame, 1)
    path.write_bytes(photo.stamp(path.read_bytes(), pose, datetime.fromisoformat(taken)))
    return {"file": file, "start": taken, "pose": truth}


def _things(passes):
    """Every entity of the street: where it stands, in how many frames of each pass it can be seen, what it is."""
    out = {}
    for number, (head, frames) in passes.items():
        for i, info in head["entities"].items():
            who = head["who"][i]
            thing = out.setdefault(i, {"id": int(i), **info, **who, "frames": {}})
            seen = [o for f in frames for o in f["objects"] if o[0] == int(i)]
            thing["frames"][number] = len(seen)
            if seen and who["standing"]:
                thing |= dict(zip(("lon", "lat", "heading"), seen[0][6:9]))
    return list(out.values())


def _write(summary):
    """One line per video, photo and thing, so that a change can be read."""
    lists = ("media", "things", "expect", "changes")
    parts = [f" {json.dumps(k)}: {json.dumps(v)}" for k, v in summary.items() if k not in lists]
    for k in lists:
        rows = ",\n".join(f"  {json.dumps(row, ensure_ascii=False)}" for row in summary[k])
        parts.append(f' "{k}": [\n{rows}\n ]')
    (DEMO / "truth" / "flight.json").write_text("{\n" + ",\n".join(parts) + "\n}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
