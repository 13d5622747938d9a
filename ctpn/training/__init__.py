"""Training: recipes and their typed config, data sets, targets, losses, and the loop."""
