"""Running the box's programs on a machine: supervision, logs, readiness, checks before the start, readings."""
