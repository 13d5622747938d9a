"""Synthetic pages and lines."""

from ctpn.command import require

require("train", "fontTools", "faker", "jieba", "symspellpy", "tqdm")
