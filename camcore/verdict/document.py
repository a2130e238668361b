"""`verdict.json`: the typed verdict of an explanation; read it and its values per image."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd
from pydantic import Field, field_validator, model_validator

from camcore.errors import ReplacedError, RunError, shell_command
from camcore.explained.explanation import Explanation
from camcore.stats.paired import TOLERANCE
from camcore.system.documents import Document, read_document

FORMAT_VERSION = 1
OLD_VALUES = "measures.parquet"  # earlier versions had one name for all

Group = Literal["localization", "faithfulness", "class"]
MeasureKind = Literal["continuous", "yes_no", "resampled"]
Direction = Literal["higher", "lower"]
Outcome = Literal["better", "worse", "no_difference"]
Parameter = str | int | float | list[str] | None


class MeanInterval(Document):
    """A mean with its 95% interval; no limits for a single image."""

    mean: float
    low: float | None
    high: float | None


class Difference(Document):
    """A source minus the reference, with p-values before and after the correction; see `PairedDifference`."""

    mean_difference: float | None
    n: int
    dropped: int
    low: float | None
    high: float | None
    p_value: float | None
    effect_size: float | None
    higher: int | None
    lower: int | None
    identical: bool
    interval: str
    test: str
    identical_by_theory: bool
    p_adjusted: float
    outcome: Outcome = Field(validation_alias="verdict", serialization_alias="verdict")


class MeansByCorrectness(Document):
    """Means per source over correctly and over incorrectly answered images."""

    correct: dict[str, float | None] = Field(validation_alias="right", serialization_alias="right")
    incorrect: dict[str, float | None] = Field(validation_alias="wrong", serialization_alias="wrong")


class MeasureResult(Document):
    """The results of one measure for every source and baseline.

    Attributes:
        n: How many images have a value.
        chance: The mean that a map without any knowledge would have, None if unknown.
        values: By source, without those that have no value.
        oracle: By source, the value with thresholds chosen on the reported images; None if there are no thresholds.
        differences: To the reference, by source.
    """

    group: Group
    kind: MeasureKind
    better: Direction
    n: int
    chance: float | None
    values: dict[str, MeanInterval]
    oracle: dict[str, float] | None
    differences: dict[str, Difference]
    by_correctness: MeansByCorrectness

    def mean_of(self, source: str) -> float | None:
        """Return a source's mean, None if it has no value."""
        return self.values[source].mean if source in self.values else None


class ImageCounts(Document):
    """The number of images, in total and per part of the verdict."""

    all: int
    faithfulness: int
    two_class: int
    randomization: int


class NotApplicable(Document):
    """By how much CAM misses the logits, relative to their range. None if there is no linear layer."""

    max_error: float | None


class Curves(Document):
    """Mean probability per source over the share of pixels inserted or deleted."""

    share: tuple[float, ...]
    insertion: dict[str, tuple[float, ...]]
    deletion: dict[str, tuple[float, ...]]

    @model_validator(mode="after")
    def _require_equal_lengths(self) -> "Curves":
        _require_lengths("curves", len(self.share), self.insertion, self.deletion)
        return self


class Randomization(Document):
    """Spearman's rho of maps before and after each randomisation step, with intervals, by source."""

    steps: tuple[str, ...]
    similarity: dict[str, tuple[float | None, ...]]
    low: dict[str, tuple[float | None, ...]]
    high: dict[str, tuple[float | None, ...]]
    passes: dict[str, bool]

    @model_validator(mode="after")
    def _require_equal_lengths(self) -> "Randomization":
        _require_lengths("randomization", len(self.steps), self.similarity, self.low, self.high)
        return self


class MethodTiming(Document):
    """Time per image of a source, also as a multiple of the bare forward pass."""

    milliseconds: float
    times_forward: float


class Timing(Document):
    """Time per image of the bare forward pass and of each source."""

    forward_milliseconds: float
    methods: dict[str, MethodTiming]


class Requirements(Document):
    """What a method needs, the heads that allow it, and the layers it exists at."""

    needs: Literal["class_weights", "gradients", "features", "passes"]
    heads: tuple[str, ...]
    layers: Literal["last", "any"]


class SeedAccuracy(Document):
    """The accuracy of one run of a group."""

    run: str
    seed: int
    accuracy: float


class SeedGroups(Document):
    """The runs of two groups that are compared.

    Attributes:
        group: The name of the first group.
        members, members_against: The finished runs of either group.
        deviation, deviation_against: The standard deviation of their accuracies.
        differs: What the groups differ in besides head and seed, empty if nothing.
        unfinished: Runs that are left out.
        standard_errors: How many standard errors the interval reaches to either side.
    """

    group: str
    members: tuple[SeedAccuracy, ...]
    members_against: tuple[SeedAccuracy, ...]
    deviation: float
    deviation_against: float
    differs: str
    unfinished: tuple[str, ...]
    standard_errors: float


class AccuracyPrice(Document):
    """Accuracy with and without CAM's architecture, of two runs or two groups' seeds.

    Limits and p-value are None for fewer than two images.
    """

    against: str
    n: int
    accuracy: float
    accuracy_against: float
    seeds: SeedGroups | None = None
    difference: float
    low: float | None
    high: float | None
    p_value: float | None


class Claim(Document):
    """A statement as a code with parameters, which each language words."""

    code: str
    parameters: dict[str, Parameter]


class VerdictDocument(Document):
    """Everything that `verdict.json` holds."""

    format_version: int
    created: str
    run: str
    explanation: str = Field(validation_alias="generation", serialization_alias="generation")
    seed: int
    reference: str
    images: ImageCounts
    steps: int
    sources: tuple[str, ...]
    baselines: tuple[str, ...]
    not_applicable: dict[str, NotApplicable]
    curves: Curves
    randomization: Randomization
    timing: Timing = Field(validation_alias="cost", serialization_alias="cost")
    requirements: dict[str, Requirements] = Field(validation_alias="freedom", serialization_alias="freedom")
    accuracy_price: AccuracyPrice | None = Field(validation_alias="price", serialization_alias="price")
    measures: dict[str, MeasureResult]
    claims: tuple[Claim, ...]
    seconds: float
    values_file: str = OLD_VALUES

    @field_validator("values_file")
    @classmethod
    def _require_file_name(cls, name: str) -> str:
        if not name or Path(name).name != name:
            raise ValueError(f"values_file {name!r} is not the name of a file")
        return name

    @model_validator(mode="after")
    def _require_reference(self) -> "VerdictDocument":
        if not self.measures:
            raise ValueError("no measure")
        if self.reference not in self.sources:
            raise ValueError(f"no source {self.reference!r}")
        return self

    @property
    def main_measure(self) -> str:
        """The measure that the first claim with a measure is about, else the first."""
        claimed = (str(claim.parameters.get("measure")) for claim in self.claims)
        return next((name for name in claimed if name in self.measures), next(iter(self.measures)))

    @property
    def same_by_theory(self) -> list[str]:
        """The reference, and the methods that are the same map by theory."""
        same = {
            source
            for measure in self.measures.values()
            for source, difference in measure.differences.items()
            if difference.identical_by_theory
        }
        return [source for source in self.sources if source == self.reference or source in same]

    def best(self, measure: str) -> list[str]:
        """Return the methods with the best mean, several if they are equal."""
        sign = 1 if self.measures[measure].better == "higher" else -1
        values = self.measures[measure].values
        means = {name: sign * values[name].mean for name in self.sources if name in values}
        return [name for name in means if np.isclose(means[name], max(means.values()), rtol=0, atol=TOLERANCE)]


def read_verdict(explanation: Explanation) -> VerdictDocument | None:
    """Return the verdict of an explanation, None if there is none.

    Raises:
        RunError: It is damaged, or has another format version.
    """
    remedy = describe_remedy(explanation.run_path)
    with explanation.reading("verdict.json", remedy) as path:
        if not path.exists():
            return None
        verdict = read_document(path, VerdictDocument, FORMAT_VERSION, remedy)
    if verdict.explanation != explanation.id:
        raise RunError(f"{path} is damaged (it is of other heatmaps, {verdict.explanation}). {remedy}")
    return verdict


def read_values(explanation: Explanation, verdict: VerdictDocument) -> pd.DataFrame:
    """Return a verdict's values per image, indexed by `source` and `index`.

    Raises:
        ReplacedError: The verdict was replaced by another one.
        RunError: They are missing or damaged.
    """
    try:
        with explanation.reading(verdict.values_file, describe_remedy(explanation.run_path)) as path:
            values = pd.read_parquet(path).set_index(["source", "index"]).sort_index()
    except RunError as error:
        if (current := read_verdict(explanation)) is None or current.values_file != verdict.values_file:
            raise ReplacedError(
                f"The verdict of {explanation.run_path} was recreated while it was read. Load the page once more."
            ) from error
        raise
    return values


def describe_remedy(run: Path) -> str:
    """Return what to do about a damaged verdict of a run, for error messages."""
    return f"Recreate it: {shell_command('verdict', run)}"


def _require_lengths(name: str, length: int, *series: Mapping[str, Sequence[float | None]]) -> None:
    for by_source in series:
        for source, values in by_source.items():
            if len(values) != length:
                raise ValueError(f"{name} of {source!r} has {len(values)} points, not {length}")
