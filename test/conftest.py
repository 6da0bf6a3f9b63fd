"""One thread per test process and the same examples in every run, so that results depend on no machine and no luck."""

import os
import sys

import cv2
import hypothesis
import torch

# Where a distribution's setup script has not said it, the environment is the ament prefix.
os.environ.setdefault("AMENT_PREFIX_PATH", sys.prefix)
torch.set_num_threads(1)
cv2.setNumThreads(1)
hypothesis.settings.register_profile("steady", deadline=None, derandomize=True)
hypothesis.settings.load_profile("steady")
