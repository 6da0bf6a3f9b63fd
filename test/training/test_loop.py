import numpy as np
import pytest
import torch
from torch import nn
from torch.utils.data import Dataset

from superpoint_ros.core.errors import BackendError, CheckpointError
from superpoint_ros.training.config import LoopConfig
from superpoint_ros.training.loop import (
    LAST_CHECKPOINT,
    PREVIOUS_CHECKPOINT,
    Trainer,
    TrainingError,
    autocast,
    learning_rate,
    make_fabric,
    step_generator,
    step_rng,
)

CPU = torch.device("cpu")


class Numbers(Dataset):
    def __init__(self, stop_at: int | None = None):
        self.stop_at = stop_at

    def __len__(self) -> int:
        return 100

    def __getitem__(self, step: int) -> torch.Tensor:
        if step == self.stop_at:
            raise KeyboardInterrupt
        return torch.from_numpy(step_rng(3, 0, step).normal(size=(4, 2)).astype(np.float32))


def squared_error(model: nn.Module, batch: torch.Tensor, step: int) -> dict[str, torch.Tensor]:
    noise = torch.randn(batch.shape, generator=step_generator(3, 0, step, batch.device))
    return {"total": ((model(batch + 0.1 * noise) - batch.sum(1, keepdim=True)) ** 2).mean()}


def trainer(folder, steps: int = 12, log_every: int = 20) -> Trainer:
    config = LoopConfig(
        steps=steps,
        learning_rate=0.05,
        warmup=2,
        precision="32-true",
        save_every=4,
        validate_every=5,
        log_every=log_every,
    )
    torch.manual_seed(0)
    return Trainer(make_fabric(config, folder, "cpu"), nn.Linear(2, 1), squared_error, config, folder)


def weights(finished: Trainer) -> dict[str, torch.Tensor]:
    return finished.model.module.state_dict()


def test_learning_rate_by_hand():
    config = LoopConfig(steps=110, learning_rate=1e-3, warmup=10)
    assert learning_rate(0, config) == pytest.approx(1e-4)
    assert learning_rate(9, config) == pytest.approx(1e-3)
    assert learning_rate(60, config) == pytest.approx(1e-3 * (0.01 + 0.99 * 0.5))
    assert learning_rate(110, config) == pytest.approx(1e-5)


def test_training_lowers_the_loss(tmp_path):
    fitted = trainer(tmp_path, 60)
    before = squared_error(fitted.model, Numbers()[99], 99)["total"].item()
    fitted.fit(Numbers())
    assert squared_error(fitted.model, Numbers()[99], 99)["total"].item() < 0.3 * before


def test_an_interrupted_run_ends_with_the_same_weights(tmp_path):
    whole = trainer(tmp_path / "whole")
    whole.fit(Numbers())
    interrupted = trainer(tmp_path / "parts")
    with pytest.raises(KeyboardInterrupt):
        interrupted.fit(Numbers(stop_at=7))
    again = trainer(tmp_path / "parts")
    assert again.resume()
    assert again.step == 4
    again.fit(Numbers())
    for name, value in weights(whole).items():
        torch.testing.assert_close(weights(again)[name], value, rtol=0, atol=0)


def test_without_a_checkpoint_a_run_starts_anew(tmp_path):
    assert not trainer(tmp_path).resume()


def test_a_finished_run_trains_no_further(tmp_path):
    first = trainer(tmp_path)
    first.fit(Numbers())
    second = trainer(tmp_path)
    second.resume()
    second.fit(Numbers(stop_at=0))
    assert second.step == 12


def test_extra_state_is_kept(tmp_path):
    class Counter:
        value = 0

        def state_dict(self):
            return {"value": self.value}

        def load_state_dict(self, state):
            self.value = state["value"]

    counter, other = Counter(), Counter()
    counter.value = 7
    for extra, use in ((counter, Trainer.save), (other, Trainer.resume)):
        config = LoopConfig(steps=1, precision="32-true")
        use(
            Trainer(
                make_fabric(config, tmp_path, "cpu"), nn.Linear(1, 1), squared_error, config, tmp_path, {"c": extra}
            )
        )
    assert other.value == 7


def test_a_folder_that_cannot_be_made_is_named_before_anything_runs(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(FileExistsError, match="file"):
        make_fabric(LoopConfig(), tmp_path / "file", "cpu")


def test_no_half_written_checkpoint_is_left(tmp_path):
    trainer(tmp_path).save()
    assert [path.name for path in tmp_path.glob("*.ckpt*")] == [LAST_CHECKPOINT]


def test_the_checkpoint_before_the_last_is_kept_and_taken_where_there_is_no_other(tmp_path):
    trainer(tmp_path).fit(Numbers())
    assert sorted(path.name for path in tmp_path.glob("*.ckpt*")) == [LAST_CHECKPOINT, PREVIOUS_CHECKPOINT]
    (tmp_path / LAST_CHECKPOINT).unlink()
    again = trainer(tmp_path, 16)
    assert again.resume()
    assert again.step == 12


@pytest.mark.parametrize("keep", [0, 100, 2000])
def test_a_truncated_checkpoint_is_named_with_the_cure(tmp_path, keep):
    first = trainer(tmp_path)
    first.fit(Numbers())
    path = tmp_path / LAST_CHECKPOINT
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(CheckpointError, match=r"last\.ckpt' is damaged.*delete it, and the run goes on from previous"):
        trainer(tmp_path).resume()
    (tmp_path / PREVIOUS_CHECKPOINT).unlink()
    with pytest.raises(CheckpointError, match="delete it, and the run goes on from the start"):
        trainer(tmp_path).resume()


def frozen_bias() -> nn.Module:
    network = nn.Linear(2, 1)
    network.bias.requires_grad_(False)
    return network


@pytest.mark.parametrize(
    ("make", "extra", "reason"),
    [
        (lambda: nn.Linear(3, 1), {}, "size mismatch"),
        (lambda: nn.Linear(2, 1, bias=False), {}, "Unexpected key"),
        (frozen_bias, {}, "parameter group"),
        (lambda: nn.Linear(2, 1), {"balance": nn.Linear(1, 1)}, "balance"),
    ],
)
def test_a_checkpoint_of_another_run_is_named_and_not_to_be_deleted(make, extra, reason, tmp_path):
    trainer(tmp_path).fit(Numbers())
    config = LoopConfig(steps=16, precision="32-true")
    other = Trainer(make_fabric(config, tmp_path, "cpu"), make(), squared_error, config, tmp_path, extra)
    with pytest.raises(CheckpointError, match=rf"network or trained layers.*{reason}.*another folder") as refusal:
        other.resume()
    assert "delete" not in str(refusal.value)
    assert other.step == 0


def test_a_device_that_is_not_there_is_named(tmp_path):
    if torch.cuda.is_available():
        pytest.skip("there is a CUDA device")
    with pytest.raises(BackendError, match="device 'cuda' was asked for"):
        make_fabric(LoopConfig(), tmp_path, "cuda")


@pytest.mark.parametrize("log_every", [0, 2])
def test_values_that_are_not_finite_end_the_run_and_leave_the_good_checkpoints(tmp_path, log_every):
    class Poisoned(Numbers):
        def __getitem__(self, step):
            return super().__getitem__(step) * (float("nan") if step == 9 else 1.0)

    broken = trainer(tmp_path, log_every=log_every)
    with pytest.raises(TrainingError, match=r"step 1[02]: 2 tensors .* not finite.*loop\.learning_rate"):
        broken.fit(Poisoned())
    good = trainer(tmp_path)
    assert good.resume()
    assert good.step == 8
    assert all(torch.isfinite(value).all() for value in weights(good).values())


def test_validation_is_called_and_kept(tmp_path):
    modes = []

    def validate(model: nn.Module) -> dict[str, float]:
        modes.append(model.training)
        return {"score": float(len(modes))}

    fitted = trainer(tmp_path)
    fitted.fit(Numbers(), validate)
    assert modes == [False, False]
    assert fitted.validation == {"score": 2.0}
    resumed = trainer(tmp_path)
    resumed.resume()
    assert resumed.validation == {"score": 2.0}


def test_randomness_depends_on_seed_rank_and_step_alone():
    values = {step_rng(*key).integers(2**60) for key in ((0, 0, 0), (1, 0, 0), (0, 1, 0), (0, 0, 1))}
    assert len(values) == 4
    first, second = (torch.rand(3, generator=step_generator(1, 2, 3, CPU)) for _ in range(2))
    torch.testing.assert_close(first, second, rtol=0, atol=0)


@pytest.mark.parametrize(("precision", "dtype"), [("32-true", torch.float32), ("bf16-mixed", torch.bfloat16)])
def test_autocast_follows_the_precision(precision, dtype):
    with autocast(precision, CPU):
        assert nn.Linear(2, 2)(torch.zeros(1, 2)).dtype == dtype
