"""Converts one TensorFlow.js graph model: `python -m convert model.json out.onnx SPEC`, SPEC in JSON.

SPEC names the tensors: `{"input": {"tensor": ..., "name": ..., "shape": [...]},
"outputs": [{"tensor": ..., "name": ..., "shape": [...]}, ...]}`. A dimension of -1 is the free batch.
"""

import json
import sys
from pathlib import Path

import onnx
from onnx import ModelProto, TensorProto, ValueInfoProto, helper

from .emit import Emitter
from .tfjs import ConversionError, read
from .tidy import tidy

OPSET = 18
IR_VERSION = 8  # the oldest that has OPSET: readable by the most run-time libraries


def convert(source: Path, spec: dict) -> ModelProto:
    """The ONNX model of a TensorFlow.js model."""
    nodes, weights = read(source)
    entry = spec["input"]
    emitter = Emitter(nodes, weights, entry["tensor"], entry["name"], len(entry["shape"]))
    for output in spec["outputs"]:
        emitter.output(output["tensor"], output["name"])
    graph = helper.make_graph(
        emitter.nodes,
        "xunjian",
        [value_info(entry)],
        [value_info(output) for output in spec["outputs"]],
        list(emitter.initializers.values()),
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], producer_name="xunjian")
    model.ir_version = IR_VERSION
    tidy(model)
    onnx.checker.check_model(onnx.shape_inference.infer_shapes(model, strict_mode=True, data_prop=True))
    return model


def value_info(tensor: dict) -> ValueInfoProto:
    shape = ["N" if size == -1 else size for size in tensor["shape"]]
    return helper.make_tensor_value_info(tensor["name"], TensorProto.FLOAT, shape)


def main() -> None:
    source, target, spec = sys.argv[1:]
    try:
        model = convert(Path(source), json.loads(spec))
    except ConversionError as error:
        sys.exit(f"cannot convert {source}: {error}")
    Path(target).write_bytes(model.SerializeToString(deterministic=True))


if __name__ == "__main__":
    main()
