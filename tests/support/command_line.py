"""Runs commands as users type them, in this process."""

from typing import Any

import click
from click.testing import CliRunner, Result

from camcore.cli.main import main
from camcore.workflows.machine import Machine

ON_CPU = ("--device", "cpu", "--workers", "0")
CPU = Machine(device="cpu", workers=0)  # the same, for a workflow


def run_camcore(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments], catch_exceptions=False)


def parse_options(command: str, *arguments: object) -> dict[str, Any]:
    """Return a command's parameters by name for these arguments, without calling it."""
    parent = click.Context(main, info_name="camcore", **main.context_settings)
    return main.commands[command].make_context(command, [str(argument) for argument in arguments], parent).params
