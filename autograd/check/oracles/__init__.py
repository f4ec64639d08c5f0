"""The oracles: who says what the true derivative is. `choice` names them."""
