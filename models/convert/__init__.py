"""TensorFlow.js graph models to ONNX, with numpy and onnx alone (no TensorFlow).

Owns the whole conversion: reading (`tfjs`), folding constants (`fold`), translating operations (`emit`) and
simplifying the result (`tidy`). Assumes a graph for inference in NHWC with fixed picture size, which it gives a free
batch dimension. The same input gives the same bytes, so that `manifest.toml` can name the hash of the result.
It knows the operations that our models use; any other is an error that names it.
"""
