"""Running the box's programs on a machine: start and supervision, logs, readiness, checks before the start, readings."""
