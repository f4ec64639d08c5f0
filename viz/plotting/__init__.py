"""The plots of matplotlib: networks, boundaries, surfaces, gradients, weights."""
