"""How the threads of torch, faiss and scipy share the processors with whatever else runs."""

import os


def yield_when_idle() -> None:
    """Let threads that wait for each other sleep, before any library has started them.

    OpenMP's threads spin by default. Where another job holds a processor they spin for the thread that
    is not running: with five runnable processes on two processors a training step took 3.9 s, and
    0.15 s with this. A user's own ``OMP_WAIT_POLICY`` stands.
    """
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
