"""Writes the ONNX file and checks that it answers as the network does.

    python -m aerial.export OUT/net.pt aerial.onnx
"""

import argparse
import hashlib
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import torch
from onnx import TensorProto, helper, numpy_helper

from .net import BINS, CLASSES, STRIDES, Exported, Net

SIDE, OPSET = 416, 18
NAMES = [f"{kind}{s}" for kind in ("cls", "dis") for s in STRIDES]
SHAPES = [((SIDE // s) ** 2, width) for width in (len(CLASSES), 4 * BINS) for s in STRIDES]
TOLERANCE = 1e-3


def main():
    parser = argparse.ArgumentParser(description="Writes the ONNX file.")
    parser.add_argument("weights", type=Path)
    parser.add_argument("out", type=Path)
    args = parser.parse_args()
    net = Net()
    net.load_state_dict(torch.load(args.weights))
    model = Exported(halved(net)).eval()
    write(model, args.out)
    worst = difference(model, args.out)
    if worst > TOLERANCE:
        raise SystemExit(f"{args.out} differs from the network by {worst:.1e}")
    digest = hashlib.sha256(args.out.read_bytes()).hexdigest()
    print(f"{args.out}: {args.out.stat().st_size / 1e6:.2f} MB, sha256 {digest}, differs by at most {worst:.1e}")


@torch.no_grad()
def halved(net):
    """Weights as 16 bits hold them: the file stores them so."""
    for value in net.parameters():
        value.copy_(value.half())
    return net


def write(model, path, halves=True):
    batch = {name: {0: "batch"} for name in ("image", *NAMES)}
    blank = torch.zeros(1, 3, SIDE, SIDE)
    with torch.no_grad():
        torch.onnx.export(
            model,
            (blank,),
            str(path),
            input_names=["image"],
            output_names=NAMES,
            dynamic_axes=batch,
            opset_version=OPSET,
            dynamo=False,
        )
    file = onnx.load(str(path))
    for output, (cells, width) in zip(file.graph.output, SHAPES):  # known, though the exporter does not say so
        for dim, value in zip(output.type.tensor_type.shape.dim[1:], (cells, width)):
            dim.dim_value = value
    if halves:
        store_halves(file.graph)
    file.producer_name, file.producer_version = "xunjian aerial", "1"
    helper.set_model_props(file, {"classes": ",".join(CLASSES)})  # the program holds the manifest against it
    onnx.checker.check_model(file)
    onnx.save(file, str(path))


def store_halves(graph):
    """Weights with 16 bits each, made 32 again by a node that ONNX Runtime folds when it loads the file."""
    casts = []
    for value in graph.initializer:
        array = numpy_helper.to_array(value)
        if array.dtype == np.float32 and array.size > 64:
            name = value.name
            value.CopyFrom(numpy_helper.from_array(array.astype(np.float16), f"{name}.half"))
            casts.append(helper.make_node("Cast", [f"{name}.half"], [name], to=TensorProto.FLOAT))
    nodes = [*casts, *graph.node]
    del graph.node[:]
    graph.node.extend(nodes)


def difference(model, path):
    """The largest difference of any output, on one and on three noisy pictures."""
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    rng, worst = np.random.default_rng(1), 0.0
    for n in (1, 3):
        image = rng.normal(0, 1, (n, 3, SIDE, SIDE)).astype(np.float32)
        with torch.no_grad():
            ours = model(torch.from_numpy(image))
        for a, b in zip(ours, session.run(None, {"image": image})):
            worst = max(worst, float(np.abs(a.numpy() - b).max()))
    return worst


if __name__ == "__main__":
    main()
