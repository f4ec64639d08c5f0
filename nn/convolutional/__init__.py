"""Signals and images: convolutions, pooling, what makes images larger again, and the U-Net."""
