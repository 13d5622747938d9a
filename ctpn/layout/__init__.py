"""Regions that a user marked, reading order, and the geometry under both."""
