"""Write features and matches of a sequence for other tools: COLMAP, hloc, NumPy."""

from __future__ import annotations

import argparse
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from superpoint_ros.cli.arguments import add_options, add_output_argument, given_options, output_folder
from superpoint_ros.cli.bag_export import add_bag_arguments, bag_frames, choose_topic, open_bag, recorded_images
from superpoint_ros.cli.sequences import add_sequence_arguments, read_sequence
from superpoint_ros.cli.source import Source
from superpoint_ros.core.decode_options import DecodeOptions
from superpoint_ros.core.errors import CalibrationError, DatasetError, SourceError
from superpoint_ros.core.options import flat_values
from superpoint_ros.export.pairs import PairOptions
from superpoint_ros.inference.network_options import NetworkOptions

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from superpoint_ros.evaluation.datasets.frames import Frame
    from superpoint_ros.export.content import ExportedImage, ExportedPair
    from superpoint_ros.inference.extractor import Extractor

FORMATS = ("colmap", "hloc", "npz")


@dataclass(frozen=True)
class ExportOptions:
    """Describe what is exported.

    Attributes:
        network: Which network runs, and where.
        decode: How keypoints are chosen.
        pairs: Which images are matched, and which of their matches are good.
    """

    network: NetworkOptions = field(default_factory=NetworkOptions)
    decode: DecodeOptions = field(default_factory=DecodeOptions)
    pairs: PairOptions = field(default_factory=PairOptions)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of the sub-command."""
    add_sequence_arguments(parser)
    add_bag_arguments(parser)
    add_options(parser, ExportOptions())
    parser.add_argument(
        "--format",
        nargs="+",
        choices=FORMATS,
        default=("colmap",),
        help="Files to write: colmap, database.db; hloc, features.h5, matches.h5 and pairs.txt; npz, features.npz "
        "(default: colmap)",
    )
    add_output_argument(parser, Path("output") / "export")


def run(arguments: argparse.Namespace) -> int:
    """Extract, match, write, and say what was written; return 1 where images of a bag had to be left out."""
    options = given_options(ExportOptions(), arguments)
    from superpoint_ros.cli.report import print_table

    folder = output_folder(arguments)
    content = read_content(arguments, options, folder)
    images, pairs = content.images, match_images(content.images, options.pairs)
    written = [path for name in dict.fromkeys(arguments.format) for path in write_format(name, folder, images, pairs)]
    good = [pair.geometry.inliers.sum() for pair in pairs if pair.geometry is not None]
    rows = [("sequence", content.name), ("model", content.model), ("images", str(len(images)))]
    rows += [("calibrated images", str(sum(image.camera is not None for image in images)))]
    rows += [("keypoints per image", f"{sum(len(image.features) for image in images) / len(images):.1f}")]
    rows += [("pairs with matches", str(len(pairs))), ("pairs with geometry", str(len(good)))]
    rows += [("inliers per pair", f"{sum(good) / len(good):.1f}")] if good else []
    rows += [("image folder", str(folder)) for folder in content.folders]
    rows += [("left out", f"{content.left_out} (said above)")] if content.left_out else []
    print_table([*rows, *(("written", str(path)) for path in written)])
    return int(content.left_out > 0)


@dataclass(frozen=True)
class Content:
    """Hold what is exported, before it is matched.

    Attributes:
        name: Name of the sequence, for people to read.
        model: What made the features.
        images: The images with their features.
        folders: Folders of the images' files.
        left_out: Number of images that could not be read.
    """

    name: str
    model: str
    images: list[ExportedImage]
    folders: tuple[Path, ...]
    left_out: int = 0


def read_content(arguments: argparse.Namespace, options: ExportOptions, folder: Path) -> Content:
    """Read or extract the features of the sequence or bag that the options name.

    Raises:
        DatasetError: The data set is missing or damaged, or two images have one name.
        SourceError: The bag is missing or unreadable, or has nothing to export.
    """
    for name in ("topic", "camera_info_topic", "rectified"):
        if getattr(arguments, name) and arguments.bag is None:
            raise SourceError(f"--{name.replace('_', '-')} applies to --bag only")
    if arguments.bag is None:
        name, frames = read_sequence(arguments)
        return _extracted(name, frames, options, {frame.file.parent: None for frame in frames if frame.file})
    if arguments.data is not None:
        raise SourceError("--data and --bag are two sequences; export one at a time")
    with open_bag(arguments.bag) as reader:
        topic = choose_topic(reader, arguments.topic)
        if not topic.has_features:
            source, read = bag_frames(arguments, reader, topic.name, folder / "images")
            content = _extracted(source.name, read, options, [folder / "images"])
            return replace(content, left_out=len(source.problems))
        source = Source(f"{topic.name} of bag {arguments.bag}", (), None)
        images, model = recorded_images(reader, topic.name, arguments.camera_info_topic, arguments.frames, source)
    _check_names(images)
    return Content(source.name, f"{model}, as recorded", images, (), len(source.problems))


def _extracted(name: str, frames: Iterable[Frame], options: ExportOptions, folders: Iterable[Path]) -> Content:
    from superpoint_ros.inference.extractor import Extractor

    extractor = Extractor(**flat_values(options.network), options=options.decode)
    images = extract_images(frames, extractor)
    if not images:
        raise DatasetError(f"{name}: no image could be read from it")
    return Content(name, f"{extractor.name} on {extractor.device}", images, tuple(folders))


def extract_images(frames: Iterable[Frame], extractor: Extractor) -> list[ExportedImage]:
    """Extract the features of every frame, at the size of its file.

    Raises:
        DatasetError: A calibration that is not that of the images, or two images of one name.
    """
    from tqdm import tqdm

    from superpoint_ros.export.content import ExportedImage

    images = []
    for frame in tqdm(frames, desc="extract", unit="image"):
        features = extractor.extract(frame.image())
        try:
            camera = None if frame.camera is None else frame.camera.fitted_to(features.image_size)
        except CalibrationError as error:
            raise DatasetError(f"frame '{frame.name}': {error}; expected the intrinsics of these images") from error
        name = f"{frame.name}.png" if frame.file is None else frame.file.name
        images.append(ExportedImage(name, features, camera))
    _check_names(images)
    return images


def _check_names(images: Sequence[ExportedImage]) -> None:
    if len({image.name for image in images}) < len(images):
        raise DatasetError("two images have the same file name; export them one folder at a time")


def match_images(images: Sequence[ExportedImage], options: PairOptions) -> list[ExportedPair]:
    """Match the pairs of images that the options name, and show how far it is."""
    from tqdm import tqdm

    from superpoint_ros.export.pairs import image_pairs, match_pair

    pairs = image_pairs(len(images), options)
    matched = (match_pair(images, pair, options) for pair in tqdm(pairs, desc="match", unit="pair"))
    return [pair for pair in matched if len(pair.matches)]


def write_format(
    name: str, folder: Path, images: Sequence[ExportedImage], pairs: Sequence[ExportedPair]
) -> tuple[Path, ...]:
    """Write the files of one of FORMATS into a folder, and return their paths."""
    from superpoint_ros.export.colmap import write_colmap_database
    from superpoint_ros.export.hloc import write_hloc_features, write_hloc_matches, write_hloc_pairs
    from superpoint_ros.export.table import write_table

    if name == "colmap":
        path = folder / "database.db"
        write_colmap_database(path, images, pairs)
        return (path,)
    if name == "npz":
        path = folder / "features.npz"
        write_table(path, images, pairs)
        return (path,)
    features, matches, listed = (folder / file for file in ("features.h5", "matches.h5", "pairs.txt"))
    write_hloc_features(features, images)
    write_hloc_matches(matches, images, pairs)
    write_hloc_pairs(listed, images, pairs)
    return features, matches, listed
