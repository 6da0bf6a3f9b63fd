"""Keypoints of one image, as backends return them."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np

# xy float32 (N, 2) in pixels, score float32 (N,), unit descriptors float32 (N, D), strongest first.
Keypoints: TypeAlias = tuple[np.ndarray, np.ndarray, np.ndarray]
