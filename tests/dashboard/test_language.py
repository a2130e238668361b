"""Every text that the code asks for exists, and no text is left over."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from string import Formatter

import pytest

from camcore.explained.explanation import TARGETS
from camcore.heatmaps.drawing import CONVENTIONS
from camcore.measures.disagreement import MEASURES
from camcore.presentation import texts
from camcore.presentation.grid.encoding import CHOICES
from camcore.presentation.texts.en import STRINGS
from camcore.runs.run import HISTORY_COLUMNS
from dashboard.data import runs
from dashboard.gallery import filters, masks, order
from dashboard.router import PAGES
from dashboard.training_curves import curves
from dashboard.widgets import gallery_link

REPOSITORY = Path(__file__).parents[2]
SPEAKING = (*(REPOSITORY / "dashboard").rglob("*.py"), *(REPOSITORY / "camcore").rglob("*.py"))
WORDS = r"[a-z0-9_]+(?:\.[a-z0-9_]+)*"
VERDICTS = ("identical", "partly_drawing", "hidden", "real", "alike")
TEXT = texts.text_in("en")
KOREAN = texts.LANGUAGES["ko"]
EXAMPLES = ("drawing", "layers", "wrong")


def nodes() -> Iterator[ast.AST]:
    for path in SPEAKING:
        if not {"components", "texts"} & set(path.parts):
            yield from ast.walk(ast.parse(path.read_text(encoding="utf-8")))


def pattern(node: ast.AST) -> str:
    """Return what the text of a string matches; in an f-string every placeholder stands for any words."""
    if isinstance(node, ast.Constant):
        return re.escape(str(node.value))
    assert isinstance(node, ast.JoinedStr)
    return "".join(re.escape(str(p.value)) if isinstance(p, ast.Constant) else WORDS for p in node.values)


def asked_for() -> list[str]:
    """Return a pattern per call of `text` whose key stands there literally, or as an f-string."""
    calls = (node for node in nodes() if isinstance(node, ast.Call) and isinstance(node.func, ast.Name))
    keys = [call.args[0] for call in calls if call.func.id == "text" and call.args]  # type: ignore[attr-defined]
    return [pattern(key) for key in keys if isinstance(key, ast.Constant | ast.JoinedStr)]


def test_every_key_that_is_used_exists():
    wanted = asked_for()
    assert len(wanted) > 60
    assert [one for one in wanted if not any(re.fullmatch(one, key) for key in STRINGS)] == []


def test_every_key_that_exists_is_used():
    strings = [node for node in nodes() if isinstance(node, ast.Constant | ast.JoinedStr)]
    exact = {node.value for node in strings if isinstance(node, ast.Constant)}
    open_patterns = {pattern(node) for node in strings if isinstance(node, ast.JoinedStr)} & set(asked_for())
    chosen_patterns = [rf"{prefix}\.{WORDS}" for prefix in ("sort", "filter\\.order")]  # `_select` puts these together
    used = [*(one for one in open_patterns if one != rf"{WORDS}\.{WORDS}"), *chosen_patterns]
    left_over = [key for key in STRINGS if key not in exact and not any(re.fullmatch(one, key) for one in used)]
    assert left_over == []


@pytest.mark.parametrize(
    "template, names",
    [
        ("{}.name", [name for name, _ in PAGES]),
        ("{}.title", [name for name, _ in PAGES]),
        ("{}.lead", [name for name, _ in PAGES]),
        ("measure.{}", MEASURES),
        ("measure.{}.help", MEASURES),
        ("sort.{}", (*order.SORTS, order.LIKENESS)),
        ("convention.{}", CONVENTIONS),
        ("state.{}", runs.STATES),
        ("verdict.{}", VERDICTS),
        ("verdict.{}.why", VERDICTS),
        ("overview.examples.{}.title", EXAMPLES),
        ("overview.examples.{}.body", EXAMPLES),
        ("filter.result.{}", filters.RESULTS),
        ("filter.order.{}", ("low", "high")),
        ("filter.status.{}", filters.STATUSES),
        ("filter.objects.{}", masks.OBJECTS),
        ("filter.chip.{}", ("right", "wrong")),
        ("filter.{}", (*gallery_link.NAMES[:6], *gallery_link.REFINEMENTS)),
        ("sheet.target.{}", TARGETS),
        ("sheet.scale.{}", CHOICES["scale"]),
        ("download.{}", ("csv", "page", "first", "all")),
        ("training_curves.column.{}", ("run", *HISTORY_COLUMNS)),
        ("training_curves.{}", ("loss", "accuracy", *curves.MEASURED)),
    ],
)
def test_every_entry_of_a_table_has_its_text(template, names):
    assert [name for name in names if template.format(name) not in STRINGS] == []


def test_parameters_are_filled_in():
    assert TEXT("source.at_layer", method="Grad-CAM", layer="layer3") == "Grad-CAM at layer3"


def test_an_unknown_key_is_an_error():
    with pytest.raises(KeyError):
        TEXT("no.such.text")


@pytest.mark.parametrize("tables", [texts.LANGUAGES, texts.GRID_LANGUAGES], ids=["pages", "grid"])
def test_every_language_says_everything_and_fills_in_the_same(tables):
    english = tables["en"]
    for name, strings in tables.items():
        assert set(strings) == set(english), f"{name} lacks or adds a text"
        for key, value in strings.items():
            assert value.strip() or not english[key].strip(), (name, key)
            assert placeholders(value) == placeholders(english[key]), (name, key)


def placeholders(value: str) -> set[tuple[str | None, str | None]]:
    """Return what is filled into a text, and in which format."""
    return {(name, spec) for _, name, spec, _ in Formatter().parse(value) if name is not None}


def test_no_text_is_left_in_english():
    same = [key for key, value in KOREAN.items() if value == STRINGS[key]]
    same = [key for key in same if re.search("[a-z]{3}", re.sub(r"\{.*?\}", "", KOREAN[key]))]
    proper_names = [f"verdict.measure.{name}" for name in ("max_box_acc_v2", "max_box_acc", "pxap")]
    assert set(same) <= {"app.title", *proper_names}


def test_a_particle_never_follows_what_is_filled_in():
    """Which form a Korean particle has depends on the sound before it: known of a per cent, unknown of a name."""
    particle = re.compile(r"(?<!%)\}(은|는|이|가|을|를|와|과|로|으로)(?![가-힣])")
    assert [value for value in KOREAN.values() if particle.search(value)] == []
