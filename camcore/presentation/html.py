"""Pieces of pages as HTML, the same in dashboard and report. What comes in is text; the style is `appearance`'s."""

from collections.abc import Iterable, Sequence
from html import escape


def head(title: str, lead: str) -> str:
    """Return a page's title and, below it, the question it answers."""
    return f'<header class="cc-head"><h1>{escape(title)}</h1><p>{escape(lead)}</p></header>'


def section(title: str, lead: str = "", level: int = 2) -> str:
    """Return the heading of a part of a page, with a line below it; `level` 3 for a part of a part."""
    below = f"<p>{escape(lead)}</p>" if lead else ""
    return f'<div class="cc-section"><h{level}>{escape(title)}</h{level}>{below}</div>'


def notice(title: str, body: str) -> str:
    """Return a box for a state that is no fault: what is missing, and how it is made."""
    return f'<div class="cc-notice"><h3>{escape(title)}</h3><p>{escape(body)}</p></div>'


def facts(found: Iterable[tuple[str, str, str]]) -> str:
    """Return numbers in large type: label, value, and a line that explains it."""
    cells = "".join(
        f'<div class="cc-fact"><span>{escape(label)}</span><b>{escape(value)}</b><small>{escape(note)}</small></div>'
        for label, value, note in found
    )
    return f'<div class="cc-facts">{cells}</div>'


def finding(sentences: Sequence[str]) -> str:
    """Return the first sentence in large type and the others below it."""
    below = "".join(f"<p>{escape(sentence)}</p>" for sentence in sentences[1:])
    return f'<div class="cc-verdict cc-finding"><div><h2>{escape(sentences[0])}</h2>{below}</div></div>'


def listing(items: Iterable[str]) -> str:
    """Return sentences as a list."""
    return f'<ul class="cc-claims">{"".join(f"<li>{escape(item)}</li>" for item in items)}</ul>'


def split(title: str, reason: str, numbers: Iterable[tuple[str, str, str]]) -> str:
    """Return a statement and the numbers that it stands on: convention, value, label, an arrow between them."""
    cells = "<span>→</span>".join(
        f'<div class="cc-{convention}"><b>{escape(value)}</b><small>{escape(label)}</small></div>'
        for convention, value, label in numbers
    )
    return (
        f'<div class="cc-verdict"><div><h2>{escape(title)}</h2><p>{escape(reason)}</p></div>'
        f'<section class="cc-split">{cells}</section></div>'
    )
