"""Choose the device and the number format to compute with."""

import platform
from contextlib import AbstractContextManager

import torch

from camcore.errors import CamcoreError
from camcore.system.collectives import gather
from camcore.system.ranks import current_rank


def choose_device(name: str = "auto") -> torch.device:
    """Return the device of that name; `auto` is CUDA, then MPS, then the CPU. Each rank gets its own GPU.

    Raises:
        CamcoreError: The device is unknown, not available, or not usable by this rank.
    """
    cuda, mps = torch.cuda.is_available(), torch.backends.mps.is_available()
    if name == "auto":
        name = "cuda" if cuda else "mps" if mps else "cpu"
    available = ["cpu", *(["cuda"] if cuda else []), *(["mps"] if mps else [])]
    if name not in available:
        raise CamcoreError(f"Device {name!r} is not on this machine. There is: {', '.join(available)}, or auto.")
    return torch.device(name) if current_rank().is_only else _choose_for_rank(name)


def _choose_for_rank(name: str) -> torch.device:
    ranks = current_rank()
    if len(names := set(gather(name))) > 1:
        raise CamcoreError(f"Not all ranks have the same devices ({', '.join(sorted(names))}). Choose --device cpu.")
    if name == "mps":
        raise CamcoreError("Device 'mps' serves one process. Leave out torchrun, or choose --device cpu.")
    if name == "cpu":
        return torch.device(name)
    if (gpus := torch.cuda.device_count()) < ranks.local_count:
        raise CamcoreError(
            f"{ranks.local_count} ranks share {gpus} GPUs on {platform.node()}. Start as many as there are with"
            " --nproc-per-node, or choose --device cpu."
        )
    torch.cuda.set_device(ranks.local_rank)
    return torch.device(name, ranks.local_rank)


def bf16_is_fast(device: torch.device) -> bool:
    """Return whether the device computes bfloat16 in hardware; emulation is slower than float32."""
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    probes = ("_is_amx_tile_supported", "_is_avx512_bf16_supported")
    return device.type == "cpu" and any(bool(getattr(torch.cpu, probe, bool)()) for probe in probes)


def choose_precision(name: str, device: torch.device) -> str:
    """Return `fp32` or `bf16`; `auto` is bf16 if the device computes it in hardware."""
    if name == "auto":
        return "bf16" if bf16_is_fast(device) else "fp32"
    return name


def autocast(device: torch.device, precision: str) -> AbstractContextManager[None]:
    """Return the context in which a trunk computes in the chosen number format."""
    return torch.autocast(device.type, dtype=torch.bfloat16, enabled=precision == "bf16")
