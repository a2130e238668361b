"""Which device and number format the work runs on, chosen from what the machine says it can do."""

from contextlib import AbstractContextManager

import torch

from camcore.errors import CamcoreError


def choose_device(name: str = "auto") -> torch.device:
    """Return the device of that name; `auto` is CUDA, then MPS, then the CPU.

    Raises:
        CamcoreError: The device is unknown, or not there.
    """
    cuda, mps = torch.cuda.is_available(), torch.backends.mps.is_available()
    if name == "auto":
        return torch.device("cuda" if cuda else "mps" if mps else "cpu")
    there = ["cpu", *(["cuda"] if cuda else []), *(["mps"] if mps else [])]
    if name not in there:
        raise CamcoreError(f"Device {name!r} is not on this machine. There is: {', '.join(there)}, or auto.")
    return torch.device(name)


def bf16_is_fast(device: torch.device) -> bool:
    """Whether the device computes bfloat16 in hardware; a CPU that only emulates it is slower with it."""
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    probes = ("_is_amx_tile_supported", "_is_avx512_bf16_supported")
    return device.type == "cpu" and any(bool(getattr(torch.cpu, probe, bool)()) for probe in probes)


def choose_precision(name: str, device: torch.device) -> str:
    """Return `fp32` or `bf16` for a wish that may be `auto`."""
    if name == "auto":
        return "bf16" if bf16_is_fast(device) else "fp32"
    return name


def autocast(device: torch.device, precision: str) -> AbstractContextManager[None]:
    """Return the context in which a trunk runs in the chosen number format."""
    return torch.autocast(device.type, dtype=torch.bfloat16, enabled=precision == "bf16")
