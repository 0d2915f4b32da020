import dataclasses
import hashlib
import json
from pathlib import Path

import pytest
import torch

from models.errors import ModelsError, UnavailableError
from models.networks.checkpoints import Checkpoint, ImageNetworkFacts, read_checkpoint, write_checkpoint
from models.networks.network import NetworkConfig, SoundNetwork

CONFIG = NetworkConfig(n_inputs=6, n_features=5, hidden=8, recurrent=False, frames="colour")


def sample(seed: int = 0) -> Checkpoint:
    torch.manual_seed(seed)
    return Checkpoint(
        variant="no-rnn",
        config=CONFIG,
        images=ImageNetworkFacts(name="alexnet", digest="ab" * 32, image_size=96),
        state=SoundNetwork(CONFIG).state_dict(),
        training={"best_loss": -120.5, "options": {"seed": 3}},
    )


def weights_file(folder: Path) -> Path:
    (path,) = folder.glob("checkpoint-*.pt")
    return path


def test_a_checkpoint_comes_back_with_its_own_configuration(tmp_path: Path) -> None:
    digest = write_checkpoint(tmp_path, sample())
    back = read_checkpoint(tmp_path)
    assert (back.variant, back.config, back.digest) == ("no-rnn", CONFIG, digest)
    assert back.images == sample().images
    assert back.training == sample().training
    frames, first = torch.randn(2, 15, 6), torch.randn(2, 6)
    expected = SoundNetwork(CONFIG)
    expected.load_state_dict(dict(sample().state))
    assert torch.equal(back.network()(frames, first), expected.eval()(frames, first))


def test_the_readable_file_says_what_the_weights_are(tmp_path: Path) -> None:
    digest = write_checkpoint(tmp_path, sample())
    facts = json.loads((tmp_path / "checkpoint.json").read_text())
    assert facts["sha256"] == digest
    assert facts["config"]["recurrent"] is False


def test_a_changed_byte_is_noticed(tmp_path: Path) -> None:
    write_checkpoint(tmp_path, sample())
    path = weights_file(tmp_path)
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    with pytest.raises(ModelsError, match="changed or damaged; train again"):
        read_checkpoint(tmp_path)


def test_weights_of_another_training_are_noticed(tmp_path: Path) -> None:
    write_checkpoint(tmp_path / "a", sample(0))
    write_checkpoint(tmp_path / "b", sample(1))
    weights_file(tmp_path / "a").write_bytes(weights_file(tmp_path / "b").read_bytes())
    with pytest.raises(ModelsError, match="expected"):
        read_checkpoint(tmp_path / "a")


def test_missing_weights_are_named(tmp_path: Path) -> None:
    write_checkpoint(tmp_path, sample())
    weights_file(tmp_path).unlink()
    with pytest.raises(ModelsError, match=r"is missing, which checkpoint\.json names"):
        read_checkpoint(tmp_path)


def test_an_empty_folder_names_the_command_that_fills_it(tmp_path: Path) -> None:
    with pytest.raises(UnavailableError, match="models train"):
        read_checkpoint(tmp_path)


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"format": 99, "file": "x", "sha256": ""}'])
def test_an_unreadable_description_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "checkpoint.json").write_text(text)
    with pytest.raises(ModelsError, match="train again"):
        read_checkpoint(tmp_path)


def test_code_in_a_weights_file_is_not_run(tmp_path: Path) -> None:
    class Boom:
        def __reduce__(self) -> tuple[object, tuple[str]]:
            return (exec, ("raise SystemExit",))

    write_checkpoint(tmp_path, dataclasses.replace(sample(), training={}))
    path = weights_file(tmp_path)
    torch.save({"state": Boom()}, path)
    facts = json.loads((tmp_path / "checkpoint.json").read_text())
    facts["sha256"] = hashlib.sha256(path.read_bytes()).hexdigest()
    (tmp_path / "checkpoint.json").write_text(json.dumps(facts))
    with pytest.raises(ModelsError, match="holds more than weights"):
        read_checkpoint(tmp_path)


def test_a_new_checkpoint_replaces_the_old_one(tmp_path: Path) -> None:
    write_checkpoint(tmp_path, sample(0))
    digest = write_checkpoint(tmp_path, sample(1))
    assert read_checkpoint(tmp_path).digest == digest
    assert len(list(tmp_path.iterdir())) == 2
