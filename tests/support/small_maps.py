"""Maps of any size for tests by hand, which need few cells."""

from collections.abc import Iterator

import pytest

from camcore.heatmaps import drawing


@pytest.fixture(scope="module", autouse=True)
def maps_of_any_size() -> Iterator[None]:
    """Count and draw maps of fewer than 4 x 4 cells in the tests of the module that imports this."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(drawing, "LEAST_CELLS", 1)
        yield
