"""Templates: escaping and omitted parts."""

import pytest
from jinja2 import UndefinedError
from markupsafe import Markup

from camcore.presentation.html import Fact, render
from camcore.presentation.sentences import Share

HOSTILE = "<img src=x onerror=alert(1)> & \"quotes'"
ESCAPED = "&lt;img src=x onerror=alert(1)&gt; &amp; &#34;quotes&#39;"


def test_text_is_escaped_and_html_is_not():
    assert render("head", title=HOSTILE, lead=Markup("<b>lead</b>")) == (
        f'<header class="cc-head"><h1>{ESCAPED}</h1><p><b>lead</b></p></header>'
    )


def test_html_is_not_escaped_twice():
    assert ESCAPED in render("report/headline", text=lambda key: key, sentences=[HOSTILE], more=[])


def test_a_missing_value_is_an_error():
    with pytest.raises(UndefinedError, match="'lead' is undefined"):
        render("head", title="")


def test_a_section_has_a_level_and_perhaps_a_lead():
    assert render("section", title="A") == '<div class="cc-section"><h2>A</h2></div>'
    assert render("section", title="A", lead="B", level=3) == '<div class="cc-section"><h3>A</h3><p>B</p></div>'


def test_a_notice_has_a_place_for_a_command():
    assert render("notice", title="A", sentences=["B", "C"]) == (
        '<div class="cc-notice"><h3>A</h3><p>B</p><p>C</p></div>'
    )
    assert render("notice", title="A", sentences=[], command="camcore verdict 'a b'", problem=True, alert=True) == (
        '<div class="cc-notice cc-problem" role="alert"><h3>A</h3>'
        '<pre tabindex="0"><code>camcore verdict &#39;a b&#39;</code></pre></div>'
    )


def test_facts_are_a_label_a_value_and_a_note():
    assert render("facts", numbers=[Fact("a", "1%", ""), Fact("b", "<2", "c")]) == (
        '<div class="cc-facts"><div class="cc-fact"><span>a</span><b>1%</b><small></small></div>'
        '<div class="cc-fact"><span>b</span><b>&lt;2</b><small>c</small></div></div>'
    )


def test_a_split_has_arrows_between_its_numbers():
    shares = [Share("literature", "40%", "L"), Share("positive", "0%", "P")]
    html = render("split", title="", reason="", numbers=shares)
    assert html.count("→") == 1
    assert html.index("40%") < html.index("→") < html.index("0%</b><small>P")


def test_lists_know_bold_and_nothing_else():
    html = render("report/reading", text=lambda key: key, lines=["**a** b", "<c> *d*"])
    assert '<ul class="reading"><li><b>a</b> b</li><li>&lt;c&gt; *d*</li></ul>' in html
