"""Labelled pictures of `shared/data/aerial`, split by scene as `split.toml` says, with the words translated to ours."""

import json
import tomllib
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np

from .net import CLASSES

HERE = Path(__file__).resolve().parent
# A label that is no class: the object is some vehicle, or it counts neither for nor against.
ANY_VEHICLE, IGNORE = -1, -2
VEHICLES = [CLASSES.index(c) for c in ("car", "van", "bus", "truck", "muck_truck")]
WORDS = {
    "human": "person",
    "minibus": "van",
    "bicycle": "two_wheeler",
    "motorbike": "two_wheeler",
    "cyclist": "two_wheeler",
}


@dataclass
class Picture:
    """One labelled picture. Boxes are corners in pixels of the file."""

    path: Path
    origin: str  # the set, or its part
    scene: str
    boxes: np.ndarray
    labels: np.ndarray
    levels: list = field(default_factory=list, repr=False)

    @property
    def nadir(self):
        """Seen from so high above that the picture may be turned by any angle."""
        return self.origin != "auair"

    def image(self, zoom=1.0):
        """BGR, and its scale: 1, or the smallest power of a half that is not below `zoom`. Read once."""
        if not self.levels:
            self.levels.append(cv2.imread(str(self.path), cv2.IMREAD_COLOR))
            if self.levels[0] is None:
                raise OSError(f"cannot read {self.path}")
        wanted = max(0, int(np.floor(-np.log2(zoom))))
        while len(self.levels) <= wanted:
            self.levels.append(cv2.resize(self.levels[-1], None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA))
        return self.levels[wanted], 0.5**wanted


def pictures(root, part, split=HERE / "split.toml"):
    """All pictures of one part of the split: "train", "dev" or "test"."""
    with open(split, "rb") as file:
        groups = tomllib.load(file)["scenes"]
    return [p for group in groups for p in of_set(Path(root) / group["set"], group, part)]


def of_set(folder, group, part):
    notes = json.loads((folder / "annotations.json").read_text())
    words = {c["id"]: label(c["name"]) for c in notes["categories"]}
    found = defaultdict(list)
    for note in notes["annotations"]:
        x, y, w, h = note["bbox"]
        found[note["image_id"]].append((x, y, x + w, y + h, words[note["category_id"]]))
    for image in notes["images"]:
        scene = image[group["key"]]
        if not scene.startswith(tuple(group[part])):
            continue
        rows = np.array(found[image["id"]], np.float32).reshape(-1, 5)
        origin = image.get("part", group["set"])
        path = folder / "images" / image["file_name"]
        yield Picture(path, origin, scene, rows[:, :4], rows[:, 4].astype(int))


def label(word):
    if word == "vehicle":
        return ANY_VEHICLE
    word = WORDS.get(word, word)
    return CLASSES.index(word) if word in CLASSES else IGNORE
