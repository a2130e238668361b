"""Error messages: one line each."""

import shlex

from camcore.errors import CamcoreError, RunError, shell_command, unknown_choice


def test_an_unknown_choice_lists_the_allowed_values() -> None:
    error = unknown_choice("source", "gradcam", {"cam": 1, "grad_cam": 2})
    assert str(error) == "Unknown source 'gradcam'. Did you mean grad_cam? Choose from: cam, grad_cam."


def test_a_damaged_run_is_a_user_error() -> None:
    assert issubclass(RunError, CamcoreError)
    assert not isinstance(unknown_choice("source", "x", ()), RunError)


def test_a_command_to_copy_reaches_the_program_as_it_was_meant() -> None:
    path = "my runs/it's $(reboot); `x` 강아지"
    assert shlex.split(shell_command("explain", path, "--force")) == ["camcore", "explain", path, "--force"]
    assert shell_command("explain", "runs/dogs") == "camcore explain runs/dogs"
