"""What the command line writes: text, JSON, CSV, hOCR, overlays."""
