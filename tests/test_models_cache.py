from pathlib import Path

import numpy as np
import pytest

from models.cache import digest_of, file_digest, read_entry, write_entry

KEY = digest_of({"a": 1})
ARRAYS = {"x": np.arange(6, dtype=np.float32).reshape(2, 3), "none": np.zeros((0, 4), np.float32)}


def test_an_entry_comes_back_as_it_was_written(tmp_path: Path):
    write_entry(tmp_path, KEY, ARRAYS, facts={"times": [0.1, 2.5]})
    entry = read_entry(tmp_path, KEY)
    assert entry is not None
    assert entry.facts == {"times": [0.1, 2.5]}
    for name, array in ARRAYS.items():
        np.testing.assert_array_equal(entry.load(name), array)
    np.testing.assert_array_equal(entry.open("x")[1], ARRAYS["x"][1])


def test_what_was_never_written_is_not_found(tmp_path: Path):
    assert read_entry(tmp_path, KEY) is None


@pytest.mark.parametrize("name", ["x.npy", "entry.json"])
@pytest.mark.parametrize("damage", ["cut", "changed", "gone"])
def test_a_damaged_entry_is_not_found_and_can_be_written_again(tmp_path: Path, name: str, damage: str):
    folder = write_entry(tmp_path, KEY, ARRAYS, facts={}).folder
    path = folder / name
    content = path.read_bytes()
    if damage == "gone":
        path.unlink()
    else:
        path.write_bytes(content[:-5] if damage == "cut" else content[:-3] + b"\xff" + content[-2:])
    assert read_entry(tmp_path, KEY) is None
    write_entry(tmp_path, KEY, ARRAYS, facts={})
    assert read_entry(tmp_path, KEY) is not None


def test_nothing_is_left_of_a_write_that_fails(tmp_path: Path):
    with pytest.raises(TypeError):
        write_entry(tmp_path, KEY, ARRAYS, facts={"not JSON": object()})
    assert read_entry(tmp_path, KEY) is None
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_arrays_of_objects_are_refused(tmp_path: Path):
    with pytest.raises(ValueError, match="Object arrays cannot be saved"):
        write_entry(tmp_path, KEY, {"x": np.array([{}])}, facts={})


def test_a_second_writer_leaves_the_first_entry(tmp_path: Path):
    first = write_entry(tmp_path, KEY, ARRAYS, facts={"writer": 1})
    write_entry(tmp_path, KEY, ARRAYS, facts={"writer": 2})
    entry = read_entry(tmp_path, KEY)
    assert entry is not None
    assert entry.facts == first.facts


def test_digests_depend_on_values_and_not_on_order():
    assert digest_of({"a": 1, "b": [2.0]}) == digest_of({"b": [2.0], "a": 1})
    assert digest_of({"a": 1}) != digest_of({"a": 2})


def test_file_digest_is_of_the_bytes(tmp_path: Path):
    one, other = tmp_path / "one", tmp_path / "other"
    one.write_bytes(b"sound")
    other.write_bytes(b"sound")
    assert file_digest(one) == file_digest(other)
    other.write_bytes(b"Sound")
    assert file_digest(one) != file_digest(other)
