"""The layers of D3, the densifier's network; what every way to run it is built from.

Chen, Badrinarayanan, Drozdov, Rabinovich, "Estimating Depth from RGB and Sparse Sensing", ECCV 2018
(arXiv 1804.02771), figures 3 and 4.
"""

STRIDE = 32
WIDTH = 64
GROWTH = 12
LAYERS = 5
HINTS = 4  # planes, average by color, S1 and S2
NEIGHBORHOOD = 9  # a pixel and those around it, row by row
OUTPUTS = 3 + NEIGHBORHOOD  # choice, residual, spread, affinities
PROPAGATIONS = 4
LOG_SPREAD_RANGE = (-7.0, 1.0)
REACH = 8.0  # pixels from a sample at which the residual has about half of its scale

SHRINKING = ("down1", "down2", "down3", "down4")
BOTTLENECK = ("bottleneck.0", "bottleneck.1")
GROWING = ("up4", "up3", "up2", "up1")
SKIPS = {"up4": ("skip4", "down3"), "up3": ("skip3", "down2"), "up2": ("skip2", "down1")}
BLOCKS = (*SHRINKING, *BOTTLENECK, *GROWING, *(skip for skip, _ in SKIPS.values()))


def d3_shapes() -> dict[str, tuple[int, ...]]:
    """List the shapes of D3's tensors by name, batch norm folded in."""
    convolutions = {"stem.0": (3 + HINTS, WIDTH, 3)}
    for block in BLOCKS:
        convolutions[f"{block}.enter.0"] = (WIDTH, WIDTH, 3)
        for index in range(LAYERS):
            convolutions[f"{block}.layers.{index}.0.0"] = (WIDTH + HINTS + GROWTH * index, 4 * GROWTH, 1)
            convolutions[f"{block}.layers.{index}.1.0"] = (4 * GROWTH, GROWTH, 3)
        convolutions[f"{block}.leave.0"] = (GROWTH * LAYERS, WIDTH, 3)
    convolutions["head"] = (WIDTH, OUTPUTS * 4, 3)
    shapes: dict[str, tuple[int, ...]] = {}
    for name, (channels_in, channels_out, kernel) in convolutions.items():
        shapes[f"{name}.weight"] = (channels_out, channels_in, kernel, kernel)
        shapes[f"{name}.bias"] = (channels_out,)
    return shapes
