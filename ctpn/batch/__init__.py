"""Many images, in one process or several."""
