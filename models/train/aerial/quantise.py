"""Writes the INT8 file (QDQ, weights by channel, activations by percentile), the heads' last layers kept in float.

    python -m aerial.quantise --data ../../../shared/data/aerial OUT/net.pt aerial-int8.onnx
"""

import argparse
import tempfile
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import helper
from onnxruntime.quantization import CalibrationDataReader, CalibrationMethod, QuantFormat, QuantType, quantize_static

from . import augment
from .data import pictures
from .export import SIDE, halved, write
from .net import CLASSES, MEAN, STD, Exported, Net

CROPS, PERCENTILE = 96, 99.995


class Crops(CalibrationDataReader):
    """Crops as they are learnt from, without what cameras do."""

    def __init__(self, root):
        learnt, rng = pictures(root, "train"), np.random.default_rng(11)
        self.waiting = [augment.crop(rng, learnt[rng.integers(len(learnt))], SIDE).image for _ in range(CROPS)]

    def get_next(self):
        if not self.waiting:
            return None
        blob = (self.waiting.pop().astype(np.float32) - MEAN) / STD
        return {"image": blob.transpose(2, 0, 1)[None].astype(np.float32)}


def main():
    parser = argparse.ArgumentParser(description="Writes the INT8 file.")
    parser.add_argument("weights", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--data", type=Path, required=True)
    args = parser.parse_args()
    net = Net()
    net.load_state_dict(torch.load(args.weights))
    with tempfile.TemporaryDirectory() as folder:
        plain = Path(folder) / "plain.onnx"
        write(Exported(halved(net)).eval(), plain, halves=False)
        last = [n.name for n in onnx.load(str(plain)).graph.node if n.op_type == "Conv"][-2 * 3 :]
        quantize_static(
            str(plain),
            str(args.out),
            Crops(args.data),
            quant_format=QuantFormat.QDQ,
            per_channel=True,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
            op_types_to_quantize=["Conv", "MaxPool", "LeakyRelu", "Concat", "Add"],
            nodes_to_exclude=[name for name in last if name.endswith("out/Conv")],
            calibrate_method=CalibrationMethod.Percentile,
            extra_options={"CalibPercentile": PERCENTILE, "CalibTensorRangeSymmetric": False},
        )
    file = onnx.load(str(args.out))
    del file.metadata_props[:]
    helper.set_model_props(file, {"classes": ",".join(CLASSES)})
    onnx.save(file, str(args.out))
    print(f"{args.out}: {args.out.stat().st_size / 1e6:.2f} MB")


if __name__ == "__main__":
    main()
