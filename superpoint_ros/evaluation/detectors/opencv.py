"""OpenCV's detectors, with OpenCV's defaults except for what their settings name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import torch

from superpoint_ros.core.decode_options import ResolvedDecodeOptions
from superpoint_ros.core.errors import DetectorError
from superpoint_ros.core.types import Features
from superpoint_ros.evaluation.detectors.unit_features import top_features, unit_bits, unit_rows
from superpoint_ros.networks.decode import select_keypoints

Detect = Callable[[np.ndarray], Features]
Make = Callable[[int, int], tuple[Detect, dict[str, Any]]]
REMOVE_BORDERS = 4  # pixels, of FAST, Harris and Shi-Tomasi, as of SuperPoint


def root_sift(descriptors: np.ndarray) -> np.ndarray:
    """Convert SIFT (N, 128) to RootSIFT, unit length (Arandjelovic and Zisserman, CVPR 2012)."""
    total = np.sum(descriptors, axis=1, keepdims=True)
    return np.sqrt(descriptors / np.where(total > 0, total, 1), dtype=np.float32)


def _described(
    detector: Any, to_unit: Callable[[np.ndarray], np.ndarray], descriptor_size: int, max_keypoints: int
) -> Detect:
    def detect(image: np.ndarray) -> Features:
        keypoints, descriptors = detector.detectAndCompute(image, None)
        if descriptors is None:
            return Features.empty(image.shape, descriptor_size)
        xy = np.array([keypoint.pt for keypoint in keypoints])
        score = np.array([keypoint.response for keypoint in keypoints])
        return top_features(xy, score, to_unit(descriptors), image.shape, max_keypoints)

    return detect


def _sift(to_unit: Callable[[np.ndarray], np.ndarray]) -> Make:
    def make(max_keypoints: int, nms_radius: int) -> tuple[Detect, dict[str, Any]]:
        detector = cv2.SIFT_create(nfeatures=max_keypoints)  # type: ignore[attr-defined]
        settings = {"max_keypoints": max_keypoints, "contrast_threshold": 0.04, "edge_threshold": 10, "sigma": 1.6}
        return _described(detector, to_unit, 128, max_keypoints), settings

    return make


def _orb(max_keypoints: int, nms_radius: int) -> tuple[Detect, dict[str, Any]]:
    detector = cv2.ORB_create(nfeatures=max_keypoints)  # type: ignore[attr-defined]
    settings = {"max_keypoints": max_keypoints, "scale_factor": 1.2, "levels": 8, "fast_threshold": 20}
    return _described(detector, unit_bits, 256, max_keypoints), settings


def _akaze(max_keypoints: int, nms_radius: int) -> tuple[Detect, dict[str, Any]]:
    create = getattr(cv2, "AKAZE_create", None) or getattr(getattr(cv2, "xfeatures2d", None), "AKAZE_create", None)
    if create is None:
        raise DetectorError(
            f"detector 'akaze' is not in this OpenCV {cv2.__version__}: "
            "from 5.0 on it comes with opencv-contrib-python-headless"
        )
    settings = {"max_keypoints": max_keypoints, "descriptor": "MLDB, 486 bits", "threshold": 0.001}
    return _described(create(), unit_bits, 488, max_keypoints), settings


def _from_response(response: Callable[[np.ndarray], np.ndarray], max_keypoints: int, nms_radius: int) -> Detect:
    """Choose keypoints from a response per pixel, as SuperPoint's are chosen from its heat map."""

    def detect(image: np.ndarray) -> Features:
        strength = np.maximum(response(image), 0).astype(np.float32)
        highest = max(float(strength.max()), np.finfo(np.float32).tiny)
        options = ResolvedDecodeOptions(
            detection_threshold=float(np.finfo(np.float32).tiny),
            nms_radius=nms_radius,
            remove_borders=REMOVE_BORDERS,
            max_keypoints=max_keypoints,
        )
        ((points, _),) = select_keypoints(torch.from_numpy(strength / highest)[None], options)
        xy = points.numpy()
        score = strength[xy[:, 1].astype(int), xy[:, 0].astype(int)]
        return Features(xy, score, np.zeros((len(xy), 0), np.float32), image.shape)

    return detect


def _fast_response(image: np.ndarray) -> np.ndarray:
    response = np.zeros(image.shape, np.float32)
    detector = cv2.FastFeatureDetector_create()  # type: ignore[attr-defined]
    for keypoint in detector.detect(image):
        response[round(keypoint.pt[1]), round(keypoint.pt[0])] = keypoint.response
    return response


def _harris_response(image: np.ndarray) -> np.ndarray:
    return cv2.cornerHarris(image.astype(np.float32) / 255, blockSize=3, ksize=3, k=0.04)


def _shi_tomasi_response(image: np.ndarray) -> np.ndarray:
    return cv2.cornerMinEigenVal(image.astype(np.float32) / 255, blockSize=3, ksize=3)


def _corners(response: Callable[[np.ndarray], np.ndarray], parameters: dict[str, Any]) -> Make:
    def make(max_keypoints: int, nms_radius: int) -> tuple[Detect, dict[str, Any]]:
        settings = {"max_keypoints": max_keypoints, "nms_radius": nms_radius, "border": REMOVE_BORDERS, **parameters}
        return _from_response(response, max_keypoints, nms_radius), settings

    return make


@dataclass(frozen=True)
class OpenCVDetector:
    """Describe one of OpenCV's detectors.

    Attributes:
        make: (max_keypoints, nms_radius) -> the function image uint8 (H, W) -> Features, and its settings.
        describes: Whether it has descriptors.
        max_descriptor_distance: Descriptor distance at and above which two keypoints never match, where a protocol has
            such a limit; for binary descriptors it is equivalent to a quarter of the bits.
    """

    make: Make
    describes: bool = False
    max_descriptor_distance: float = 2.0


DETECTORS = {
    "sift": OpenCVDetector(_sift(unit_rows), describes=True, max_descriptor_distance=0.7),
    "rootsift": OpenCVDetector(_sift(root_sift), describes=True, max_descriptor_distance=0.7),
    "orb": OpenCVDetector(_orb, describes=True, max_descriptor_distance=1.0),
    "akaze": OpenCVDetector(_akaze, describes=True, max_descriptor_distance=1.0),
    "fast": OpenCVDetector(
        _corners(_fast_response, {"threshold": 10, "type": "9_16"}), describes=False, max_descriptor_distance=2.0
    ),
    "harris": OpenCVDetector(
        _corners(_harris_response, {"block": 3, "aperture": 3, "k": 0.04}), describes=False, max_descriptor_distance=2.0
    ),
    "shi": OpenCVDetector(
        _corners(_shi_tomasi_response, {"block": 3, "aperture": 3}), describes=False, max_descriptor_distance=2.0
    ),
}
