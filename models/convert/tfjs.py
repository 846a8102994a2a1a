"""Reads a TensorFlow.js graph model: `model.json` and the binary shards beside it.

Owns the file format. Past this module a graph is a dictionary of `Node`s and a dictionary of numpy arrays; nothing
else knows about base64, quantised weights or the several spellings of an attribute.
"""

import base64
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np


class ConversionError(Exception):
    """The model cannot be converted; the text names the node or file."""


@dataclass(frozen=True)
class Node:
    """One TensorFlow operation. Inputs are `name` or `name:output`; control inputs are left out."""

    name: str
    op: str
    inputs: tuple[str, ...]
    attributes: dict

    def get(self, key, default=None):
        """The attribute as a plain Python value."""
        raw = self.attributes.get(key)
        return default if raw is None else plain(raw)


def read(path: Path) -> tuple[dict[str, Node], dict[str, np.ndarray]]:
    """The nodes and the weights of a model, both by name."""
    document = json.loads(path.read_text(encoding="utf-8"))
    nodes = {}
    for raw in document["modelTopology"]["node"]:
        inputs = tuple(i for i in raw.get("input", []) if not i.startswith("^"))
        nodes[raw["name"]] = Node(raw["name"], raw["op"], inputs, raw.get("attr", {}))
    weights = {}
    for group in document["weightsManifest"]:
        data = b"".join((path.parent / shard).read_bytes() for shard in group["paths"])
        weights.update(unpack(group["weights"], data))
    return nodes, weights


def unpack(specs: list[dict], data: bytes) -> dict[str, np.ndarray]:
    """Cuts one group of shards into its weights."""
    weights, offset = {}, 0
    for spec in specs:
        stored = spec.get("quantization", {}).get("dtype", spec["dtype"])
        if stored not in ("float32", "float16", "int32"):
            raise ConversionError(f"weight `{spec['name']}` is stored as {stored}, which is not handled")
        count = int(np.prod(spec["shape"], dtype=np.int64))
        values = np.frombuffer(data, np.dtype(stored), count, offset)
        offset += values.nbytes
        wanted = np.int64 if spec["dtype"] == "int32" else np.float32
        weights[spec["name"]] = values.reshape(spec["shape"]).astype(wanted)
    if offset != len(data):
        raise ConversionError(f"the weights take {offset} bytes but the shards hold {len(data)}")
    return weights


def plain(raw: dict):
    """An attribute as JSON spells it, e.g. `{"list": {"i": ["1", "2"]}}`, as a Python value."""
    ((kind, value),) = raw.items()
    if kind == "list":
        return next(([scalar(k, v) for v in values] for k, values in value.items() if values), [])
    return scalar(kind, value)


def scalar(kind: str, value):
    """One value of an attribute: strings are base64 or a list of bytes, integers are often strings."""
    if kind == "s":
        return bytes(value).decode() if isinstance(value, list) else base64.b64decode(value).decode()
    return {"i": int, "f": float, "b": bool}.get(kind, lambda v: v)(value)
