"""Training data: readers of public formats, augmentation, synthetic pages."""
