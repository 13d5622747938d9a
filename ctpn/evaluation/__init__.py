"""Metrics of found lines and read texts."""
