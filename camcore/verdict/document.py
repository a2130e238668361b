"""A verdict as `verdict.json` holds it, and the parts of it that pages and reports show."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from camcore.errors import ReplacedError, RunError, shell_command
from camcore.explained.explanation import Explanation
from camcore.stats.paired import TOLERANCE
from camcore.system.checksums import find_run
from camcore.system.files import read_json

FORMAT_VERSION = 1
VALUES_FILE, OLD_VALUES = "values_file", "measures.parquet"  # earlier versions had one name for all
PARTS = {
    "reference": str,
    "sources": list,
    "baselines": list,
    "not_applicable": dict,
    "images": dict,
    "measures": dict,
    "curves": dict,
    "randomization": dict,
    "cost": dict,
    "freedom": dict,
    "claims": list,
}
PARTS_OF_MEASURE = ("group", "better", "n", "values", "differences")


@dataclass(frozen=True)
class Verdict:
    """A verdict as `verdict.json` holds it, checked for what every part of a page relies on."""

    document: dict[str, Any]

    @property
    def reference(self) -> str:
        """The source that differences are taken to."""
        return str(self.document["reference"])

    @property
    def sources(self) -> list[str]:
        """The methods that apply, in the order of tables."""
        return list(self.document["sources"])

    @property
    def baselines(self) -> list[str]:
        """Maps that know nothing of the network."""
        return list(self.document["baselines"])

    @property
    def measures(self) -> dict[str, dict[str, Any]]:
        """What was measured, by id, in the order of tables."""
        found: dict[str, dict[str, Any]] = self.document["measures"]
        return found

    @property
    def main_measure(self) -> str:
        """The measure that the claims say most about, else the first."""
        claimed = (claim.get("parameters", {}).get("measure") for claim in self.document["claims"])
        return next((name for name in claimed if name in self.measures), next(iter(self.measures)))

    @property
    def values_file(self) -> str:
        """The name of the file beside it that holds the values per image."""
        return str(self.document.get(VALUES_FILE, OLD_VALUES))

    @cached_property
    def same_by_theory(self) -> list[str]:
        """The reference, and the methods that are the same map by theory."""
        found = {
            source
            for measure in self.measures.values()
            for source, difference in measure["differences"].items()
            if difference.get("identical_by_theory")
        }
        return [source for source in self.sources if source == self.reference or source in found]

    def best(self, measure: str) -> list[str]:
        """Return the methods with the best mean, several where they are equal."""
        values = self.measures[measure]["values"]
        sign = 1 if self.measures[measure]["better"] == "higher" else -1
        means = {name: sign * values[name]["mean"] for name in self.sources if mean_of(values, name) is not None}
        return [name for name in means if np.isclose(means[name], max(means.values()), rtol=0, atol=TOLERANCE)]


def mean_of(values: dict[str, Any], source: str) -> float | None:
    """Return the mean of a source, None where there is none."""
    found = values.get(source)
    return None if found is None or found.get("mean") is None else float(found["mean"])


def read_verdict(explanation: Explanation) -> Verdict | None:
    """Return the verdict of an explanation, None where none was made.

    Raises:
        RunError: It is damaged, or of another format version.
    """
    way_out = make_anew(explanation.path)
    with explanation.reading("verdict.json", way_out) as path:
        document = read_json(path, way_out) if path.exists() else None
    if document is None:
        return None
    version = document.get("format_version")
    if version != FORMAT_VERSION:
        raise RunError(
            f"{path} has format version {version!r}; this camcore reads {FORMAT_VERSION}. Update camcore, or make it"
            f" anew: {shell_command('verdict', find_run(explanation.path))}"
        )
    damage = _find_damage(document)
    if not damage and document.get("generation", explanation.id) != explanation.id:
        damage = f"it is of other heatmaps, {document['generation']}"
    if damage:
        raise RunError(f"{path} is damaged ({damage}). {way_out}")
    return Verdict(document)


def read_values(explanation: Explanation, verdict: Verdict) -> pd.DataFrame:
    """Return the values per image of a verdict, a row per `source` and `index` (both in the table's index).

    Raises:
        ReplacedError: Another verdict has taken the place of this one.
        RunError: They are missing or damaged.
    """
    try:
        with explanation.reading(verdict.values_file, make_anew(explanation.path)) as path:
            values = pd.read_parquet(path).set_index(["source", "index"]).sort_index()
    except RunError as error:
        if (now := read_verdict(explanation)) is None or now.values_file != verdict.values_file:
            raise ReplacedError(
                f"The verdict of {find_run(explanation.path)} was made anew while it was read. Load the page once more."
            ) from error
        raise
    return values


def make_anew(folder: Path) -> str:
    """Return the way out where a file of an explanation's verdict is damaged."""
    return f"Make it anew: {shell_command('verdict', find_run(folder))}"


def _find_damage(document: dict[str, Any]) -> str:
    """Return what a verdict lacks, empty where nothing."""
    name = document.get(VALUES_FILE, OLD_VALUES)
    if not isinstance(name, str) or Path(name).name != name:
        return f"no usable {VALUES_FILE!r}"
    wrong = [name for name, kind in PARTS.items() if not isinstance(document.get(name), kind)]
    if wrong:
        return f"no usable {wrong[0]!r}"
    if not document["measures"] or document["reference"] not in document["sources"]:
        return "no measure" if not document["measures"] else f"no source {document['reference']!r}"
    for name, measure in document["measures"].items():
        missing = [part for part in PARTS_OF_MEASURE if part not in measure]
        if missing:
            return f"no {missing[0]!r} of {name!r}"
    return ""
