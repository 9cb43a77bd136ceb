"""Results as pages: one file each, that asks nothing of the network and can be read anywhere.

    html.py         elements, tables and whole pages; what others have named stays text
    comparison.py   the page of a comparison of models
    page.html, style.css, table.js, chart.js    what goes into the pages

A page holds its style, its script and its data. A Content-Security-Policy lets no other script run, and nothing be
asked of the network.
"""

from pages.html import (
    BEGINNING,
    LARGEST,
    Html,
    bar,
    embedded,
    link_list,
    page,
    paragraph,
    row,
    section,
    source,
    table,
    tag,
    text,
    write,
)

__all__ = ["BEGINNING", "LARGEST", "Html", "bar", "embedded", "link_list", "page", "paragraph", "row", "section",
           "source", "table", "tag", "text", "write"]
