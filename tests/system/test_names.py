"""Names as people read them: one spelling, natural order."""

import unicodedata

import pytest

from camcore.system.names import find_name, natural_key, nfc

COMPOSED, DECOMPOSED = (unicodedata.normalize(form, "진돗개 é") for form in ("NFC", "NFD"))


def test_numbers_are_sorted_by_value() -> None:
    names = ["c10", "c2", "c1", "C3", "c02", "c", "10", "9", "b", "c2b10", "c2b9"]
    assert sorted(names, key=natural_key) == ["9", "10", "b", "c", "c1", "c02", "c2", "c2b9", "c2b10", "C3", "c10"]


@pytest.mark.parametrize("name", ["", "0", "٣", "²", "9" * 5000, "\ud800"])
def test_every_name_has_a_key(name: str) -> None:
    assert sorted([name, "a1"], key=natural_key)


def test_both_spellings_are_one_name() -> None:
    assert COMPOSED != DECOMPOSED and nfc(COMPOSED) == nfc(DECOMPOSED)
    assert find_name([DECOMPOSED], COMPOSED) == DECOMPOSED
    assert find_name([DECOMPOSED, COMPOSED], COMPOSED) == COMPOSED
    assert find_name(["a"], "b") is None
