"""Commands as people type them, in this process."""

from click.testing import CliRunner, Result

from camcore.cli import main

ON_CPU = ("--device", "cpu", "--workers", "0")


def run_camcore(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments], catch_exceptions=False)
