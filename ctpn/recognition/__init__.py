"""From line crops to texts."""
