"""The gallery's page: thumbnails that lead to the pictures, each with the call that makes it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from html import escape

from demos._gallery_entries import Entry

_PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>chalkgrad: what viz draws</title>
<style>
:root {{ color-scheme: light dark; --ink: #1f2328; --soft: #57606a; --line: #d0d7de;
  --ground: #fff; --panel: #f6f8fa; --link: #0b5cad; }}
@media (prefers-color-scheme: dark) {{ :root {{ --ink: #e6edf3; --soft: #9da7b3; --line: #3d444d;
  --ground: #15181c; --panel: #20252b; --link: #6cb6ff; }} }}
* {{ box-sizing: border-box; }}
body {{ margin: 0 auto; max-width: 84rem; padding: 1rem; color: var(--ink);
  background: var(--ground); font: 1rem/1.45 system-ui, sans-serif; }}
h1 {{ margin: .5rem 0; font-size: 1.5rem; }} h2 {{ margin: 2rem 0 .75rem; font-size: 1.15rem; }}
p {{ margin: .5rem 0; color: var(--soft); }}
.cards {{ display: grid; gap: 1rem;
  grid-template-columns: repeat(auto-fill, minmax(min(100%, 22rem), 1fr)); }}
figure {{ display: flex; flex-direction: column; margin: 0; overflow: hidden;
  background: var(--panel); border: 1px solid var(--line); border-radius: .5rem; }}
.thumb {{ display: block; height: 15rem; overflow: hidden; background: #fff;
  text-decoration: none; }}
.thumb img {{ display: block; width: 100%; height: 100%; padding: .5rem; object-fit: contain; }}
.thumb iframe {{ width: 250%; height: 250%; border: 0; pointer-events: none;
  transform: scale(.4); transform-origin: 0 0; background: var(--ground); }}
.thumb pre {{ margin: 0; padding: .75rem; height: 100%; color: #1f2328; overflow: hidden;
  font: .68rem/1.35 ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace; }}
a {{ color: var(--link); }}
a:focus-visible {{ outline: 3px solid var(--link); outline-offset: -3px; }}
figcaption {{ padding: .6rem .75rem; }}
code {{ font: .85rem/1.4 ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace;
  overflow-wrap: anywhere; }}
.kind {{ color: var(--soft); font-size: .85rem; }}
dl {{ display: grid; grid-template-columns: minmax(5rem, max-content) 1fr; gap: .25rem 1rem; }}
dd {{ margin: 0; }}
@media (max-width: 30rem) {{ .thumb {{ height: 12rem; }} }}
@media print {{ figure {{ break-inside: avoid; }} }}
</style>
</head>
<body>
<h1>What <code>viz</code> draws</h1>
<p>Every picture was made by the call below it. Those marked with a star are in the README.</p>
{sections}
<h2>The names in the calls</h2>
<dl>
{names}
</dl>
</body>
</html>
"""


def page(
    sections: Mapping[str, Iterable[Entry]],
    written: Collection[str],
    texts: Mapping[str, str],
    starred: Collection[str],
    names: Mapping[str, str],
) -> str:
    """Return the page of the entries whose files were written; it needs only the files beside it.

    `texts` are those of the files that are shown as text, `starred` the names of the entries that
    get a star, and `names` says what the names in the calls are.
    """
    parts = []
    for title, entries in sections.items():
        cards = [
            _card(entry, texts.get(entry.file), entry.name in starred)
            for entry in entries
            if entry.file in written
        ]
        if cards:
            parts.append(f'<h2>{escape(title)}</h2>\n<div class="cards">\n{"".join(cards)}</div>')
    rows = "\n".join(
        f"<dt><code>{escape(name)}</code></dt><dd>{escape(what)}</dd>"
        for name, what in names.items()
    )
    return _PAGE.format(sections="\n".join(parts), names=rows)


def _card(entry: Entry, text: str | None, starred: bool) -> str:
    file, alt = escape(entry.file), escape(entry.alt)
    if text is not None:
        inside, kind = f"<pre>{escape(text)}</pre>", "text"
    elif file.endswith(".svg"):
        inside, kind = f'<img src="{file}" alt="{alt}" loading="lazy">', "picture"
    else:  # a page is its own thumbnail; the link around it takes the clicks
        inside, kind = f'<iframe src="{file}" title="{alt}" tabindex="-1"></iframe>', "page"
    star = ' <span title="in the README">★</span>' if starred else ""
    return (
        f'<figure><a class="thumb" href="{file}" aria-label="{alt}">{inside}</a>\n'
        f"<figcaption><code>{escape(entry.call)}</code>{star}<br>"
        f'<a class="kind" href="{file}">the whole {kind}</a></figcaption></figure>\n'
    )
