"""Every text that the code uses exists in every language, and all texts are used."""

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from string import Formatter

import pytest

from camcore.explained.explanation import TARGETS
from camcore.heatmaps.drawing import CONVENTIONS
from camcore.measures.disagreement import MEASURES
from camcore.presentation import texts
from camcore.presentation.grid.encoding import CHOICES
from camcore.runs.run import HISTORY_COLUMNS
from dashboard.data import runs
from dashboard.gallery import filters, masks, order
from dashboard.router import PAGES
from dashboard.training_curves import curves
from dashboard.widgets import gallery_link

REPOSITORY = Path(__file__).parents[2]
SPEAKING = (*(REPOSITORY / "dashboard").rglob("*.py"), *(REPOSITORY / "camcore").rglob("*.py"))
FILES = {language: sorted((Path(texts.__file__).parent / language).glob("*.toml")) for language in texts.LANGUAGES}
WORDS = r"[a-z0-9_]+(?:\.[a-z0-9_]+)*"
SHARES = ("identical", "partly_drawing", "hidden", "real", "alike")
TEXT = texts.text_in("en")
ENGLISH, KOREAN = texts.read_texts("en"), texts.read_texts("ko")
EXAMPLES = ("drawing", "layers", "wrong")


def nodes() -> Iterator[ast.AST]:
    for path in SPEAKING:
        if "components" not in path.relative_to(REPOSITORY).parts:
            yield from ast.walk(ast.parse(path.read_text(encoding="utf-8")))


def pattern(node: ast.AST) -> str:
    """Return a pattern for a string's text; placeholders of f-strings match any words."""
    if isinstance(node, ast.Constant):
        return re.escape(str(node.value))
    assert isinstance(node, ast.JoinedStr)
    return "".join(re.escape(str(p.value)) if isinstance(p, ast.Constant) else WORDS for p in node.values)


def calls() -> list[ast.Call]:
    """Return the calls of `text` and `subject.text` with a literal key or f-string."""
    return [
        node
        for node in nodes()
        if isinstance(node, ast.Call)
        and (getattr(node.func, "id", "") == "text" or getattr(node.func, "attr", "") == "text")
        and node.args
        and (isinstance(node.args[0], ast.JoinedStr) or isinstance(getattr(node.args[0], "value", None), str))
    ]


def asked_for() -> list[str]:
    return [*(pattern(call.args[0]) for call in calls()), *asked_for_by_templates()]


def asked_for_by_templates() -> list[str]:
    """Return a pattern per call of `text` in templates; `"a." ~ name` matches any words after the dot."""
    templates = (REPOSITORY / "camcore" / "presentation" / "templates").rglob("*.html")
    keys = re.findall(r'text\("([^"]+)"( ~)?', "\n".join(path.read_text(encoding="utf-8") for path in templates))
    return [re.escape(key) + (WORDS if is_first_part else "") for key, is_first_part in keys]


def test_every_key_that_is_used_exists():
    wanted = asked_for()
    assert len(wanted) > 60
    assert [key for key in wanted if not any(re.fullmatch(key, known) for known in ENGLISH)] == []


def test_every_call_fills_in_what_its_text_needs():
    """A call that unpacks a dict may pass more names than it shows."""
    wrong = []
    for call in calls():
        key = getattr(call.args[0], "value", None)
        if isinstance(key, str):
            passed = {keyword.arg for keyword in call.keywords}
            needed = {name for name, _ in placeholders(ENGLISH[key])}
            if passed - {None} - needed or (None not in passed and needed - passed):
                wrong.append((key, passed, needed))
    assert wrong == []


def test_every_key_that_exists_is_used():
    """Keys of the grid are tested with its scripts."""
    strings = [node for node in nodes() if isinstance(node, ast.Constant | ast.JoinedStr)]
    exact = {node.value for node in strings if isinstance(node, ast.Constant)}
    open_patterns = {pattern(node) for node in strings if isinstance(node, ast.JoinedStr)} & set(asked_for())
    open_patterns |= set(asked_for_by_templates())
    # `order._select` and `wording._text_or` take a key, or its first part.
    handed_on = [rf"{part}\.{WORDS}" for part in (r"gallery\.sort", r"gallery\.filter\.order", r"verdict\.measure")]
    used = [*(key for key in open_patterns if key != rf"{WORDS}\.{WORDS}"), *handed_on, rf"grid\.{WORDS}"]
    left_over = [key for key in ENGLISH if key not in exact and not any(re.fullmatch(known, key) for known in used)]
    assert left_over == []


@pytest.mark.parametrize(
    "template, names",
    [
        ("{}.name", [name for name, _ in PAGES]),
        ("{}.title", [name for name, _ in PAGES]),
        ("{}.lead", [name for name, _ in PAGES]),
        ("measure.{}", MEASURES),
        ("measure.{}.help", MEASURES),
        ("gallery.sort.{}", (*order.SORTS, order.LIKENESS)),
        ("convention.{}", CONVENTIONS),
        ("state.{}", runs.STATES),
        ("drawing_share.{}", SHARES),
        ("drawing_share.{}.why", SHARES),
        ("overview.examples.{}.title", EXAMPLES),
        ("overview.examples.{}.body", EXAMPLES),
        ("gallery.filter.result.{}", filters.RESULTS),
        ("gallery.filter.order.{}", ("low", "high")),
        ("gallery.filter.status.{}", filters.STATUSES),
        ("gallery.filter.objects.{}", masks.OBJECTS),
        ("gallery.filter.chip.{}", ("right", "wrong")),
        ("gallery.filter.{}", (*gallery_link.NAMES[:6], *gallery_link.REFINEMENTS)),
        ("gallery.sheet.target.{}", TARGETS),
        ("gallery.sheet.scale.{}", CHOICES["scale"]),
        ("gallery.download.{}", ("csv", "page", "first", "all")),
        ("training_curves.column.{}", ("run", *HISTORY_COLUMNS)),
        ("training_curves.{}", ("loss", "accuracy", *curves.MEASURED)),
    ],
)
def test_every_entry_of_a_table_has_its_text(template, names):
    assert [name for name in names if template.format(name) not in ENGLISH] == []


def test_parameters_are_filled_in():
    assert TEXT("source.at_layer", method="Grad-CAM", layer="layer3") == "Grad-CAM at layer3"


def test_an_unknown_key_is_an_error():
    with pytest.raises(KeyError):
        TEXT("no.such.text")


@pytest.mark.parametrize("language", texts.LANGUAGES)
def test_every_language_says_everything_and_fills_in_the_same(language):
    strings = texts.read_texts(language)
    assert set(strings) == set(ENGLISH)
    assert [key for key, value in strings.items() if placeholders(value) != placeholders(ENGLISH[key])] == []
    assert [key for key, value in strings.items() if value != value.strip() or not value] == []


@pytest.mark.parametrize("language", texts.LANGUAGES)
def test_a_key_is_in_the_file_of_its_name_and_only_once(language):
    assert [path.name for path in FILES[language]] == [path.name for path in FILES["en"]]
    keys = {path.stem: list(tomllib.loads(path.read_text(encoding="utf-8"))) for path in FILES[language]}
    assert sorted(key for names in keys.values() for key in names) == sorted(texts.read_texts(language))
    pages = set(keys) - {"app"}
    assert [key for page in pages for key in keys[page] if not key.startswith(f"{page}.")] == []
    assert [key for key in keys["app"] if key.split(".")[0] in pages] == []


def test_texts_are_read_once():
    assert texts.read_texts("ko") is texts.read_texts("ko")
    assert texts.grid_strings("ko") is texts.grid_strings("ko")


def placeholders(value: str) -> set[tuple[str | None, str | None]]:
    """Return a text's placeholders with their formats."""
    return {(name, spec) for _, name, spec, _ in Formatter().parse(value) if name is not None}


def test_no_text_is_left_in_english():
    same = [key for key, value in KOREAN.items() if value == ENGLISH[key]]
    same = [key for key in same if re.search("[a-z]{3}", re.sub(r"\{.*?\}", "", KOREAN[key]))]
    proper_names = [f"verdict.measure.{name}" for name in ("max_box_acc_v2", "max_box_acc", "pxap")]
    assert set(same) <= {"app.title", *proper_names}


def test_a_particle_never_follows_what_is_filled_in():
    """A Korean particle's form depends on the preceding sound, which is unknown for names."""
    particle = re.compile(r"(?<!%)\}(은|는|이|가|을|를|와|과|로|으로)(?![가-힣])")
    assert [value for value in KOREAN.values() if particle.search(value)] == []
