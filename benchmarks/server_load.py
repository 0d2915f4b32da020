"""Load for `benchmarks/server.py`: HTTP connections without ado, crowds of them, and processor time."""

import asyncio
import json
import os
import re
import time
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import numpy as np

TICK_S = 1 / os.sysconf("SC_CLK_TCK")


@dataclass(kw_only=True)
class Connection:
    """One connection that is kept, as a browser keeps it; counts how long each kind of request took."""

    port: int
    times_s: dict[str, list[float]]
    token: str = ""
    reader: asyncio.StreamReader = field(init=False)
    writer: asyncio.StreamWriter = field(init=False)

    async def __aenter__(self) -> Self:
        self.reader, self.writer = await asyncio.open_connection("127.0.0.1", self.port)
        return self

    async def __aexit__(self, *_: object) -> None:
        self.writer.close()

    async def ask(self, method: str, path: str, body: Any = None, *, kind: str, since: float = 0) -> Any:
        """Send a request and read its JSON, or text; count its time from now, or from `since`."""
        content = b"" if body is None else json.dumps(body).encode()
        began = since or time.perf_counter()
        self.writer.write(
            f"{method} {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
            f"Authorization: Bearer {self.token}\r\nContent-Length: {len(content)}\r\n\r\n".encode()
            + content
        )
        head = await self.reader.readuntil(b"\r\n\r\n")
        found = re.search(rb"content-length: (\d+)", head, re.IGNORECASE)
        reply = await self.reader.readexactly(int(found[1]) if found else 0)
        self.times_s.setdefault(kind, []).append(time.perf_counter() - began)
        status = int(head.split(b" ", 2)[1])
        if status >= 300:
            raise RuntimeError(f"{method} {path}: status {status}, {reply[:300]!r}")
        return json.loads(reply) if b"application/json" in head else reply.decode()


async def together(jobs: Iterable[Callable[[], Awaitable[None]]], *, at_a_time: int) -> None:
    """Do jobs, so many at a time."""
    waiting = iter(list(jobs))

    async def work() -> None:
        for job in waiting:
            await job()

    async with asyncio.TaskGroup() as group:
        for _ in range(at_a_time):
            group.create_task(work())


def percentiles_ms(times_s: list[float]) -> tuple[float, float]:
    """Median and 99th percentile (ms)."""
    p50, p99 = np.percentile(times_s, (50, 99)) * 1000
    return float(p50), float(p99)


def family(pid: int) -> list[int]:
    """List a process and all its descendants."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *(each for child in children for each in family(int(child)))]


def processor_s(pids: Iterable[int]) -> float:
    """Processor time that processes have had so far (s), user and system."""
    total = 0
    for pid in pids:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        total += int(fields[11]) + int(fields[12])
    return total * TICK_S
