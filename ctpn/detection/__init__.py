"""From the detector's maps to the quads of text lines."""
