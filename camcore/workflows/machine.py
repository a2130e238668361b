"""Machine settings of a command, which a run folder doesn't store."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Machine:
    """The data set's folder, the device, and the processes or threads of a command.

    Attributes:
        root: Folder of the data set; None for the one stored with the run.
        device: As in `choose_device`.
        workers: Processes that load images for a training, or threads that explain; None: by the number of cores.
    """

    root: Path | None = None
    device: str = "auto"
    workers: int | None = None
