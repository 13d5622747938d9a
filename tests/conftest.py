"""One thread, and the same examples in every run."""

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before anything loads numpy or torch

import cv2
from hypothesis import settings

cv2.setNumThreads(1)
settings.register_profile("house", derandomize=True, deadline=None, database=None)
settings.load_profile("house")
