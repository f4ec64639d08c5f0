"""A training to be watched, recorded and reported."""
