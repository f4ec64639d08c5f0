"""Update rules, learning-rate schedules and clipping."""
