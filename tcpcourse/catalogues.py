"""Keep the catalogues in step with the code: ``python -m tcpcourse.catalogues [update | status]``.

``update`` collects all sentences, merges them into each language's ``tcpcourse.po`` and makes
the ``tcpcourse.mo`` that is read. A sentence that changed in English loses its translation's
validity: it is marked fuzzy and shown in English until somebody has looked at it. ``status``
says what is missing, by the module where it stands. The files are ordinary PO files, which
poedit or Weblate can edit; run ``update`` afterwards. It needs Babel, which JupyterLab brings.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tcpcourse.words.languages import CATALOGUES, DOMAIN, LOCALES
from tcpcourse.words.messages import KEYWORDS

if TYPE_CHECKING:
    from babel.messages import Catalog, Message

PACKAGE = Path(__file__).parent

# What a catalogue's head says of days and people: nothing here, or something new every run.
EMPTY_HEADERS = (
    b'"POT-Creation-Date',
    b'"PO-Revision-Date',
    b'"Report-Msgid-Bugs-To',
    b'"Last-Translator',
    b'"Language-Team',
    b'"Generated-By',
)


def collected() -> Catalog:
    """All sentences of the package, each with the modules where it stands."""
    from babel.messages import Catalog
    from babel.messages.extract import extract_from_dir

    found = Catalog(project=DOMAIN, charset="utf-8", fuzzy=False)
    keywords: dict[str, Any] = dict(KEYWORDS)
    for name, _, words, _, context in extract_from_dir(
        PACKAGE, method_map=[("**.py", "python")], keywords=keywords
    ):
        # A line's number would change the catalogue with every line above it.
        found.add(words, None, [(Path(name).as_posix(), 0)], context=context)
    return found


def path_of(locale: str, ending: str = "po") -> Path:
    """Where a language's catalogue lies."""
    return CATALOGUES / locale / "LC_MESSAGES" / f"{DOMAIN}.{ending}"


def stored(locale: str) -> Catalog:
    """The catalogue of a language as it is."""
    from babel.messages import Catalog
    from babel.messages.pofile import read_po

    path = path_of(locale)
    if not path.exists():
        return Catalog(locale=locale, domain=DOMAIN, fuzzy=False)
    with path.open("rb") as file:
        return read_po(file, locale=locale, domain=DOMAIN)


def merged(locale: str, sentences: Catalog) -> Catalog:
    """The stored catalogue with the sentences that the code has now, and no others."""
    catalogue = stored(locale)
    catalogue.update(sentences, update_header_comment=False)
    catalogue.obsolete.clear()
    catalogue.header_comment = f"# How TCP connections really work, in {locale}."
    catalogue.project, catalogue.version = DOMAIN, ""
    return catalogue


def as_po(catalogue: Catalog) -> bytes:
    """The catalogue as a PO file, the same for the same sentences."""
    from babel.messages.pofile import write_po

    file = BytesIO()
    write_po(file, catalogue, width=100, omit_header=False, sort_by_file=True, include_lineno=False)
    lines = file.getvalue().splitlines(keepends=True)
    return b"".join(line for line in lines if not line.startswith(EMPTY_HEADERS))


def as_mo(catalogue: Catalog) -> bytes:
    """The catalogue as the standard library reads it, without what is fuzzy."""
    from babel.messages.mofile import write_mo

    catalogue.creation_date = catalogue.revision_date = datetime.fromtimestamp(0, UTC)
    file = BytesIO()
    write_mo(file, catalogue)
    return file.getvalue()


def untranslated(catalogue: Catalog) -> list[Message]:
    """The sentences that are missing or stale."""
    return [each for each in catalogue if each.id and (each.fuzzy or not all_of(each))]


def all_of(sentence: Message) -> bool:
    """Whether every form of the sentence has a translation."""
    forms = sentence.string or ""
    return bool(forms) and (isinstance(forms, str) or all(forms))


def main(words: list[str] | None = None) -> int:
    """Do what was asked; 1 if a catalogue has something missing or stale."""
    asked = argparse.ArgumentParser(prog="python -m tcpcourse.catalogues", description=__doc__)
    asked.add_argument("what", choices=("update", "status"), nargs="?", default="status")
    update = asked.parse_args(words).what == "update"
    sentences, missing = collected(), 0
    for name, locale in LOCALES.items():
        if not locale:
            continue
        catalogue = merged(locale, sentences)
        if update:
            path_of(locale).parent.mkdir(parents=True, exist_ok=True)
            path_of(locale).write_bytes(as_po(catalogue))
            # Read again: a comment or an order that a PO file does not keep cannot matter.
            path_of(locale, "mo").write_bytes(as_mo(stored(locale)))
        left = untranslated(catalogue)
        places = Counter(each.locations[0][0] for each in left)
        print(f"{name}: {len(catalogue)} sentences, {len(left)} missing or stale")
        for place, count in sorted(places.items()):
            print(f"  {place}: {count}")
        missing += len(left)
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
