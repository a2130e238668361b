"""The one line that a user reads."""

from camcore.errors import CamcoreError, RunError, unknown_choice


def test_an_unknown_choice_names_the_value_and_all_that_is_allowed() -> None:
    error = unknown_choice("source", "gradcam", {"cam": 1, "grad_cam": 2})
    assert str(error) == "Unknown source 'gradcam'. Choose from: cam, grad_cam."


def test_a_damaged_run_is_caught_where_user_errors_are() -> None:
    assert issubclass(RunError, CamcoreError)
    assert not isinstance(unknown_choice("source", "x", ()), RunError)
