"""Reports as HTML, made from their JSON so that they may come from another process."""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape
from typing import Any

SHOWN = 20  # components in a table; the others are counted
HEADINGS = ("", "claimed", "true", "error", "relative", "ulp", "allowed", "verdict")
CELL = "padding:0.15rem 0.7rem;text-align:right;border-bottom:1px solid #8884"
NAME = "padding:0.15rem 0.7rem;text-align:left;border-bottom:1px solid #8884"
RIGHT = "color:#188038"
WRONG = "color:#d0304a;font-weight:bold"  # beside the word: nothing is said by colour alone


def page(reports: Sequence[dict[str, Any]]) -> str:
    """Return an HTML page that lists the reports, the wrong ones first, and shows each.

    `reports` holds what `Report.to_json` returns, with the name of a test under "test" if a test
    made it.

    >>> from autograd.check import check_gradient
    >>> report = check_gradient(lambda x: x**2, 3.0, 7.0)
    >>> "<h1>Gradients: 1 checked, 1 wrong</h1>" in page([report.to_json()])
    True
    """
    heading = f"Gradients: {summary(reports)}"
    ordered = sorted(reports, key=lambda report: bool(report["ok"]))
    entries = [
        f'<li><a href="#{i}">{escape(report.get("test", report["title"]))}</a>: '
        f"{_verdict(report)}</li>"
        for i, report in enumerate(ordered)
    ]
    sections = [f'<div id="{i}">{section(report)}</div>' for i, report in enumerate(ordered)]
    return "\n".join(
        [
            "<!DOCTYPE html>",
            f'<html lang="en"><head><meta charset="utf-8"><title>{heading}</title>',
            '<meta name="viewport" content="width=device-width"></head>',
            '<body style="font-family:system-ui,sans-serif;max-width:75rem;margin:2rem auto;'
            'padding:0 1rem;color:#1b1b1b;background:#fff">',
            f"<h1>{heading}</h1>",
            "<ul>",
            *entries,
            "</ul>",
            *sections,
            "</body></html>\n",
        ]
    )


def summary(reports: Sequence[dict[str, Any]]) -> str:
    """Return how many were checked, and how many are wrong.

    >>> summary([{"ok": True}, {"ok": False}])
    '2 checked, 1 wrong'
    """
    return f"{len(reports)} checked, {sum(not report['ok'] for report in reports)} wrong"


def section(report: dict[str, Any]) -> str:
    """Return one report as an HTML section that needs nothing around it."""
    components = sorted(report["components"], key=_excess, reverse=True)
    rows = [_row(component) for component in components[:SHOWN]]
    if more := components[SHOWN:]:
        rows.append(f'<tr><td colspan="8" style="{NAME}">... and {len(more)} nearer ones</td></tr>')
    lines = [f"why: {cause}" for cause in report["causes"][:1]]
    lines += [f"or: {cause}" for cause in report["causes"][1:]]
    lines += [f"note: {note}" for note in report["notes"]]
    parts = [
        f"<section><h2>{escape(report['title'])}: {_verdict(report)}</h2>",
        f"<p><code>{escape(report['test'])}</code></p>" if "test" in report else "",
    ]
    if rows:
        head = "".join(f'<th style="{CELL}">{heading}</th>' for heading in HEADINGS)
        parts += [
            '<div style="overflow-x:auto"><table style="border-collapse:collapse;'
            'font-variant-numeric:tabular-nums">',
            f"<tr>{head}</tr>", *rows, "</table></div>",
            f"<p>judged by {escape(report['oracle'])}</p>",
        ]  # fmt: skip
    parts += [f'<p style="white-space:pre-wrap">{escape(line)}</p>' for line in lines]
    return "\n".join([part for part in parts if part] + ["</section>"])


def _row(x: dict[str, Any]) -> str:
    """Return a component as a row; of a kink, the derivatives on its sides."""
    sides = x.get("sides")
    cells = (
        repr(float(x["claimed"])),
        f"{sides[0]:.6g} to {sides[1]:.6g}" if sides else x["true"],
        f"{float(x['error']):.1e}", f"{float(x['relative']):.1e}", f"{float(x['ulps']):.3g}",
        f"{float(x['allowed']):.1e}", "right" if x["ok"] else "WRONG",
    )  # fmt: skip
    tail = "".join(f'<td style="{CELL}">{escape(cell)}</td>' for cell in cells)
    colour = "" if x["ok"] else f' style="{WRONG}"'
    return f'<tr{colour}><td style="{NAME}">{escape(x["name"])}</td>{tail}</tr>'


def _verdict(report: dict[str, Any]) -> str:
    colour = RIGHT if report["ok"] else WRONG
    return f'<span style="{colour}">{escape(report["verdict"])}</span>'


def _excess(x: dict[str, Any]) -> float:
    error, allowed = float(x["error"]), float(x["allowed"])
    if error == 0 and x["ok"]:
        return 0.0
    return error / allowed if allowed else math.inf
