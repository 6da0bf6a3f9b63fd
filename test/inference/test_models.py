import pytest
from helpers.seeded import seeded_weights_file

from superpoint_ros.core.errors import CheckpointError
from superpoint_ros.inference.extractor import Extractor
from superpoint_ros.inference.models import DEFAULT_MODEL, find_model, shipped_models
from superpoint_ros.networks.weights_file import file_sha256


def test_every_shipped_model_is_the_file_its_facts_name():
    models = shipped_models()
    assert DEFAULT_MODEL in models
    for facts in models.values():
        assert file_sha256(facts.file) == facts.sha256
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


@pytest.mark.parametrize("text", ["just words", "sha256: 12", "file: a.pth\ncolour: red", "[", ""])
def test_a_model_file_that_makes_no_sense_is_named(tmp_path, text):
    model = tmp_path / "odd.yaml"
    model.write_text(text)
    with pytest.raises(CheckpointError, match="odd"):
        find_model(model=model)
