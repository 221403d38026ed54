"""What a question gives, as text and as html."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from tcpcourse.views.escape import markup
from tcpcourse.words import say

_CELL = "text-align:left;padding:2px 10px"


@dataclass(frozen=True, repr=False)
class Captioned:
    """Plain data with a caption, to be looked at in a notebook."""

    title: str
    data: Mapping[str, Any]

    def __repr__(self) -> str:
        lines = [say(self.title)]
        for label, value in self.data.items():
            name = say(label)
            if _is_table(value):
                lines += [f"{name}:", *_text_table(value)]
            elif isinstance(value, Mapping):
                lines.append(f"{name}:")
                lines += [f"  {key}: {_word(each)}" for key, each in value.items()]
            elif isinstance(value, list | tuple):
                lines += [f"{name}:", *(f"  {_word(each)}" for each in value)]
            else:
                lines.append(f"{name}: {_word(value)}")
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        parts = [f"<p><b>{markup(self.title)}</b></p>"]
        for is_fact, group in groupby(self.data.items(), lambda item: _is_fact(item[1])):
            some = list(group)
            parts += [_html_facts(some)] if is_fact else [_html(*item) for item in some]
        return "<div>" + "".join(parts) + "</div>"


def _is_fact(value: Any) -> bool:
    return not isinstance(value, Mapping | list | tuple)


def _html_facts(facts: Sequence[tuple[str, Any]]) -> str:
    """A row for each: its name and its value."""
    rows = (
        f'<tr><th scope="row" style="{_CELL}">{markup(name)}</th>'
        f'<td style="{_CELL}">{markup(_word(value))}</td></tr>'
        for name, value in facts
    )
    return f"<table><tbody>{''.join(rows)}</tbody></table>"


def _html(name: str, value: Any) -> str:
    caption = markup(name)
    if _is_table(value):
        return _html_table(caption, value)
    if isinstance(value, Mapping):
        return _html_table(caption, [{"": key, " ": each} for key, each in value.items()])
    items = "".join(f"<li>{markup(_word(each))}</li>" for each in value)
    return f"<p>{caption}</p><ul>{items}</ul>"


def _is_table(value: Any) -> bool:
    return (
        isinstance(value, list) and bool(value) and all(isinstance(row, Mapping) for row in value)
    )


def _word(value: Any) -> str:
    return "–" if value is None else say(value) if isinstance(value, str) else str(value)


def _text_table(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    columns = list(rows[0])
    lines = [columns, *([_word(row[column]) for column in columns] for row in rows)]
    widths = [max(len(line[at]) for line in lines) for at in range(len(columns))]
    return [
        "  " + "  ".join(w.ljust(n) for w, n in zip(line, widths, strict=True)).rstrip()
        for line in lines
    ]


def _html_table(caption: str, rows: Sequence[Mapping[str, Any]]) -> str:
    columns = list(rows[0])
    head = "".join(f'<th scope="col" style="{_CELL}">{markup(c)}</th>' for c in columns)
    head = f"<thead><tr>{head}</tr></thead>" if any(c.strip() for c in columns) else ""
    body = ""
    for row in rows:
        cells = (f'<td style="{_CELL}">{markup(_word(row[c]))}</td>' for c in columns)
        body += f"<tr>{''.join(cells)}</tr>"
    return (
        f'<table><caption style="text-align:left">{caption}</caption>'
        f"{head}<tbody>{body}</tbody></table>"
    )
