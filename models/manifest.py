"""Reads `manifest.toml`, strictly.

Owns the meaning of the file: every key is required that has no default here, an unknown one is an error, and values are checked against each
other where that is cheap. Errors name the entry, the key and the value, as the file spells them.
"""

import dataclasses
import re
import tomllib
import types
import typing
from dataclasses import dataclass
from pathlib import Path

SCHEMA = 1
CLASSES = (
    *("person", "bicycle", "motorcycle", "two_wheeler", "car", "van", "bus", "truck"),
    *("muck_truck", "excavator", "dog"),
)


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
    """A package with a graph in it: npm with a TensorFlow.js model, pypi with an ONNX file."""

    registry: str
    package: str
    version: str
    archive_sha256: str
    archive_bytes: int
    graph: str
    files: list[SourceFile]


@dataclass(frozen=True)
class Trained:
    """How a model of our own was made; its file lies beside the manifest."""

    command: str
    seed: int


@dataclass(frozen=True)
class Runtime:
    """A shared library for one kind of machine, with the libraries that it loads."""

    machine: str
    version: str
    licence: str
    file: str
    sha256: str
    source: WheelSource
    provider: str = "cpu"
    needs: list[str] = dataclasses.field(default_factory=list)
    folder: str | None = None

    @property
    def id(self) -> str:
        return self.source.package


@dataclass(frozen=True)
class Licence:
    code: str
    weights: str


@dataclass(frozen=True)
class Input:
    name: str
    layout: str
    width: int
    height: int
    colour: str
    fit: str
    mean: list[float]
    std: list[float]
    tensor: str | None = None

    @property
    def shape(self) -> list[int]:
        """With -1 for the batch."""
        return [-1, 3, self.height, self.width] if self.layout == "NCHW" else [-1, self.height, self.width, 3]


@dataclass(frozen=True)
class Output:
    name: str
    shape: list[int]
    tensor: str | None = None


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
    input: Input
    gsd_cm: float | None = None
    source: GraphSource | None = None
    trained: Trained | None = None


@dataclass(frozen=True)
class Tensor:
    """-1 is a side that may have any length."""

    name: str
    shape: list[int]


@dataclass(frozen=True)
class Network:
    """A network that is no detector of objects; an ONNX file in a wheel, or our own."""

    id: str
    version: int
    does: str
    licence: Licence
    file: str
    sha256: str
    min_score: float
    inputs: list[Tensor]
    outputs: list[Tensor]
    gsd_cm: float | None = None
    reshape: bool = False
    source: GraphSource | None = None
    trained: Trained | None = None


@dataclass(frozen=True)
class Manifest:
    schema: int
    runtime: list[Runtime]
    model: list[Model]
    network: list[Network] = dataclasses.field(default_factory=list)


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
    if types.NoneType in typing.get_args(kind):
        kind = typing.get_args(kind)[0]
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
    for key in (key for key in keys.keys() - raw.keys() if is_required(keys[key])):
        raise ManifestError(f"missing key `{key}` in {where}")
    hints = typing.get_type_hints(kind)
    given = {key: field for key, field in keys.items() if key in raw}
    return kind(**{f.name: build(hints[f.name], raw[key], f"`{key}` of {where}") for key, f in given.items()})


def is_required(field: dataclasses.Field) -> bool:
    return field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING


def check(manifest: Manifest) -> None:
    """What types alone do not say."""
    if manifest.schema != SCHEMA:
        raise ManifestError(f"`schema` must be {SCHEMA}, got `{manifest.schema}`")
    unique("machine", [f"{r.machine} {r.provider}" for r in manifest.runtime])
    entries = [*manifest.model, *manifest.network]
    unique("id", [entry.id for entry in entries])
    unique("file", [entry.file for entry in entries] + [r.file for r in manifest.runtime[:1]])
    for runtime in manifest.runtime:
        check_file(runtime, runtime.id)
        one_of(runtime.source.registry, ("pypi",), f"`registry` of `{runtime.id}`")
        check_runtime(runtime)
    for model in manifest.model:
        check_file(model, model.id)
        check_model(model)
    for network in manifest.network:
        check_file(network, network.id)
        check_network(network)


def check_runtime(runtime: Runtime) -> None:
    where = f"`{runtime.id}`"
    one_of(runtime.provider, ("cpu", "openvino"), f"`provider` of {where}")
    if runtime.source.files[0].sha256 != runtime.sha256:
        raise ManifestError(f"`files` of {where} must begin with the library, with its `sha256`")
    if runtime.folder is None and len(runtime.source.files) != 1:
        raise ManifestError(f"`files` of {where} must be the library alone, or there must be a `folder`")
    if runtime.folder is not None and not re.fullmatch(r"[a-z0-9_-]+", runtime.folder):
        raise ManifestError(f"`folder` of {where} must be a plain name, got `{runtime.folder}`")


def check_file(entry: Runtime | Model | Network, name: str) -> None:
    """The hashes and names of what is downloaded and written."""
    if Path(entry.file).name != entry.file or entry.file.startswith("."):
        raise ManifestError(f"`file` of `{name}` must be a plain file name, got `{entry.file}`")
    source = entry.source
    of_source = (source.archive_sha256, *(f.sha256 for f in source.files)) if source else ()
    for value in (entry.sha256, *of_source):
        if not re.fullmatch(r"[0-9a-f]{64}", value):
            raise ManifestError(f"every sha256 of `{name}` must be 64 hexadecimal digits, got `{value}`")


def check_origin(entry: Model | Network, where: str) -> None:
    if (entry.source is None) == (entry.trained is None):
        raise ManifestError(f"{where} must have either a `source` or `trained`")


def check_network(network: Network) -> None:
    where = f"`{network.id}`"
    check_origin(network, where)
    one_of(network.does, ("faces", "plates", "text", "change"), f"`does` of {where}")
    if not 0 < network.min_score < 1:
        raise ManifestError(f"`min_score` of {where} must lie between 0 and 1, got `{network.min_score}`")
    if network.source:
        one_of(network.source.registry, ("pypi",), f"`registry` of {where}")
        one_of(network.source.graph, [f.path for f in network.source.files], f"`graph` of {where}")
    for tensor in (*network.inputs, *network.outputs):
        if any(size != -1 and size < 1 for size in tensor.shape):
            raise ManifestError(f"`shape` of `{tensor.name}` must be -1 or positive sizes, got `{tensor.shape}`")


def check_model(model: Model) -> None:
    where = f"`{model.id}`"
    check_origin(model, where)
    if model.source:
        check_source(model, model.source, where)
    one_of(model.decode, ("nanodet", "ssd"), f"`decode` of {where}")
    one_of(model.input.layout, ("NCHW", "NHWC"), f"`layout` of {where}")
    one_of(model.input.colour, ("BGR", "RGB"), f"`colour` of {where}")
    one_of(model.input.fit, ("letterbox", "squash"), f"`fit` of {where}")
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


def check_source(model: Model, source: GraphSource, where: str) -> None:
    """What a model needs that is converted."""
    one_of(source.registry, ("npm",), f"`registry` of {where}")
    one_of(source.graph, [f.path for f in source.files], f"`graph` of {where}")
    for tensor in (model.input, *model.outputs):
        if tensor.tensor is None:
            raise ManifestError(f"missing key `tensor` of `{tensor.name}` in {where}")


def one_of(value, allowed, where: str) -> None:
    if value not in allowed:
        raise ManifestError(f"{where} must be one of {', '.join(allowed)}, got `{value}`")


def unique(key: str, values: list) -> None:
    for value in values:
        if values.count(value) > 1:
            raise ManifestError(f"`{key}` must be unique, got `{value}` twice")
