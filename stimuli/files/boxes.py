"""What an MP4 file is made of: its boxes, its tracks, and where the coded sound lies in it.

A second reader beside FFmpeg's, so that the audit sees the bytes as they are and not as a player mends
them (ISO/IEC 14496-12).
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

from stimuli.errors import StimuliError

CONTAINERS = frozenset({"moov", "trak", "mdia", "minf", "stbl", "edts", "dinf"})
DATED = frozenset({"mvhd", "tkhd", "mdhd"})  # hold the time of making


@dataclass(frozen=True, kw_only=True, slots=True)
class Box:
    """A box: its path from the top (`moov/trak2/mdia`), and where its content lies (bytes)."""

    path: str
    start: int
    end: int

    @property
    def kind(self) -> str:
        """The four letters of its own."""
        return self.path.rpartition("/")[2][:4]


@dataclass(frozen=True, kw_only=True, slots=True)
class Track:
    """One stream of the file.

    Attributes
    ----------
    kind : str
        ``vide`` or ``soun``.
    timescale : int
        Units a second of `edits` and `durations`.
    edits : tuple of (int, int)
        Length (in the movie's units) and first media time of each piece that is shown.
    durations : tuple of int
        Of each sample in order.
    extents : tuple of (int, int)
        Start and end of each sample in the file (bytes).
    """

    kind: str
    timescale: int
    edits: tuple[tuple[int, int], ...]
    durations: tuple[int, ...]
    extents: tuple[tuple[int, int], ...]


def read_boxes(data: bytes) -> list[Box]:
    """List all boxes of a file in the order they stand.

    Raises
    ------
    StimuliError
        If the sizes of the boxes don't add up to the file.
    """
    return list(_boxes(data, 0, len(data), ""))


def read_tracks(data: bytes) -> list[Track]:
    """Read the tracks of a file.

    Raises
    ------
    StimuliError
        If boxes don't fit the file, or a track's table is missing or points out of it.
    """
    boxes = read_boxes(data)
    roots = [box.path for box in boxes if box.kind == "trak"]
    by_path = {box.path: data[box.start : box.end] for box in boxes}
    try:
        tracks = [_track(by_path, root) for root in roots]
    except (KeyError, IndexError) as error:
        raise StimuliError(f"the file is no MP4 as `stimuli build` writes it: {error!r}") from None
    if any(end > len(data) for track in tracks for _, end in track.extents):
        raise StimuliError("the file is cut short: its tables point beyond its end; build it again")
    return tracks


def without_sound(data: bytes) -> bytes:
    """Return the file with every byte of coded sound set to zero: all that must not tell anything."""
    rest = bytearray(data)
    for track in read_tracks(data):
        for start, end in track.extents if track.kind == "soun" else ():
            rest[start:end] = bytes(end - start)
    return bytes(rest)


def packets_digest(data: bytes, track: Track) -> str:
    """SHA-256 of a track's coded samples with their sizes and durations."""
    digest = hashlib.sha256()
    for (start, end), duration in zip(track.extents, track.durations, strict=True):
        digest.update(f"{end - start} {duration}\n".encode())
        digest.update(data[start:end])
    return digest.hexdigest()


def pictures_digest(data: bytes) -> str:
    """Digest a file's coded pictures, see `packets_digest`."""
    return packets_digest(data, next(track for track in read_tracks(data) if track.kind == "vide"))


def nal_units(sample: bytes) -> list[bytes]:
    """Split a coded H.264 picture into its units, each with its length in front (ISO/IEC 14496-15).

    Raises
    ------
    StimuliError
        If the lengths do not add up to the picture's, as with start codes in place of lengths.
    """
    units, start = [], 0
    while start < len(sample):
        end = start + 4 + int.from_bytes(sample[start : start + 4], "big")
        if end > len(sample) or end < start + 5:
            raise StimuliError("a coded picture is not made of units with their lengths in front")
        units.append(sample[start:end])
        start = end
    return units


def metadata(data: bytes) -> list[str]:
    """Name everything in a file that describes it: tags, times of making, and filled free space."""
    boxes = read_boxes(data)
    found = [box.path for box in boxes if box.kind in ("udta", "meta", "uuid")]
    found += [f"time in {b.path}" for b in boxes if b.kind in DATED and any(_times(data, b))]
    found += [b.path for b in boxes if b.kind in ("free", "skip") and any(data[b.start : b.end])]
    return found


def _boxes(data: bytes, start: int, end: int, parent: str) -> Iterator[Box]:
    seen: dict[str, int] = {}
    while start < end:
        size, kind = _int(data, start, 4), data[start + 4 : start + 8].decode("latin-1")
        header = 16 if size == 1 else 8
        size = _int(data, start + 8, 8) if size == 1 else size
        if size < header or start + size > end:
            raise StimuliError(f"the box {kind!r} at byte {start} doesn't fit the file; build it again")
        seen[kind] = seen.get(kind, 0) + 1
        path = f"{parent}{kind}{seen[kind] if seen[kind] > 1 else ''}"
        yield Box(path=path, start=start + header, end=start + size)
        if kind in CONTAINERS:
            yield from _boxes(data, start + header, start + size, path + "/")
        start += size


def _track(by_path: dict[str, bytes], root: str) -> Track:
    media, table = f"{root}/mdia", f"{root}/mdia/minf/stbl"
    sizes = _sizes(by_path[f"{table}/stsz"])
    return Track(
        kind=by_path[f"{media}/hdlr"][8:12].decode("latin-1"),
        timescale=_int(by_path[f"{media}/mdhd"], 12, 4),
        edits=tuple(_pairs(by_path.get(f"{root}/edts/elst", bytes(8)), 12)),
        durations=tuple(d for n, d in _pairs(by_path[f"{table}/stts"], 8) for _ in range(n)),
        extents=tuple(_extents(sizes, by_path[f"{table}/stsc"], by_path[f"{table}/stco"])),
    )


def _sizes(stsz: bytes) -> list[int]:
    constant, count = _int(stsz, 4, 4), _int(stsz, 8, 4)
    return [constant] * count if constant else [_int(stsz, 12 + 4 * i, 4) for i in range(count)]


def _extents(sizes: list[int], stsc: bytes, stco: bytes) -> Iterator[tuple[int, int]]:
    runs = [(_int(stsc, 8 + 12 * i, 4), _int(stsc, 12 + 12 * i, 4)) for i in range(_int(stsc, 4, 4))]
    left = iter(sizes)
    for chunk in range(_int(stco, 4, 4)):
        offset = _int(stco, 8 + 4 * chunk, 4)
        for _ in range(next(per for first, per in reversed(runs) if first <= chunk + 1)):
            size = next(left)
            yield offset, offset + size
            offset += size


def _pairs(table: bytes, stride: int) -> list[tuple[int, int]]:
    starts = [8 + stride * i for i in range(_int(table, 4, 4))]
    return [(_int(table, start, 4), _int(table, start + 4, 4)) for start in starts]


def _times(data: bytes, box: Box) -> bytes:
    return data[box.start + 4 : box.start + (20 if data[box.start] else 12)]


def _int(data: bytes, start: int, size: int) -> int:
    if start + size > len(data):
        raise IndexError(f"byte {start} is beyond the end of a table of {len(data)}")
    return int.from_bytes(data[start : start + size], "big")
