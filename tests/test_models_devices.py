import pytest
import torch

from models.devices import resolve_device
from models.errors import ModelsError


def test_auto_is_a_gpu_only_where_there_is_one(monkeypatch):
    for present, device in ((True, "cuda"), (False, "cpu")):
        monkeypatch.setattr(torch.cuda, "is_available", lambda present=present: present)
        assert resolve_device("auto") == device


def test_a_device_that_is_there_keeps_its_name():
    assert resolve_device("cpu") == "cpu"


@pytest.mark.parametrize("name", ["cuda:99", "abacus"])
def test_a_device_that_is_not_there_is_refused_by_name(name):
    with pytest.raises(ModelsError, match=f"no device '{name}' here"):
        resolve_device(name)
