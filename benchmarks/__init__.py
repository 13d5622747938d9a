"""Measurements: each command stores its results with the environment of the measurement."""
