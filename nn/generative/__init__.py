"""Models that make samples: autoencoders, and a generator against a discriminator."""
