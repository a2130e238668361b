"""Groups runs that differ only in their seed."""

from collections.abc import Sequence
from dataclasses import dataclass

from camcore.system.names import nfc
from dashboard.data.runs import RunEntry
from dashboard.language import text

SEPARATOR = ","


@dataclass(frozen=True)
class RunGroup:
    """Runs shown together. A single run is a group of one."""

    name: str
    entries: tuple[RunEntry, ...]

    @property
    def id(self) -> str:
        """The names of its runs."""
        return SEPARATOR.join(entry.name for entry in self.entries)

    @property
    def single(self) -> bool:
        """Whether it has only one run."""
        return len(self.entries) == 1

    @property
    def label(self) -> str:
        """The name that users see."""
        return label(self.name, len(self.entries))


def label(name: str, count: int) -> str:
    """Return the name of a group of `count` runs, in NFC."""
    name = nfc(name)
    return name if count == 1 else text("training_curves.group", group=name, count=count)


def group_runs(entries: Sequence[RunEntry], together: bool = True) -> list[RunGroup]:
    """Return groups in the order of their first runs; one per run unless `together`."""
    groups: dict[tuple[str, str], list[RunEntry]] = {}
    for entry in entries:
        shared = entry.run.group if entry.run and together else None
        groups.setdefault(("group", shared) if shared else ("run", entry.name), []).append(entry)
    return [
        RunGroup(name if len(members) > 1 else members[0].name, tuple(members)) for (_, name), members in groups.items()
    ]
