"""What must hold of the Tracks of successive images, whatever became of the images."""

from __future__ import annotations

import numpy as np

from superpoint_ros.core.geometry import inside_image
from superpoint_ros.core.types import STATUS_CONFIRMED, STATUS_NEW, STATUS_TRACKED, Tracks


class TrackLedger:
    """Check each image's Tracks against those before; call `check` for every image."""

    def __init__(self):
        self._ever: set[int] = set()
        self._begin(0)

    def _begin(self, epoch: int) -> None:
        self.epoch = epoch
        self.lost: set[int] = set()
        self._seen: dict[int, tuple[int, np.ndarray]] = {}

    def check(self, tracks: Tracks, image_size: tuple[int, int]) -> None:
        assert tracks.epoch >= self.epoch
        if tracks.epoch != self.epoch:
            self._begin(tracks.epoch)
        ids, lost = tracks.id.tolist(), tracks.lost_id.tolist()
        assert len(set(ids)) == len(ids)
        assert lost == sorted(set(lost))
        assert set(lost) <= self._seen.keys() - self.lost
        self.lost |= set(lost)
        assert not self.lost & set(ids)
        assert inside_image(tracks.xy, image_size).all()
        assert (tracks.sigma is None) or (tracks.sigma > 0).all()
        is_matched = np.isin(tracks.status, (STATUS_TRACKED, STATUS_CONFIRMED))
        np.testing.assert_array_equal(np.isfinite(tracks.distance), is_matched)
        assert np.isfinite(tracks.mean_distance[is_matched]).all()
        for row, one in enumerate(ids):
            self._check_row(tracks, row, one)

    def _check_row(self, tracks: Tracks, row: int, one: int) -> None:
        is_new = one not in self._seen
        age, xy = self._seen.get(one, (0, np.full(2, np.nan, np.float32)))
        assert not (is_new and one in self._ever)
        assert (tracks.status[row] == STATUS_NEW) == is_new
        assert tracks.age[row] == age + 1
        np.testing.assert_array_equal(tracks.previous_xy[row], xy)
        self._seen[one] = (age + 1, tracks.xy[row].copy())
        self._ever.add(one)
