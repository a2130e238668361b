"""Progress bars: rate and remaining time in a terminal, nothing in a log file."""

from typing import Any

from tqdm import tqdm

from camcore.system.ranks import current_rank


def show_line(line: str) -> None:
    """Print a line, on rank 0 alone, above a progress bar if there is one."""
    if current_rank().is_first:
        tqdm.write(line)


def show_progress(
    total: int, title: str, unit: str = "image", done: int = 0, leave: bool = False, delay: float = 0.0
) -> Any:
    """Return a progress bar, a context manager: `update(n)` advances it, `write(line)` prints above it.

    It appears after `delay` seconds, on rank 0 alone.
    """
    disable = None if current_rank().is_first else True  # None: disabled if there is no terminal
    return tqdm(
        total=total, desc=title, unit=unit, initial=done, leave=leave, delay=delay, disable=disable, dynamic_ncols=True
    )
