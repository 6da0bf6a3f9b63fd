import pytest

from superpoint_ros.cli.main import main
from superpoint_ros.training.superpoint.images import find_images, read_gray

WORDS = ("--count", "2", "--height", "48", "--width", "64")


def test_images_of_the_asked_size_that_training_can_read(tmp_path):
    assert main(["draw", "--output", str(tmp_path), *WORDS]) == 0
    images = find_images(tmp_path)
    assert [str(path) for path in images] == ["00000.png", "00001.png"]
    first, second = (read_gray(tmp_path / path) for path in images)
    assert first.shape == second.shape == (48, 64)
    assert (first != second).any()


def test_image_i_depends_on_the_seed_alone(tmp_path):
    for name, seed in (("a", "1"), ("b", "1"), ("c", "2")):
        main(["draw", "--output", str(tmp_path / name), *WORDS, "--seed", seed])
    a, b, c = (read_gray(tmp_path / name / "00001.png") for name in "abc")
    assert (a == b).all()
    assert (a != c).any()


@pytest.mark.parametrize("option", ["--count", "--height", "--width"])
def test_nothing_to_draw_is_refused(tmp_path, option, capsys):
    assert main(["draw", "--output", str(tmp_path), option, "0"]) == 2
    assert option in capsys.readouterr().err


def test_kinds_come_by_turns(tmp_path):
    main(["draw", "--output", str(tmp_path / "both"), *WORDS, "--kinds", "collage", "document"])
    main(["draw", "--output", str(tmp_path / "pages"), *WORDS, "--kinds", "document"])
    both, pages = (find_images(tmp_path / name) for name in ("both", "pages"))
    assert (read_gray(tmp_path / "both" / both[1]) == read_gray(tmp_path / "pages" / pages[1])).all()
    assert (read_gray(tmp_path / "both" / both[0]) != read_gray(tmp_path / "pages" / pages[0])).any()
