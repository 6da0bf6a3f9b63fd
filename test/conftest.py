"""One thread per test process: small tensors gain nothing from more, and results do not depend on the machine."""

import cv2
import torch

torch.set_num_threads(1)
cv2.setNumThreads(1)
