"""Computes the parts of a TensorFlow graph that do not depend on the picture.

Owns constant folding, in numpy. A value it does not know how to compute is simply not constant; `emit` will complain
if it needed one. The batch counts as 1 here and every other dimension as unknown (-1): shapes are only ever used to
put the batch in front of a `Reshape`, where `emit` frees it again.
"""

import numpy as np

from .tfjs import Node

FLOATS_AND_SHAPES = {
    "Identity": lambda node, a: a,
    "Cast": lambda node, a: a,
    "Add": lambda node, a, b: a + b,
    "AddV2": lambda node, a, b: a + b,
    "Sub": lambda node, a, b: a - b,
    "Mul": lambda node, a, b: a * b,
    "Pack": lambda node, *parts: np.stack(parts, node.get("axis", 0)),
    "ConcatV2": lambda node, *parts: np.concatenate(parts[:-1], int(parts[-1])),
    "Reshape": lambda node, a, shape: a.reshape(shape),
    "Transpose": lambda node, a, order: a.transpose(order),
    "StridedSlice": lambda node, *a: strided_slice(node, *a),
    "SparseToDense": lambda node, *a: sparse_to_dense(*a),
}


class Constants:
    """The constants of a graph, computed when asked for."""

    def __init__(self, nodes: dict[str, Node], weights: dict[str, np.ndarray], variable: str):
        self.nodes = nodes
        self.known: dict[str, np.ndarray | None] = {**weights, variable: None}

    def get(self, reference: str) -> np.ndarray | None:
        """The value of a tensor, or None where it depends on the picture."""
        name = reference.split(":")[0]
        if name not in self.known:
            self.known[name] = self.compute(self.nodes[name])
        return self.known[name]

    def compute(self, node: Node) -> np.ndarray | None:
        if node.op == "Shape":
            return np.array([1, -1, -1, -1], np.int64)
        if node.op not in FLOATS_AND_SHAPES:
            return None
        # `all` over a generator: stops at the first input that depends on the picture.
        if not all(self.get(i) is not None for i in node.inputs):
            return None
        return np.asarray(FLOATS_AND_SHAPES[node.op](node, *(self.get(i) for i in node.inputs)))


def strided_slice(node: Node, values, begin, end, stride):
    if node.get("shrink_axis_mask", 0):
        return values[int(begin[0])]
    return values[int(begin[0]) : int(end[0]) : int(stride[0])]


def sparse_to_dense(indices, shape, values, default):
    dense = np.full(shape.reshape(-1), default, np.int64)
    dense[tuple(indices.reshape(-1, dense.ndim).T)] = values.reshape(-1)
    return dense
