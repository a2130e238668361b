"""What the pages read: runs, tables of predictions, distances between maps. Cached by run, explanation and date."""

from dataclasses import dataclass, replace
from pathlib import Path

from camcore.errors import ReplacedError, RunError
from camcore.explained.explanation import Explanation, is_explained, open_explanation
from camcore.runs.run import Run, list_run_folders, open_run
from dashboard.data.caching import FileCache
from dashboard.data.links import find_what_tells, refuse_links_out

STATES = ("explained", "trained", "training", "damaged")


@dataclass(frozen=True)
class RunEntry:
    """A folder in the runs folder, as far as it can be read. `problem` says why it can't, or why there are no maps.

    `changed` is the time of its `run.json`, as of `read_time`.
    """

    path: Path
    run: Run | None
    explanation: Explanation | None
    problem: str | None
    changed: int

    @property
    def name(self) -> str:
        """The folder's name."""
        return self.path.name

    @property
    def state(self) -> str:
        """One of `STATES`."""
        if self.run is None:
            return "damaged"
        if self.explanation is not None:
            return "explained"
        if is_explained(self.run):
            return "damaged"
        return "trained" if self.run.finished else "training"

    @property
    def key(self) -> tuple[str, str]:
        """What caches go by: where the run lies, and which state of its files this is."""
        return str(self.path), f"{self.explanation.id if self.explanation else ''} {self.changed}"


_entries: FileCache[Path, RunEntry] = FileCache(
    most=10_000
)  # with fewer than there are runs, none would be found again


def list_entries(folder: Path) -> list[RunEntry]:
    """Return what lies in the runs folder, by name."""
    return [read_entry(path) for path in list_run_folders(folder)]


def read_entry(path: Path) -> RunEntry:
    """Return a run folder, as far as it can be read."""
    try:
        entry = _entries.get(path, lambda: find_what_tells(path), lambda: _read_entry(path))
    except RunError:
        entry = _read_entry(path)  # which says what can't be read
    explanation = entry.explanation
    # What an explanation has read of its files is not for every session to keep.
    return (
        entry
        if explanation is None
        else replace(entry, explanation=Explanation(explanation.path, explanation.manifest))
    )


def _read_entry(path: Path) -> RunEntry:
    changed = read_time(path / "run.json")
    try:
        refuse_links_out(path)
        run = open_run(path)
    except RunError as error:
        return RunEntry(path, None, None, str(error), changed)
    try:
        return RunEntry(path, run, open_explanation(run), None, changed)
    except RunError as error:
        return RunEntry(path, run, None, str(error), changed)


def read_time(path: Path) -> int:
    """Return when a file was last changed, in ns; 0 where there is none."""
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0


def reopen(path: str, version: str) -> tuple[Run, Explanation]:
    """Open what the key of an entry stands for.

    Raises:
        ReplacedError: The run has been changed or explained anew since the page began: what it shows would be mixed.
        RunError: It is damaged.
    """
    entry = read_entry(Path(path))
    if entry.run is None or entry.explanation is None:
        raise RunError(entry.problem)
    if entry.key != (path, version):
        raise ReplacedError(f"{path} was changed or explained anew while this page was made. Load it once more.")
    return entry.run, entry.explanation
