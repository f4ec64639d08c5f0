"""Programs as files that need no chalkgrad: Python source and ONNX."""
