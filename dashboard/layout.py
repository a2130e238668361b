"""What every page has: its look, its head, and the boxes for what is missing or damaged."""

import os
from html import escape
from pathlib import Path

import streamlit as st

from dashboard.language import text

_STYLE = (Path(__file__).parent / "style.css").read_text(encoding="utf-8")


def add_style() -> None:
    """Add the style sheet."""
    st.html(f"<style>{_STYLE}</style>")


def show_head(page: str) -> None:
    """Show a page's title and, below it, the question it answers."""
    title, lead = escape(text(f"{page}.title")), escape(text(f"{page}.lead"))
    st.html(f'<header class="cc-head"><h1>{title}</h1><p>{lead}</p></header>')


def show_section(title: str, lead: str = "") -> None:
    """Show the heading of a part of a page, with a line below it."""
    below = f"<p>{escape(lead)}</p>" if lead else ""
    st.html(f'<div class="cc-section"><h2>{escape(title)}</h2>{below}</div>')


def show_notice(title: str, body: str, command: str = "") -> None:
    """Show a box for a state that is no fault: what is missing, and the command that makes it."""
    st.html(f'<div class="cc-notice"><h3>{escape(title)}</h3><p>{escape(body)}</p></div>')
    if command:
        st.code(command, language="bash")


def show_problem(message: str, folder: Path) -> None:
    """Show a box for something damaged; the message of a CamcoreError holds the way out."""
    st.html(
        f'<div class="cc-notice cc-problem"><h3>{escape(text("problem.title"))}</h3>'
        f"<p>{escape(shorten_paths(message, folder))}</p><p>{escape(text('problem.rest'))}</p></div>"
    )


def show_refusals(title: str, sentences: list[str]) -> None:
    """Show a box for things that a person gave and that can't be taken; each sentence holds the way out."""
    lines = "".join(f"<p>{escape(sentence)}</p>" for sentence in sentences)
    st.html(f'<div class="cc-notice cc-problem" role="alert"><h3>{escape(title)}</h3>{lines}</div>')


def show_no_runs(folder: Path) -> None:
    """Show what to do when the runs folder is empty or missing."""
    found = "empty.folder_empty" if folder.is_dir() else "empty.folder_missing"
    show_notice(
        text("empty.title"), text(found, folder=short_path(folder)), f"camcore demo --run {short_path(folder)}/demo"
    )
    st.caption(text("empty.after"))


def short_path(path: Path) -> str:
    """Return a path as seen from the working directory, or its last two parts where it lies elsewhere."""
    relative = os.path.relpath(path) if path.is_absolute() and path.drive == Path.cwd().drive else str(path)
    return Path(*path.parts[-2:]).as_posix() if relative.startswith("..") else Path(relative).as_posix()


def shorten_paths(message: str, folder: Path) -> str:
    """Return a message without where on this machine the runs folder lies."""
    return message.replace(str(folder), short_path(folder))


def format_tiny(value: float) -> str:
    """Return a number that may be far below 1 as people write it: 2·10⁻⁶, 0.31."""
    if value >= 0.01 or value == 0:
        return f"{value:.2g}"
    digits, exponent = f"{value:.0e}".split("e")
    return f"{digits}·10{str(int(exponent)).translate(str.maketrans('-0123456789', '⁻⁰¹²³⁴⁵⁶⁷⁸⁹'))}"


def show_facts(facts: list[tuple[str, str, str]]) -> None:
    """Show numbers in large type: label, value, and a line that explains it."""
    cells = "".join(
        f'<div class="cc-fact"><span>{escape(label)}</span><b>{escape(value)}</b><small>{escape(note)}</small></div>'
        for label, value, note in facts
    )
    st.html(f'<div class="cc-facts">{cells}</div>')
