"""How our processes behave beside others: idle threads soon sleep, and nobody is left behind."""

import os
import signal

SPINS = "20000"  # some tens of microseconds, longer than the gaps between the operations of a step


def share_the_machine() -> None:
    """Set up a command that computes; call it before anything else, in the main thread.

    OpenMP's threads spin while they wait for each other, billions of times by default. Where another job
    holds a processor they spin for the thread that is not running: beside three other jobs on two
    processors a training step took seconds, and 0.34 s with a short spin; beside none 42 ms, by default
    49. A user's own ``GOMP_SPINCOUNT`` or ``OMP_WAIT_POLICY`` stands.

    SIGTERM, which schedulers send, is taken like Ctrl-C; by default it would end this process alone and
    leave its pool of worker processes waiting for ever.
    """
    if "OMP_WAIT_POLICY" not in os.environ:
        os.environ.setdefault("GOMP_SPINCOUNT", SPINS)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
