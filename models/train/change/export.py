"""Writes the ONNX file and checks that it answers as the network does.

    python -m change.export OUT/net.pt change.onnx
"""

import argparse
import hashlib
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import torch
from onnx import helper

from .net import Exported, Net

SIDE, OPSET, TOLERANCE = 256, 18, 1e-3
FREE = {0: "batch", 2: "height", 3: "width"}


def main():
    parser = argparse.ArgumentParser(description="Writes the ONNX file.")
    parser.add_argument("weights", type=Path)
    parser.add_argument("out", type=Path)
    args = parser.parse_args()
    net = Net()
    net.load_state_dict(torch.load(args.weights))
    model = Exported(net).eval()
    write(model, args.out)
    worst = difference(model, args.out)
    if worst > TOLERANCE:
        raise SystemExit(f"{args.out} differs from the network by {worst:.1e}")
    digest = hashlib.sha256(args.out.read_bytes()).hexdigest()
    print(f"{args.out}: {args.out.stat().st_size / 1e6:.2f} MB, sha256 {digest}, differs by at most {worst:.1e}")


def write(model, path):
    blank = torch.zeros(1, 3, SIDE, SIDE)
    with torch.no_grad():
        torch.onnx.export(
            model,
            (blank, blank),
            str(path),
            input_names=["before", "after"],
            output_names=["change"],
            dynamic_axes={name: FREE for name in ("before", "after", "change")},
            opset_version=OPSET,
            dynamo=False,
        )
    file = onnx.load(str(path))
    file.producer_name, file.producer_version = "xunjian change", "1"
    file.graph.output[0].type.tensor_type.shape.dim[1].dim_value = 1  # known, though the exporter does not say so
    helper.set_model_props(file, {"classes": "change"})
    onnx.checker.check_model(file)
    onnx.save(file, str(path))


def difference(model, path):
    """The largest difference, on one pair and on two larger ones."""
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    rng, worst = np.random.default_rng(1), 0.0
    for shape in ((1, 3, SIDE, SIDE), (2, 3, SIDE, SIDE + 64)):
        before, after = (rng.random(shape, np.float32) for _ in range(2))
        with torch.no_grad():
            ours = model(torch.from_numpy(before), torch.from_numpy(after)).numpy()
        theirs = session.run(None, {"before": before, "after": after})[0]
        worst = max(worst, float(np.abs(ours - theirs).max()))
    return worst


if __name__ == "__main__":
    main()
