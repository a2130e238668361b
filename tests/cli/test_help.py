"""Help texts: options in groups, and examples that are valid commands."""

import re
import shlex

import pytest

from camcore.cli.main import main
from camcore.cli.train import GROUPS
from tests.support.command_line import parse_options, run_camcore


@pytest.mark.parametrize("name", sorted(main.commands))
def test_every_help_ends_with_examples_that_are_valid(name: str) -> None:
    _, heading, lines = re.split(r"\n\s+(Examples?:)\n", run_camcore(name, "--help").stdout)
    examples = [shlex.split(line) for line in lines.splitlines() if line.strip()]
    assert heading == ("Example:" if len(examples) == 1 else "Examples:")
    for words in examples:
        assert words[:2] == ["camcore", name]
        parse_options(name, *words[2:])


def test_every_option_of_train_is_in_one_group() -> None:
    grouped = " ".join(GROUPS.values()).split()
    flags = [option.opts[-1] for option in main.commands["train"].params]
    assert sorted(flags) == sorted(set(grouped) & set(flags))
    assert len(grouped) == len(set(grouped))
    help_text = run_camcore("train", "--help").stdout
    assert help_text.index("\nImages:\n") < help_text.index("--dataset") < help_text.index("\nOptimization:\n")
