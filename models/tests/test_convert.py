"""The conversion, on graphs of a few nodes: layouts cancel, paddings fold, and no result changes."""

import base64
import json
import tempfile
import unittest
from pathlib import Path

try:
    import numpy as np
    import onnx
    from onnx import TensorProto, helper, numpy_helper
    from onnx.reference import ReferenceEvaluator

    from convert.__main__ import convert
    from convert.fold import Constants
    from convert.tfjs import ConversionError, Node, plain, read, unpack
    from convert.tidy import tidy
except ImportError as error:
    raise unittest.SkipTest(f"{error}; run with the Python that `fetch.py --python` names") from error

SPEC = {
    "input": {"tensor": "in", "name": "image", "shape": [-1, 4, 4, 2]},
    "outputs": [{"tensor": "out", "name": "scores", "shape": [-1, 16, 3]}],
}


def text(value: str) -> dict:
    return {"s": base64.b64encode(value.encode()).decode()}


def node(op: str, name: str, *inputs: str, **attributes: dict) -> dict:
    return {"op": op, "name": name, "input": list(inputs), "attr": attributes}


def small_graph(op: str = "Relu6") -> list[dict]:
    """A convolution with its batch norm, bias and activation, flattened to one row per cell."""
    ones = {"list": {"i": ["1", "1", "1", "1"]}}
    return [
        node("Placeholder", "in"),
        node("Conv2D", "conv", "in", "kernel", strides=ones, padding=text("SAME")),
        node("Mul", "scaled", "conv", "scale"),
        node("BiasAdd", "biased", "scaled", "bias", "^control"),
        node(op, "active", "biased"),
        node("Shape", "shape", "active"),
        node("StridedSlice", "batch", "shape", "zero", "one", "one", shrink_axis_mask={"i": "1"}),
        node("Pack", "target", "batch", "minus", "three", axis={"i": "0"}, N={"i": "3"}),
        node("Reshape", "out", "active", "target"),
    ]


def write_model(folder: Path, nodes: list[dict]) -> Path:
    rng = np.random.default_rng(1)
    weights = {
        "kernel": rng.normal(size=(3, 3, 2, 3)).astype(np.float16),
        "scale": rng.normal(size=3).astype(np.float32),
        "bias": rng.normal(size=3).astype(np.float32),
        **{name: np.array(v, np.int32) for name, v in {"zero": [0], "one": [1], "minus": -1, "three": 3}.items()},
    }
    specs = [{"name": n, "shape": list(w.shape), "dtype": str(w.dtype)} for n, w in weights.items()]
    specs[0] |= {"dtype": "float32", "quantization": {"dtype": "float16"}}
    (folder / "shard").write_bytes(b"".join(w.tobytes() for w in weights.values()))
    path = folder / "model.json"
    manifest = [{"paths": ["shard"], "weights": specs}]
    path.write_text(json.dumps({"modelTopology": {"node": nodes}, "weightsManifest": manifest}))
    return path


class AConversion(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def test_folds_all_it_can_and_turns_the_axes_only_at_the_ends(self):
        model = convert(write_model(self.folder, small_graph()), SPEC)
        operations = [n.op_type for n in model.graph.node]
        self.assertEqual(operations, ["Transpose", "Conv", "Clip", "Transpose", "Reshape", "Identity"])

    def test_computes_what_the_graph_says_for_any_batch(self):
        path = write_model(self.folder, small_graph())
        _, weights = read(path)
        image = np.random.default_rng(2).normal(size=(3, 4, 4, 2)).astype(np.float32)
        (found,) = ReferenceEvaluator(convert(path, SPEC)).run(None, {"image": image})
        padded = np.pad(image, ((0, 0), (1, 1), (1, 1), (0, 0)))
        windows = np.lib.stride_tricks.sliding_window_view(padded, (3, 3), axis=(1, 2))
        expected = np.einsum("nhwcyx,yxco->nhwo", windows, weights["kernel"]) * weights["scale"] + weights["bias"]
        np.testing.assert_allclose(found, expected.clip(0, 6).reshape(3, 16, 3), atol=1e-5)

    def test_gives_the_same_bytes_each_time(self):
        path = write_model(self.folder, small_graph())
        first, second = (convert(path, SPEC).SerializeToString(deterministic=True) for _ in range(2))
        self.assertEqual(first, second)

    def test_names_an_operation_that_it_does_not_know(self):
        with self.assertRaisesRegex(ConversionError, "operation Elu of node `active` is not handled"):
            convert(write_model(self.folder, small_graph("Elu")), SPEC)

    def test_refuses_shards_of_another_length(self):
        path = write_model(self.folder, small_graph())
        (self.folder / "shard").write_bytes((self.folder / "shard").read_bytes() + b"more")
        with self.assertRaisesRegex(ConversionError, "but the shards hold"):
            convert(path, SPEC)


class Reading(unittest.TestCase):
    def test_attributes_in_every_spelling(self):
        self.assertEqual(plain({"i": "3"}), 3)
        self.assertEqual(plain({"s": "U0FNRQ=="}), "SAME")
        self.assertEqual(plain({"s": [83, 65]}), "SA")
        self.assertEqual(plain({"list": {"s": [], "i": ["1", "2"]}}), [1, 2])
        self.assertEqual(plain({"list": {}}), [])

    def test_an_unknown_kind_of_weight_is_refused(self):
        spec = {"name": "w", "shape": [2], "dtype": "float32", "quantization": {"dtype": "uint8"}}
        with self.assertRaisesRegex(ConversionError, "weight `w` is stored as uint8"):
            unpack([spec], b"\0\0")

    def test_what_depends_on_the_picture_is_not_constant(self):
        nodes = {"sum": Node("sum", "Add", ("picture", "one"), {})}
        self.assertIsNone(Constants(nodes, {"one": np.float32(1)}, "picture").get("sum"))


class Tidying(unittest.TestCase):
    """Each pass leaves the results as they were, to the bit where only padding moves."""

    def model(self, nodes: list, constants: dict) -> onnx.ModelProto:
        ends = [helper.make_tensor_value_info(n, TensorProto.FLOAT, ["N", 2, s, s]) for n, s in (("x", 4), ("y", None))]
        initializers = [numpy_helper.from_array(v, k) for k, v in constants.items()]
        graph = helper.make_graph(nodes, "test", ends[:1], ends[1:], initializers)
        return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)])

    def tidied(self, model: onnx.ModelProto) -> list[str]:
        image = np.random.default_rng(3).normal(size=(2, 2, 4, 4)).astype(np.float32)
        before = ReferenceEvaluator(model).run(None, {"x": image})
        tidy(model)
        after = ReferenceEvaluator(model).run(None, {"x": image})
        np.testing.assert_array_equal(before, after)
        return [n.op_type for n in model.graph.node]

    def padded(self, op: str, fill: float, *inputs: str, **attributes) -> onnx.ModelProto:
        constants = {
            "amounts": np.array([0, 0, 1, 1, 0, 0, 1, 1], np.int64),
            "fill": np.float32(fill).reshape(()),
            "kernel": np.random.default_rng(4).normal(size=(2, 2, 3, 3)).astype(np.float32),
        }
        pad = helper.make_node("Pad", ["x", "amounts", "fill"], ["p"])
        return self.model([pad, helper.make_node(op, ["p", *inputs], ["y"], name="n", **attributes)], constants)

    def test_zeros_move_into_a_convolution(self):
        self.assertEqual(self.tidied(self.padded("Conv", 0, "kernel", kernel_shape=[3, 3])), ["Conv"])

    def test_other_numbers_stay_outside_a_convolution(self):
        self.assertEqual(self.tidied(self.padded("Conv", 1, "kernel", kernel_shape=[3, 3])), ["Pad", "Conv"])

    def test_minus_infinity_moves_into_a_maximum(self):
        self.assertEqual(self.tidied(self.padded("MaxPool", -np.inf, kernel_shape=[3, 3])), ["MaxPool"])

    def test_zeros_stay_outside_a_maximum(self):
        self.assertEqual(self.tidied(self.padded("MaxPool", 0, kernel_shape=[3, 3])), ["Pad", "MaxPool"])

    def test_a_convolution_read_twice_keeps_its_bias_outside(self):
        constants = {"k": np.ones((2, 2, 1, 1), np.float32), "b": np.ones((1, 2, 1, 1), np.float32)}
        nodes = [
            helper.make_node("Conv", ["x", "k"], ["c"], name="c"),
            helper.make_node("Add", ["c", "b"], ["d"]),
            helper.make_node("Add", ["c", "d"], ["y"]),
        ]
        self.assertEqual(self.tidied(self.model(nodes, constants)), ["Conv", "Add", "Add"])

    def test_resizing_is_by_a_factor_with_the_shape_written_down(self):
        size = {"size": np.array([8, 8], np.int64)}
        nodes = [
            helper.make_node("Relu", ["x"], ["r"]),  # shapes are known of what lies between input and output
            helper.make_node("Resize", ["r", "", "", "size"], ["s"], name="s", axes=[2, 3], mode="linear"),
            helper.make_node("Relu", ["s"], ["y"]),
        ]
        model = self.model(nodes, size)
        self.tidied(model)
        scales = numpy_helper.to_array(model.graph.initializer[0])
        np.testing.assert_array_equal(scales, [1, 1, 2, 2])
        shape = model.graph.value_info[0].type.tensor_type.shape.dim
        self.assertEqual([d.dim_param or d.dim_value for d in shape], ["N", 2, 8, 8])
