"""Results as pages: elements, tables and whole pages, one file each, that ask nothing of the network.

A page holds its style (style.css), its script and its data. A Content-Security-Policy allows no other script, and no
request to any address. table.js sorts and filters tables; chart.js draws curves.
"""

import base64
import hashlib
import html
import json
from pathlib import Path
from string import Template

from console import HTML, check_replaceable, escaped, write_file

ROOM = Path(__file__).parent
LARGEST = 1_500_000  # bytes of a page
BEGINNING = '<!DOCTYPE html>\n<html lang="en" data-made-by="python">'  # of every page of ours


class Html(str):
    """Text that is HTML already; every other text is escaped."""

    __slots__ = ()


def text(value):
    """Return a value as Html: Html as it is, anything else as escaped text in one line."""
    return value if isinstance(value, Html) else Html(html.escape(escaped(value)))


def tag(name, *children, **attributes):
    """Return an element as Html.

    Args:
        name: of the element.
        children: Html, or values to show as text; None is left out.
        attributes: `class_` stands for class, `data_row` for data-row; True has no value, None and False are left out.
    """
    given = {key.rstrip("_").replace("_", "-"): value for key, value in attributes.items()
             if value is not None and value is not False}
    shown = "".join(f" {key}" if value is True else f' {key}="{text(value)}"' for key, value in given.items())
    return Html(f"<{name}{shown}>{''.join(text(child) for child in children if child is not None)}</{name}>")


def paragraph(words):
    """Return words, with any line breaks between them, as a paragraph; "" if there are none."""
    words = " ".join(words.split())
    return tag("p", words) if words else Html()


def table(caption, head, rows, words=(0,), **attributes):
    """Return a table as Html, in a frame that scrolls a wide one, also by the keyboard.

    Args:
        caption: of the table.
        head: the columns' names.
        rows: lists of cells, or finished bodies (Html of `<tbody>`), by which rows are sorted and filtered.
        words: the numbers of the columns that hold words; the others are aligned as numbers.
        attributes: of the table.
    """
    names = tag("tr", *(tag("th", name, scope="col", class_=None if column in words else "number")
                        for column, name in enumerate(head)))
    bodies = [one if isinstance(one, Html) else tag("tbody", row(one, words)) for one in rows]
    whole = tag("table", tag("caption", caption), tag("thead", names), *bodies, **attributes)
    return tag("div", whole, class_="wide", tabindex=0, role="region", aria_label=caption)


def row(cells, words=(0,)):
    """Return the cells of a row as Html; the first one is its heading."""
    return tag("tr", *(tag("td" if column else "th", cell, scope=None if column else "row",
                           class_=None if column in words else "number") for column, cell in enumerate(cells)))


def bar(value, most):
    """Return a bar as long as the value is beside the largest, for the eye alone: the number stands beside it."""
    return tag("svg", tag("rect", width=f"{100 * value / most:.2f}", height=10), viewBox="0 0 100 10",
               preserveAspectRatio="none", class_="bar", aria_hidden="true")


def section(name, title, *children):
    """Return a section as Html; `name` is its target for links."""
    return tag("section", tag("h2", title, id=f"{name}-title"), *children, id=name, aria_labelledby=f"{name}-title")


def link_list(label, links):
    """Return links to the sections of the page, {name: title}, as Html."""
    return tag("nav", tag("ul", *(tag("li", tag("a", title, href=f"#{name}")) for name, title in links.items())),
               aria_label=label)


def embedded(value):
    """Return a value as JSON for a `<script>`: no character of it can end the element or begin a comment.

    Raises ValueError if the value has NaN or infinity.
    """
    content = json.dumps(value, allow_nan=False, separators=(",", ":"))  # ASCII alone, so no U+2028 either
    for sign in "<>&":
        content = content.replace(sign, f"\\u{ord(sign):04x}")
    return Html(content)


def source(path):
    """Return the text of a script, a style or a template."""
    return Path(path).read_text(encoding="utf-8")


def page(title, *body, scripts=(), styles=(), data=None):
    """Return a whole page.

    Args:
        title: of the page, its first heading.
        body: its content, Html or text.
        scripts: the scripts' texts, run in this order after the page has loaded.
        styles: more styles' texts.
        data: what the scripts find as `DATA`, any value for JSON.
    """
    style = "\n".join([source(ROOM / "style.css"), *styles])
    script = "\n".join(['"use strict";', source(ROOM / "data.js"), *scripts])
    policy = ("default-src 'none'; img-src data:; base-uri 'none'; form-action 'none';"
              f" style-src {_digest(style)}; script-src {_digest(script)}")
    return Template(source(ROOM / "page.html")).substitute(
        beginning=BEGINNING, policy=policy, title=text(title), style=style, data=embedded(data), script=script,
        body="\n".join(map(text, body)))


def write(path, content):
    """Write the text of a page, whole or not at all, over a page or nothing."""
    write_file(check_replaceable(path, HTML), content.encode())


def _digest(content):
    """Return the checksum of a script or style as a Content-Security-Policy has it."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()}'"
