"""The node as it is shipped, with ordinary color cameras in another process: every image is heard."""

from __future__ import annotations

from helpers.ros_camera_process import CameraProcess, Film

from superpoint_ros.msg import Tracks


def test_every_color_image_of_an_ordinary_camera_is_heard_and_tracks_come_out(probe, start_node):
    node = start_node({"cameras.camera.topic": "/usb/image_raw"}, "shipped")
    tracks = probe.collect(Tracks, "/shipped/camera/tracks")
    reports = probe.collect_reports("shipped")
    camera = CameraProcess(Film(("/usb/image_raw",), (480, 640), 20, 5.0))
    probe.spin_until(lambda: probe.statistics(reports, "camera").get("received") == "20", "20 images: " + node.log())
    assert probe.statistics(reports, "camera")["lost"] == "0"
    probe.spin_until(lambda: tracks, "tracks")
    camera.close()


def test_eight_cameras_of_one_process_are_all_heard(probe, start_node):
    names = [f"eye{number}" for number in range(8)]
    topics = {f"cameras.{name}.topic": f"/ring/{name}/image_raw" for name in names}
    node = start_node({"cameras.names": f"[{', '.join(names)}]", **topics}, "ring")
    reports = probe.collect_reports("ring")
    camera = CameraProcess(Film(tuple(topics.values()), (240, 320), 60, 2.0))

    def well_played():
        received = [int(probe.statistics(reports, name).get("received", 0)) for name in names]
        return min(received) >= 10

    probe.spin_until(well_played, "ten images of each camera: " + node.log())
    camera.close()
