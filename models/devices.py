"""Which device tensors live on."""

import torch

from models.errors import ModelsError

AUTO = "auto"


def resolve_device(name: str) -> str:
    """Turn what a user typed into a torch device.

    Parameters
    ----------
    name : str
        ``auto`` (a GPU where there is one), or any of torch's names, such as ``cpu`` or ``cuda:1``.

    Raises
    ------
    ModelsError
        If there is no such device here.
    """
    if name == AUTO:
        return "cuda" if torch.cuda.is_available() else "cpu"
    try:
        torch.empty(0, device=name)
    except (RuntimeError, AssertionError) as error:  # torch raises either, by how it was built
        reason = str(error).splitlines()[0]
        raise ModelsError(f"no device {name!r} here ({reason}); give auto, cpu or cuda") from error
    return name
