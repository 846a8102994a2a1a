"""Translates TensorFlow operations to ONNX operations.

Owns the layout. TensorFlow counts axes as N, H, W, C and ONNX wants convolutions as N, C, H, W; instead of a
`Transpose` on both sides of every convolution, each `Tensor` says where its TensorFlow axes lie in the ONNX value, and
a `Transpose` is written only where an operation really needs another order. Leaves simplification to `tidy`.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from onnx import NodeProto, TensorProto, helper, numpy_helper

from .fold import Constants
from .tfjs import ConversionError, Node

CHANNELS_FIRST = (0, 2, 3, 1)  # where N, H, W, C lie in an N, C, H, W value


@dataclass(frozen=True)
class Tensor:
    """An ONNX value; TensorFlow's axis `i` is its axis `at[i]`."""

    name: str
    at: tuple[int, ...]


class Emitter:
    """Builds the list of ONNX nodes that compute the wanted tensors."""

    def __init__(self, nodes: dict[str, Node], weights: dict[str, np.ndarray], source: str, image: str, rank: int):
        self.graph = nodes
        self.constants = Constants(nodes, weights, source)
        self.tensors = {source: Tensor(image, tuple(range(rank)))}
        self.nodes: list[NodeProto] = []
        self.initializers: dict[tuple, TensorProto] = {}

    def output(self, reference: str, name: str) -> int:
        """Computes `reference` under a name of our own, with TensorFlow's axes; returns its rank."""
        tensor = self.tensor(reference)
        value = self.ordered(tensor, tuple(range(len(tensor.at))))
        self.nodes.append(helper.make_node("Identity", [value], [name], name=name))
        return len(tensor.at)

    def tensor(self, reference: str) -> Tensor:
        """The translated tensor; translates everything it depends on first (iteratively: graphs are deep)."""
        reference = reference.removesuffix(":0")
        waiting = [reference.split(":")[0]]
        while waiting:
            node = self.graph[waiting[-1]]
            missing = [i.split(":")[0] for i in node.inputs if self.is_missing(i)]
            if node.name in self.tensors:
                waiting.pop()
            elif missing:
                waiting += missing
            else:
                self.translate(node)
        return self.tensors[reference]

    def is_missing(self, reference: str) -> bool:
        return reference.split(":")[0] not in self.tensors and self.constants.get(reference) is None

    def translate(self, node: Node) -> None:
        if node.op not in TRANSLATIONS:
            raise ConversionError(f"operation {node.op} of node `{node.name}` is not handled")
        if node.get("data_format", "NHWC") != "NHWC":
            raise ConversionError(f"node `{node.name}` is not NHWC")
        results = TRANSLATIONS[node.op](self, node)
        for index, result in enumerate(results if isinstance(results, list) else [results]):
            self.tensors[f"{node.name}:{index}" if index else node.name] = result

    # What the translations are written with.

    def constant(self, node: Node, index: int) -> np.ndarray:
        value = self.constants.get(node.inputs[index])
        if value is None:
            raise ConversionError(f"input {index} of node `{node.name}` depends on the picture")
        return value

    def integers(self, node: Node, index: int) -> list[int]:
        return [int(v) for v in self.constant(node, index).reshape(-1)]

    def initializer(self, values: np.ndarray) -> str:
        """The name of a constant; equal constants share one."""
        values = np.ascontiguousarray(values).reshape(values.shape)  # the former makes scalars 1-D
        key = (values.dtype.str, values.shape, values.tobytes())
        if key not in self.initializers:
            self.initializers[key] = numpy_helper.from_array(values, f"constant_{len(self.initializers)}")
        return self.initializers[key].name

    def add(self, op: str, inputs: list[str], outputs: int = 1, **attributes) -> list[str]:
        name = f"{op}_{len(self.nodes)}"
        names = [name if outputs == 1 else f"{name}_{i}" for i in range(outputs)]
        self.nodes.append(helper.make_node(op, inputs, names, name=name, **attributes))
        return names

    def ordered(self, tensor: Tensor, at: tuple[int, ...]) -> str:
        """The ONNX value of a tensor with its axes at `at`."""
        if tensor.at == at:
            return tensor.name
        order = [tensor.at[at.index(axis)] for axis in range(len(at))]
        return self.add("Transpose", [tensor.name], perm=order)[0]


def element_wise(op: str) -> Callable[[Emitter, Node], Tensor]:
    """A translation of an operation on one tensor and a constant, or on two tensors of one shape."""

    def translation(to: Emitter, node: Node) -> Tensor:
        at = next(to.tensor(i).at for i in node.inputs if to.constants.get(i) is None)
        names = []
        for reference in node.inputs:
            value = to.constants.get(reference)
            names.append(to.ordered(to.tensor(reference), at) if value is None else to.initializer(spread(value, at)))
        return Tensor(to.add(op, names)[0], at)

    return translation


def spread(value: np.ndarray, at: tuple[int, ...]) -> np.ndarray:
    """A constant that broadcasts against TensorFlow's axes, laid out for a tensor with its axes at `at`."""
    if value.size == 1:
        return value.reshape(())
    full = value.reshape((1,) * (len(at) - value.ndim) + value.shape)
    return full.transpose([at.index(axis) for axis in range(len(at))])


def unary(op: str, **renamed: str) -> Callable[[Emitter, Node], Tensor]:
    """A translation of an operation on one tensor, element by element; `renamed` maps attributes."""

    def translation(to: Emitter, node: Node) -> Tensor:
        tensor = to.tensor(node.inputs[0])
        attributes = {ours: node.get(theirs) for ours, theirs in renamed.items()}
        return Tensor(to.add(op, [tensor.name], **attributes)[0], tensor.at)

    return translation


def identity(to: Emitter, node: Node) -> Tensor:
    return to.tensor(node.inputs[0])


def relu6(to: Emitter, node: Node) -> Tensor:
    tensor = to.tensor(node.inputs[0])
    limits = [to.initializer(np.float32(0)), to.initializer(np.float32(6))]
    return Tensor(to.add("Clip", [tensor.name, *limits])[0], tensor.at)


def convolution(to: Emitter, node: Node) -> Tensor:
    kernel = to.constant(node, 1)  # height, width, channels in, channels out (or per channel, when depthwise)
    height, width, channels, out = kernel.shape
    depthwise = node.op == "DepthwiseConv2dNative"
    weights = kernel.transpose(2, 3, 0, 1) if depthwise else kernel.transpose(3, 2, 0, 1)
    if depthwise:
        weights = weights.reshape(channels * out, 1, height, width)
    value = to.ordered(to.tensor(node.inputs[0]), CHANNELS_FIRST)
    made = to.add(
        "Conv",
        [value, to.initializer(weights)],
        kernel_shape=[height, width],
        strides=node.get("strides")[1:3],
        dilations=(node.get("dilations") or [1, 1, 1, 1])[1:3],
        group=channels if depthwise else 1,
        **padding(node),
    )
    return Tensor(made[0], CHANNELS_FIRST)


def max_pool(to: Emitter, node: Node) -> Tensor:
    value = to.ordered(to.tensor(node.inputs[0]), CHANNELS_FIRST)
    window, strides = node.get("ksize")[1:3], node.get("strides")[1:3]
    return Tensor(to.add("MaxPool", [value], kernel_shape=window, strides=strides, **padding(node))[0], CHANNELS_FIRST)


def padding(node: Node) -> dict:
    """ONNX's attribute for TensorFlow's padding; VALID is ONNX's default, no padding."""
    return {"VALID": {}, "SAME": {"auto_pad": "SAME_UPPER"}}[node.get("padding")]


def batch_norm(to: Emitter, node: Node) -> Tensor:
    tensor = to.tensor(node.inputs[0])
    gamma, beta, mean, variance = (to.constant(node, i).astype(np.float32) for i in range(1, 5))
    scale = gamma / np.sqrt(variance + np.float32(node.get("epsilon", 1e-3)))
    scaled = to.add("Mul", [tensor.name, to.initializer(spread(scale, tensor.at))])[0]
    shift = to.initializer(spread(beta - mean * scale, tensor.at))
    return Tensor(to.add("Add", [scaled, shift])[0], tensor.at)


def add_all(to: Emitter, node: Node) -> Tensor:
    total, *others = (to.tensor(i) for i in node.inputs)
    for other in others:
        total = Tensor(to.add("Add", [total.name, to.ordered(other, total.at)])[0], total.at)
    return total


def transpose(to: Emitter, node: Node) -> Tensor:
    tensor = to.tensor(node.inputs[0])
    return Tensor(tensor.name, tuple(tensor.at[axis] for axis in to.integers(node, 1)))


def concat(to: Emitter, node: Node) -> Tensor:
    parts = [to.tensor(i) for i in node.inputs[:-1]]
    at = parts[0].at
    (axis,) = to.integers(node, -1)
    return Tensor(to.add("Concat", [to.ordered(p, at) for p in parts], axis=at[axis])[0], at)


def split(to: Emitter, node: Node) -> list[Tensor]:
    tensor = to.tensor(node.inputs[0])
    (axis,) = to.integers(node, 2)
    sizes = to.initializer(to.constant(node, 1).astype(np.int64))
    parts = to.add("Split", [tensor.name, sizes], outputs=node.get("num_split"), axis=tensor.at[axis])
    return [Tensor(part, tensor.at) for part in parts]


def reshape(to: Emitter, node: Node) -> Tensor:
    tensor = to.tensor(node.inputs[0])
    shape = to.integers(node, 1)
    if shape[0] != 1:
        raise ConversionError(f"node `{node.name}` moves the batch dimension")
    target = to.initializer(np.array([0, *shape[1:]], np.int64))  # 0 copies the batch
    value = to.ordered(tensor, tuple(range(len(tensor.at))))
    return Tensor(to.add("Reshape", [value, target])[0], tuple(range(len(shape))))


def squeeze(to: Emitter, node: Node) -> Tensor:
    tensor = to.tensor(node.inputs[0])
    axes = node.get("squeeze_dims") or node.get("axis")
    value = to.ordered(tensor, tuple(range(len(tensor.at))))
    made = to.add("Squeeze", [value, to.initializer(np.array(axes, np.int64))])
    return Tensor(made[0], tuple(range(len(tensor.at) - len(axes))))


def pad(to: Emitter, node: Node) -> Tensor:
    tensor = to.tensor(node.inputs[0])
    fill = float(to.constant(node, 2)) if node.op == "PadV2" else 0.0
    amounts = to.constant(node, 1).astype(np.int64)  # per TensorFlow axis: before, after
    moved = amounts[[tensor.at.index(axis) for axis in range(len(tensor.at))]]
    inputs = [to.initializer(np.concatenate([moved[:, 0], moved[:, 1]])), to.initializer(np.float32(fill))]
    return Tensor(to.add("Pad", [tensor.name, *inputs])[0], tensor.at)


def resize_bilinear(to: Emitter, node: Node) -> Tensor:
    if node.get("align_corners") or not node.get("half_pixel_centers"):
        raise ConversionError(f"node `{node.name}` does not sample at half pixel centres")
    value = to.ordered(to.tensor(node.inputs[0]), CHANNELS_FIRST)
    size = to.initializer(np.array(to.integers(node, 1), np.int64))
    made = to.add(
        "Resize", [value, "", "", size], axes=[2, 3], mode="linear", coordinate_transformation_mode="half_pixel"
    )
    return Tensor(made[0], CHANNELS_FIRST)


TRANSLATIONS: dict[str, Callable[[Emitter, Node], Tensor | list[Tensor]]] = {
    "Add": element_wise("Add"),
    "AddN": add_all,
    "AddV2": element_wise("Add"),
    "BiasAdd": element_wise("Add"),
    "ConcatV2": concat,
    "Conv2D": convolution,
    "DepthwiseConv2dNative": convolution,
    "FusedBatchNorm": batch_norm,
    "Identity": identity,
    "LeakyRelu": unary("LeakyRelu", alpha="alpha"),
    "MaxPool": max_pool,
    "Mul": element_wise("Mul"),
    "Pad": pad,
    "PadV2": pad,
    "Relu6": relu6,
    "Reshape": reshape,
    "ResizeBilinear": resize_bilinear,
    "Sigmoid": unary("Sigmoid"),
    "SplitV": split,
    "Squeeze": squeeze,
    "Sub": element_wise("Sub"),
    "Transpose": transpose,
}
