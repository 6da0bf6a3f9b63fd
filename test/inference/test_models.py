import pytest
import yaml
from helpers.seeded import seeded_weights_file

from superpoint_ros.core.errors import CheckpointError
from superpoint_ros.inference.extractor import Extractor
from superpoint_ros.inference.models import DEFAULT_MODEL, find_model, shipped_models
from superpoint_ros.networks.weights_file import file_sha256, read_weights


def test_every_shipped_model_is_the_file_its_facts_name():
    models = shipped_models()
    assert DEFAULT_MODEL in models
    for facts in models.values():
        assert file_sha256(facts.file) == facts.sha256
        if facts.quantization:
            assert read_weights(facts.quantization)[1]["weights_sha256"] == facts.sha256
        assert facts.file.stat().st_size <= 6e6
        assert facts.file.with_suffix(".md").is_file(), "every model ships with its card"


def test_the_shipped_weights_load_without_a_word():
    extractor = Extractor(device="cpu")
    assert extractor.name == DEFAULT_MODEL
    assert extractor.weights_sha256 == shipped_models()[DEFAULT_MODEL].sha256


def test_somebody_s_weights_have_no_facts_but_their_own():
    facts = find_model(weights="folder/mine.pth")
    assert (facts.name, facts.sha256, facts.descriptor_sampling) == ("mine", None, None)


def test_a_model_file_names_weights_beside_it(tmp_path):
    weights = seeded_weights_file(tmp_path)
    model = tmp_path / "mine.yaml"
    own = "detection_threshold: 0.2\ndescriptor_sampling: magicleap\n"
    model.write_text(f"file: {weights.name}\nsha256: {file_sha256(weights)}\n{own}")
    extractor = Extractor(model=model, device="cpu")
    options = extractor.resolved_options
    assert (extractor.name, options.detection_threshold, options.descriptor_sampling) == ("mine", 0.2, "magicleap")


def test_weights_that_are_not_the_model_s_are_refused(tmp_path):
    model = tmp_path / "mine.yaml"
    model.write_text(f"file: absent.pth\nsha256: {'a' * 64}\n")
    with pytest.raises(CheckpointError, match="sha256"):
        Extractor(weights=seeded_weights_file(tmp_path), model=model, device="cpu")


def test_an_unknown_model_lists_the_known_ones():
    with pytest.raises(CheckpointError, match=f"'hyperpoint' is not one of .*{DEFAULT_MODEL}"):
        find_model(model="hyperpoint")


@pytest.mark.parametrize("text", ["just words", "sha256: 12", "file: a.pth\ncolor: red", "[", ""])
def test_a_model_file_that_makes_no_sense_is_named(tmp_path, text):
    model = tmp_path / "odd.yaml"
    model.write_text(text)
    with pytest.raises(CheckpointError, match="odd"):
        find_model(model=model)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"sha256": 12}, "sha256=12 is not 64 hexadecimal digits"),
        ({"sha256": "abc"}, "sha256='abc' is not 64"),
        ({"detection_threshold": "high"}, "detection_threshold='high' is not between 0 and 1"),
        ({"detection_threshold": True}, "detection_threshold=True is not"),
        ({"detection_threshold": 7}, "detection_threshold=7 is not"),
        ({"descriptor_sampling": ["exact"]}, "descriptor_sampling=.* is not exact or magicleap"),
        ({"subpixel": "yes"}, "subpixel='yes' is not true or false"),
        ({"file": None}, "file=None is not a path"),
        ({"file": ["a"]}, "file=.* is not a path"),
    ],
)
def test_values_of_the_wrong_type_are_named(tmp_path, wrong, words):
    path = tmp_path / "mine.yaml"
    path.write_text(yaml.safe_dump({"file": "a.safetensors", **wrong}))
    with pytest.raises(CheckpointError, match=f"mine.*{words}"):
        find_model(model=path)


def test_a_model_file_that_is_no_text(tmp_path):
    (tmp_path / "mine.yaml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(CheckpointError, match=r"mine\.yaml': cannot be read"):
        find_model(model=tmp_path / "mine.yaml")
