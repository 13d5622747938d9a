"""Core ML packages read and computed without Core ML: its file format, its operators, its programs."""
