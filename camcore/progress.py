"""The progress bar of long work: rate and remaining time in a terminal, nothing in a log file."""

from typing import Any

from tqdm import tqdm


def show_progress(
    total: int, title: str, unit: str = "image", done: int = 0, leave: bool = False, delay: float = 0.0
) -> Any:
    """Return a progress bar to be used as a context; `update(n)` moves it on, `write(line)` prints above it.

    It appears after `delay` seconds.
    """
    return tqdm(
        total=total, desc=title, unit=unit, initial=done, leave=leave, delay=delay, disable=None, dynamic_ncols=True
    )
