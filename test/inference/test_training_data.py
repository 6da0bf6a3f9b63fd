"""What the bundled networks were trained on: every source named, every license one that allows any use."""

import csv
import re
from collections import Counter
from importlib.resources import files

import pytest

FREE = {
    "BSD-2-Clause", "CC BY 2.0", "CC BY 3.0", "CC BY 4.0", "CC0 1.0", "CC0 1.0 / US Government work", "MIT",
    "public domain", "released for unrestricted use",
}  # fmt: skip
WEIGHTS = files("superpoint_ros") / "weights"


@pytest.fixture(scope="module")
def images() -> list[dict[str, str]]:
    with (WEIGHTS / "training_images.tsv").open() as file:
        return list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


def source(name: str) -> str:
    return name.split("_")[0]


def test_every_license_allows_any_use(images):
    licenses = {part for image in images for part in image["license"].split(", ")}
    assert licenses <= FREE


def test_every_image_has_what_its_license_asks_for(images):
    assert all(image["source file"] for image in images)
    assert all(image["attribution"] for image in images if image["license"].startswith(("CC BY", "MIT", "BSD")))


def test_the_data_file_names_every_source_with_its_number_of_images(images):
    rows = re.findall(r"^\| (\w+) \| (\d+) \|", (WEIGHTS / "DATA.md").read_text(), re.MULTILINE)
    assert {name: int(count) for name, count in rows} == Counter(source(image["file"]) for image in images)


@pytest.mark.parametrize("model", ["superpoint_lite", "d3"])
def test_cards_of_the_same_images_name_the_data_file_and_the_card_that_names_every_source(model):
    card = (WEIGHTS / f"{model}.md").read_text()
    assert "(DATA.md)" in card
    assert "(superpoint.md)" in card


def test_the_card_names_the_data_file_and_every_source(images):
    card = (WEIGHTS / "superpoint.md").read_text()
    assert "DATA.md" in card
    assert not [name for name in {source(image["file"]) for image in images} if name not in card]
