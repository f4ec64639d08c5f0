"""Training on the devices of JAX: a step is one program, and rows are spread over them."""
