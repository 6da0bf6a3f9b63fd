"""How strong photometric noise is (scenes/photometric.py applies it)."""

from __future__ import annotations

from dataclasses import dataclass

from superpoint_ros.core.options import check_options, option


@dataclass(frozen=True)
class PhotometricRanges:
    """Describe the strongest change of each kind; images are in [0, 1].

    Raises:
        ParameterError: A value that is not allowed.
    """

    brightness: float = option(0.2, "Largest shift of all gray values.", limits=(0.0, 1.0))
    contrast: float = option(1.8, "Largest contrast ratio, either way.", limits=(1.0, 100.0))
    gamma: float = option(1.5, "Largest exponent, either way.", limits=(1.0, 100.0))
    exposure: float = option(1.5, "Largest gain, either way; values above 1 are clipped.", limits=(1.0, 100.0))
    noise: float = option(0.06, "Largest standard deviation of additive Gaussian noise.", limits=(0.0, 1.0))
    speckle: float = option(0.0035, "Largest share of pixels replaced by black or white.", limits=(0.0, 1.0))
    shade: float = option(0.5, "Largest relative darkening or lightening by soft blobs.", limits=(0.0, 0.999))
    blur: float = option(1.0, "Largest standard deviation of Gaussian blur.", unit="px", limits=(0.0, 5.0))
    motion: float = option(5.0, "Largest length of motion blur.", unit="px", limits=(0.0, 15.0))
    probability: float = option(0.5, "Probability with which each kind is applied.", limits=(0.0, 1.0))

    def __post_init__(self) -> None:
        check_options(self)
