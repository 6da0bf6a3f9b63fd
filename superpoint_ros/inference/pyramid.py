"""Keypoints of images at several scales: the network looks at each, and the strongest of all are kept.

SuperPoint knows corners of one apparent size; looked for at several, they are found again after the camera has come
nearer or gone away. One corner may be kept at more than one scale, each time with that scale's descriptor:
which scale is the stronger changes from view to view, so suppression across scales loses matches.
"""

from __future__ import annotations

import numpy as np

from superpoint_ros.core.decode_options import ResolvedDecodeOptions
from superpoint_ros.core.image import fit_within, resize_image, resize_points
from superpoint_ros.core.selection import select_top_k
from superpoint_ros.inference.backend import Backend
from superpoint_ros.inference.keypoints import Keypoints

MIN_SIDE = 32  # pixels; what a cell of the descriptor sees spans more


def pyramid_sizes(image_size: tuple[int, int], scales: tuple[float, ...]) -> list[tuple[int, int]]:
    """List the different (height, width) of an image at the scales, largest first.

    Sizes with a side below MIN_SIDE are left out, but the largest never is.
    """
    height, width = image_size
    sizes = [(max(1, round(scale * height)), max(1, round(scale * width))) for scale in sorted(scales, reverse=True)]
    return [size for size in dict.fromkeys(sizes) if size == sizes[0] or min(size) >= MIN_SIDE]


def extract_at_scales(backend: Backend, images: np.ndarray, options: ResolvedDecodeOptions) -> list[Keypoints]:
    """Find the keypoints of images uint8 (B, H, W) at every one of `options.scales`, one batch per scale.

    The scales are of the images as `options.max_image_size` leaves them, the keypoints in pixels of them as they are.
    """
    image_size = (images.shape[1], images.shape[2])
    largest = fit_within(image_size, options.max_image_size or max(image_size))
    levels = [_at_size(backend, images, size, options) for size in pyramid_sizes(largest, options.scales)]
    return [_merge(parts, image_size, options) for parts in zip(*levels, strict=True)]


def _at_size(
    backend: Backend, images: np.ndarray, size: tuple[int, int], options: ResolvedDecodeOptions
) -> list[Keypoints]:
    image_size = (images.shape[1], images.shape[2])
    if size == image_size:
        return backend(images, options)
    found = backend(np.stack([resize_image(image, size) for image in images]), options)
    return [(resize_points(xy, size, image_size), score, descriptors) for xy, score, descriptors in found]


def _merge(parts: tuple[Keypoints, ...], image_size: tuple[int, int], options: ResolvedDecodeOptions) -> Keypoints:
    """Merge the keypoints of all scales, strongest first; equally strong ones from the larger image first."""
    if len(parts) == 1:
        return parts[0]
    xy, score, descriptors = (np.concatenate(columns) for columns in zip(*parts, strict=True))
    order = np.argsort(-score, kind="stable")
    rows = order[select_top_k(xy[order], image_size, options)]
    return xy[rows], score[rows], descriptors[rows]
