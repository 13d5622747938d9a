"""Measurements: each command stores its figures with the environment that they were taken in."""
