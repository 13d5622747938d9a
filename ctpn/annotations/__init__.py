"""Annotated image sets: formats, the fixed validation split, words merged to lines."""
