"""Nothing that a message says is opened as a path."""

from __future__ import annotations

import os
import subprocess
import sys

import numpy as np
from helpers.bags import write_messages_bag
from helpers.ros_probe import texture
from sensor_msgs.msg import CameraInfo, Image
from std_msgs.msg import Header

from superpoint_ros.replay.bag_reader import BagReader
from superpoint_ros.ros.messages.images import array_to_image
from superpoint_ros.ros.messages.stamps import time_message

SIZE = (120, 160)
K = [100.0, 0.0, 79.5, 0.0, 100.0, 59.5, 0.0, 0.0, 1.0]
# Runs the command, and writes what Python opens, lists, makes, removes, imports or starts by the name of the bait.
WATCHED = """
import sys
bait, met = sys.argv.pop(1), sys.argv.pop(1)
on = True
def watch(event, arguments):
    global on
    if on and event.split(".")[0] in ("open", "os", "shutil", "glob", "import", "subprocess", "pathlib", "mmap"):
        if bait in repr(arguments):
            on = False
            open(met, "a").write(event + repr(arguments))
            on = True
sys.addaudithook(watch)
from superpoint_ros.cli.main import main
sys.exit(main())
"""


def messages(bait: str) -> list[tuple[str, object]]:
    """What two cameras send, with the bait in every text that a message has; an encoding has to be known once."""
    scene, sent = texture(3, (SIZE[0], SIZE[1] + 60)), []
    for number in range(3):
        for side, camera in enumerate(("left", "right")):
            header = Header(stamp=time_message(10**9 + 10**8 * number), frame_id=bait)
            shift = 4 * number + 3 * side
            image = array_to_image(np.ascontiguousarray(scene[:, shift : shift + SIZE[1]]), header)
            P = [*K[:3], -6.0 * side, *K[3:6], 0.0, *K[6:], 0.0]
            info = {"height": SIZE[0], "width": SIZE[1], "k": K, "p": P}
            model = bait if number == 0 else "plumb_bob"
            sent.append((f"/{camera}/camera_info", CameraInfo(header=header, distortion_model=model, **info)))
            sent.append((f"/{camera}/image_raw", image))
            odd = Image(header=header, encoding=bait, height=1, width=1, step=1, data=b"\0")
            sent.append((f"/{camera}/image_raw", odd))
    return sent


def test_nothing_that_a_message_says_is_opened(weights, tmp_path):
    bait, met = tmp_path / "bait.yaml", tmp_path / "met"
    bait.write_text("a: 1")
    bag = write_messages_bag(tmp_path / "bag", messages(str(bait)))
    parameters = tmp_path / "parameters.yaml"
    parameters.write_text(str({"/frontend": {"ros__parameters": {"weights": str(weights)}}}))
    command = [sys.executable, "-c", WATCHED, str(bait), str(met), "replay", str(bag)]
    options = ["--output", str(tmp_path / "out"), "--params", str(parameters), "--drawings"]
    variables = os.environ | {"OMP_NUM_THREADS": "1"}
    done = subprocess.run([*command, *options], capture_output=True, text=True, env=variables, cwd="/", check=False)
    with BagReader(tmp_path / "out") as out:
        tracks = [one for topic in out.all_topics() for one in out.connections([topic]) if topic.endswith("/tracks")]
        assert [one.msgcount for one in tracks] == [3, 3], done.stderr
    assert not met.exists(), met.read_text()
