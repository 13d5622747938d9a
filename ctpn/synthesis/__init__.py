"""Synthetic pages and lines."""
