"""How `--help` looks: options in groups, and an example at the end."""

from collections.abc import Mapping
from typing import Any

import click


def examples(*lines: str) -> str:
    """Return the end of a command's help: command lines that work as they are written."""
    return "\n".join(["\b", "Example:" if len(lines) == 1 else "Examples:", *(f"  {line}" for line in lines)])


class GroupedCommand(click.Command):
    """A command that lists its options under headings; `groups` holds the flags per heading."""

    def __init__(self, *arguments: Any, groups: Mapping[str, str], **settings: Any) -> None:
        super().__init__(*arguments, **settings)
        self.groups = {title: flags.split() for title, flags in groups.items()}

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the groups in their order, then what is in none of them."""
        records = {option.opts[-1]: option.get_help_record(ctx) for option in self.get_params(ctx)}
        for title, flags in self.groups.items():
            taken = [records.pop(flag) for flag in flags if flag in records]
            _write_group(formatter, title, taken)
        _write_group(formatter, "Other options", list(records.values()))


def _write_group(formatter: click.HelpFormatter, title: str, records: list[tuple[str, str] | None]) -> None:
    if rows := [record for record in records if record is not None]:
        with formatter.section(title):
            formatter.write_dl(rows)
