"""Groups of trainings on the same images: by hand, edge cases, and simulated data sets.

The full simulation prints its table: `pytest -n 0 -m slow -s tests/stats/test_crossed.py`.
"""

import math
from dataclasses import dataclass

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

from camcore.errors import CamcoreError
from camcore.stats.crossed import CrossedDifference, crossed_difference
from camcore.stats.paired import paired_difference

Random = np.random.Generator
FIRST = np.array([[1, 1, 1, 0], [1, 1, 0, 0]])
SECOND = np.array([[1, 0, 0, 0], [1, 0, 0, 0]])


def test_two_groups_of_two_by_hand() -> None:
    comparison = crossed_difference(FIRST, SECOND)
    # Trainings: 1/32 between 3/4 and 1/2, over two; their answers differ on one image, which gives the same 1/64.
    # Images: 0, 1, 1/2, 0 and the two that are added have the mean 1/4.
    trainings, images = 1 / 64, ((0 + 1 + 1 / 4 + 2) / 6 - 1 / 16) / 6 - 1 / 64
    freedom = (trainings + images) ** 2 / (trainings**2 / 1 + images**2 / 5)
    factor = stats.t.ppf(0.975, freedom)
    assert comparison.standard_errors == pytest.approx(factor) and 2.44 < factor < 2.46
    error = math.sqrt(trainings + images)
    assert (comparison.difference, comparison.low, comparison.high) == pytest.approx(
        (0.375, 0.25 - factor * error, 0.25 + factor * error)
    )
    assert comparison.p_value == pytest.approx(2 * stats.t.sf(0.25 / error, freedom))


def test_only_the_order_of_groups_changes_the_sign() -> None:
    random = np.random.default_rng(0)
    first, second = random.random((3, 50)) < 0.8, random.random((4, 50)) < 0.6
    comparison, images = crossed_difference(first, second), random.permutation(50)
    moved = crossed_difference(first[::-1, images], second[[2, 0, 3, 1]][:, images])
    assert moved.__dict__ == pytest.approx(comparison.__dict__)
    turned = crossed_difference(second, first)
    assert (turned.difference, turned.low, turned.high) == pytest.approx(
        (-comparison.difference, -comparison.high, -comparison.low)
    )


def test_trainings_that_agree_on_everything_keep_an_interval() -> None:
    right = np.ones((3, 100))
    comparison = crossed_difference(right, right)
    assert comparison.difference == 0 and comparison.p_value == 1
    assert comparison.high == -comparison.low == pytest.approx(stats.t.ppf(0.975, 101) * math.sqrt(2) / 102)


def test_equal_accuracies_keep_a_wide_interval() -> None:
    """Every training is correct on half of the images, but not on the same ones."""
    random = np.random.default_rng(1)
    first, second = (np.array([random.permutation(200) < 100 for _ in range(3)]) for _ in range(2))
    comparison = crossed_difference(first, second)
    assert comparison.difference == pytest.approx(0, abs=1e-12)
    assert comparison.high > 1.96 * math.sqrt(2 * 0.25 / (3 * 200))


def test_two_seeds_that_lie_far_apart_say_nothing() -> None:
    first = np.repeat([[1], [0]], 1000, axis=1)
    comparison = crossed_difference(first, first)
    assert (comparison.low, comparison.high) == (-1, 1) and comparison.standard_errors > 4


@pytest.mark.parametrize("shapes", [((1, 9), (3, 9)), ((3, 9), (3, 8)), ((3, 0), (3, 0)), ((3,), (3, 9))])
def test_what_is_no_pair_of_groups_is_refused(shapes: tuple[tuple[int, ...], tuple[int, ...]]) -> None:
    with pytest.raises(CamcoreError) as raised:
        crossed_difference(*(np.ones(shape) for shape in shapes))
    assert str(raised.value) == (
        f"Groups of answers have shapes {shapes[0]} and {shapes[1]}. Give two or more trainings of each, on the same"
        " images."
    )


@dataclass(frozen=True)
class Case:
    """Two groups of trainings; each is correct if a sum of normal numbers is above 0.

    `seeds` are drawn per training (`shared` of them the same for equal seeds), `images` per image and `own` per image
    and group; what is left has variance 1. `levels` are the means.
    """

    trainings: tuple[int, int] = (3, 3)
    n: int = 360
    seeds: float = 0.2
    images: float = 1.5
    own: float = 0.5
    shared: float = 0.0
    levels: tuple[float, float] = (1.0, 1.3)

    @property
    def truth(self) -> float:
        """The difference over all seeds and images."""
        spread = math.sqrt(self.seeds**2 + self.images**2 + self.own**2 + 1)
        first, second = (float(stats.norm.cdf(level / spread)) for level in self.levels)
        return first - second

    def draw(self, random: Random) -> list[NDArray[np.bool_]]:
        """Return which images the trainings of both groups classify correctly."""
        images, both = random.normal(0, self.images, self.n), random.normal(0, self.seeds, max(self.trainings))
        groups = []
        for count, level in zip(self.trainings, self.levels, strict=True):
            alone = random.normal(0, self.seeds, count)
            seeds = math.sqrt(self.shared) * both[:count] + math.sqrt(1 - self.shared) * alone
            own = images + random.normal(0, self.own, self.n)
            groups.append(level + seeds[:, None] + own + random.normal(0, 1, (count, self.n)) > 0)
        return groups


CASES = {
    "3 and 3 seeds": Case(),
    "3 and 3, 108 images": Case(n=108),
    "3 and 3, seeds vary little": Case(seeds=0),
    "3 and 3, seeds vary much": Case(seeds=0.8),
    "2 and 2": Case(trainings=(2, 2)),
    "2 and 2, seeds vary much": Case(trainings=(2, 2), seeds=0.8),
    "2 and 5": Case(trainings=(2, 5), seeds=0.4),
    "2 and 10": Case(trainings=(2, 10), seeds=0.4),
    "5 and 5": Case(trainings=(5, 5), seeds=0.4),
    "3 and 3, equal seeds alike": Case(seeds=0.8, shared=0.7),
    "3 and 3, nearly all right": Case(seeds=0.1, images=0.8, own=0.2, levels=(3.2, 3.4)),
}
QUICK = ["3 and 3 seeds", "2 and 2, seeds vary much", "3 and 3, nearly all right"]


def simulate(case: Case, count: int) -> tuple[int, int, float]:
    """Return how often both intervals cover the truth, and the mean width. The second interval is of one run each."""
    covered, covered_by_one, width = 0, 0, 0.0
    for seed in range(count):
        first, second = case.draw(np.random.default_rng([seed, 9]))
        by_images = paired_difference(first[0], second[0], "yes_no")
        comparison = crossed_difference(first, second)
        assert by_images.low is not None and by_images.high is not None
        covered += covers(comparison, case.truth)
        covered_by_one += by_images.low <= case.truth <= by_images.high
        width += (comparison.high - comparison.low) / count
    return covered, covered_by_one, width


def covers(comparison: CrossedDifference, truth: float) -> bool:
    return comparison.low <= truth <= comparison.high


def least_covered(count: int) -> int:
    """Return the lower bound of a true 95% interval's coverage, missed once in 1,000 simulations."""
    return int(stats.binom.ppf(0.001, count, 0.95))


@pytest.mark.parametrize("name", QUICK)
def test_intervals_cover_other_seeds_and_images(name: str) -> None:
    assert simulate(CASES[name], 100)[0] >= least_covered(100)


def test_one_run_each_does_not_cover_varying_seeds() -> None:
    assert simulate(CASES["3 and 3, seeds vary much"], 100)[1] < least_covered(100)


@pytest.mark.slow
@pytest.mark.parametrize("name", CASES)
def test_coverage_over_a_thousand_groups(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    covered, covered_by_one, width = simulate(CASES[name], 1000)
    with capsys.disabled():
        print(f"\n{name:30} covered {covered / 1000:.3f}, width {width:.3f}; one run each {covered_by_one / 1000:.3f}")
    assert covered >= least_covered(1000)
