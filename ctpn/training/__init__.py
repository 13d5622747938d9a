"""Training: recipes and their typed config, data sets, targets, losses, and the loop."""

from ctpn.command import require

require("train", "torch", "safetensors", "tqdm", "yaml")
