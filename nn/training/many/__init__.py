"""Many small trainings at once, as one program."""
