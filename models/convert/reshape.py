"""Declares the tensors of an ONNX file anew: `python -m convert.reshape in.onnx out.onnx SPEC`, SPEC in JSON.

SPEC: `{"inputs": [{"name": ..., "shape": [...]}, ...], "outputs": [...]}`; -1 is a side that may have any length. A
file that was exported with fixed sides although its operations take any becomes usable for any. What the file says of
tensors in between is dropped: it follows from the inputs. The same input gives the same bytes.
"""

import json
import sys
from pathlib import Path

import onnx
from onnx import ModelProto, TensorProto, ValueInfoProto, helper


def reshape(model: ModelProto, spec: dict) -> ModelProto:
    """`model`, with its inputs and outputs as `spec` declares them."""
    constant = {initializer.name for initializer in model.graph.initializer}
    inputs = [entry for entry in model.graph.input if entry.name not in constant]
    for side, found in (("inputs", inputs), ("outputs", model.graph.output)):
        names, wanted = [entry.name for entry in found], [tensor["name"] for tensor in spec[side]]
        if names != wanted:
            sys.exit(f"its {side} are {', '.join(names)}, expected {', '.join(wanted)}")
    replace(model.graph.input, [value_info(tensor) for tensor in spec["inputs"]])
    replace(model.graph.output, [value_info(tensor) for tensor in spec["outputs"]])
    replace(model.graph.value_info, [])
    onnx.checker.check_model(model)
    return model


def replace(field, values: list[ValueInfoProto]) -> None:
    del field[:]
    field.extend(values)


def value_info(tensor: dict) -> ValueInfoProto:
    shape = [f"{tensor['name']}_{axis}" if size == -1 else size for axis, size in enumerate(tensor["shape"])]
    return helper.make_tensor_value_info(tensor["name"], TensorProto.FLOAT, shape)


def main() -> None:
    source, target, spec = sys.argv[1:]
    model = reshape(onnx.load(source), json.loads(spec))
    Path(target).write_bytes(model.SerializeToString(deterministic=True))


if __name__ == "__main__":
    main()
