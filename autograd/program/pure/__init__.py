"""Lifted programs as graphs of pure array operations: for JAX, ONNX and source on its own."""
