//! Pixels to tracks: preprocessing, ONNX Runtime, decoding, tracking.
