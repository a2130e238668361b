"""Runs that differ in their seed alone, taken together."""

from collections.abc import Sequence
from dataclasses import dataclass

from dashboard.data.runs import RunEntry
from dashboard.language import text

SEPARATOR = ","


@dataclass(frozen=True)
class RunGroup:
    """Runs that are shown as one; a run by itself is a group of one, and has its name."""

    name: str
    entries: tuple[RunEntry, ...]

    @property
    def id(self) -> str:
        """The names of its runs."""
        return SEPARATOR.join(entry.name for entry in self.entries)

    @property
    def single(self) -> bool:
        """Whether it is a run by itself."""
        return len(self.entries) == 1

    @property
    def label(self) -> str:
        """Its name as people read it."""
        return label(self.name, len(self.entries))


def label(name: str, count: int) -> str:
    """Return the name of `count` runs that are shown as one."""
    return name if count == 1 else text("training_curves.group", group=name, count=count)


def group_runs(entries: Sequence[RunEntry], together: bool = True) -> list[RunGroup]:
    """Return runs in groups, each at the place of its first run; or every run by itself."""
    groups: dict[tuple[str, str], list[RunEntry]] = {}
    for entry in entries:
        shared = entry.run.group if entry.run and together else None
        groups.setdefault(("group", shared) if shared else ("run", entry.name), []).append(entry)
    return [
        RunGroup(name if len(members) > 1 else members[0].name, tuple(members)) for (_, name), members in groups.items()
    ]
