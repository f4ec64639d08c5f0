"""The parts of networks: neurons, layers, and what goes between them."""
