"""One thread per test process, so that results depend on no machine; no deadlines: machines are slow at times."""

import cv2
import hypothesis
import torch

torch.set_num_threads(1)
cv2.setNumThreads(1)
hypothesis.settings.register_profile("unhurried", deadline=None)
hypothesis.settings.load_profile("unhurried")
