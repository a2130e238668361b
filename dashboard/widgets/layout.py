"""Common parts of all pages: style, title, and boxes for what is missing or damaged."""

import os
import shlex
from pathlib import Path

import streamlit as st

from camcore.errors import shell_command
from camcore.presentation.html import Fact, read_style, render
from dashboard.language import text

_PAGE_STYLE = (Path(__file__).parent / "page.css").read_text(encoding="utf-8")


def add_style() -> None:
    """Add the style sheet."""
    st.html(f"<style>{_PAGE_STYLE}{read_style()}</style>")


def show_head(page: str) -> None:
    """Show a page's title and the question it answers."""
    st.html(render("head", title=text(f"{page}.title"), lead=text(f"{page}.lead")))


def show_section(title: str, lead: str = "", level: int = 2) -> None:
    """Show a heading and a line below it; `level` is that of the HTML element."""
    st.html(render("section", title=title, lead=lead, level=level))


def show_notice(title: str, body: str, command: str = "") -> None:
    """Show a box that says what is missing, and the command that makes it."""
    st.html(render("notice", title=title, sentences=[body]))
    if command:
        st.code(command, language="bash")


def show_problem(message: str, folder: Path) -> None:
    """Show a box for damaged files; a CamcoreError's message says what to do."""
    sentences = [shorten_paths(message, folder), text("problem.rest")]
    st.html(render("notice", title=text("problem.title"), sentences=sentences, problem=True))


def show_refusals(title: str, sentences: list[str]) -> None:
    """Show a box for refused input; each sentence says what to do."""
    st.html(render("notice", title=title, sentences=sentences, problem=True, alert=True))


def show_no_runs(folder: Path) -> None:
    """Show what to do if the runs folder is empty or missing."""
    key = "empty.folder_empty" if folder.is_dir() else "empty.folder_missing"
    show_notice(
        text("empty.title"),
        text(key, folder=short_path(folder)),
        shell_command("demo", "--run", f"{command_path(folder)}/demo"),
    )
    st.caption(text("empty.after"))


def short_path(path: Path) -> str:
    """Return a path relative to the working directory, or its last two parts if it lies elsewhere."""
    relative = os.path.relpath(path) if path.is_absolute() and path.drive == Path.cwd().drive else str(path)
    return Path(*path.parts[-2:]).as_posix() if relative.startswith("..") else Path(relative).as_posix()


def command_path(path: Path) -> str:
    """Return a path for a command to copy: it is found from where the server was started."""
    full = Path(os.path.abspath(path))  # noqa: PTH100 resolve would follow links
    return (full.relative_to(Path.cwd()) if full.is_relative_to(Path.cwd()) else full).as_posix()


def shorten_paths(message: str, folder: Path) -> str:
    """Return a message with a short path to the runs folder; in a command at its end, one that is found."""
    fact, start, command = message.partition("camcore ")
    full = str(folder)
    fact = fact.replace(full, short_path(folder))
    return fact + start + command.replace(_inside_quotes(full), _inside_quotes(command_path(folder)))


def _inside_quotes(path: str) -> str:
    """Return a path quoted for a shell command, without the outer quotation marks."""
    return shlex.quote(path).removeprefix("'").removesuffix("'")


def show_facts(facts: list[Fact]) -> None:
    """Show numbers in large type: label, value and explanation."""
    st.html(render("facts", numbers=facts))
