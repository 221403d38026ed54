"""A student's cells put back into the release: what was moved, copied, lost or changed.

What students wrote is run as they wrote it, in their order. What belongs to the instructor
(the questions' words, the cells that hold the marks) always comes from the release.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from typing import Any

from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from tcpcourse.exercises.grading.plaindata import harmless
from tcpcourse.exercises.grading.submissions import Cell
from tcpcourse.words import message

NOTES = "grading-notes"


@dataclass(frozen=True)
class Slot:
    """A cell of the release. ``name`` is nbgrader's name of it, or its id, or its place."""

    name: str
    kind: str
    source: str
    metadata: Mapping[str, Any]
    id: str

    @property
    def marked(self) -> bool:
        """Whether nbgrader knows it: locked, to be answered, or graded."""
        return bool(self.metadata.get("nbgrader"))

    def is_a(self, word: str) -> bool:
        """Whether it is a ``grade`` or a ``solution`` cell."""
        return bool(self.metadata.get("nbgrader", {}).get(word))

    @property
    def setup(self) -> bool:
        """Whether it is code that is to be run and is no answer."""
        return self.kind == "code" and not self.is_a("grade") and not self.is_a("solution")

    def same(self, cell: Cell) -> bool:
        """Whether the student's cell says the same as the release."""
        return cell.source.strip() == self.source.strip()


@dataclass
class Restored:
    """The notebook to show, in the release's order; what to run, as pairs of a cell's id and
    its source, in the student's order; and notes, as pairs of a cell and a sentence.

    ``answers`` has the id of the cell where each question is to be answered, ``went`` the ids
    of cells that, as the student's file has it, were run there without an error.
    """

    notebook: Any
    run: list[tuple[str, str]] = field(default_factory=list)
    notes: list[tuple[str, str]] = field(default_factory=list)
    answers: dict[str, str] = field(default_factory=dict)
    went: set[str] = field(default_factory=set)


def slots_of(release: Any) -> list[Slot]:
    """The cells of a release."""
    found = []
    for place, cell in enumerate(release.cells):
        name = cell.metadata.get("nbgrader", {}).get("grade_id") or cell.get("id") or f"{place}"
        kind = "code" if cell.cell_type == "code" else "markdown"
        identity = cell.get("id", f"cell-{place}")
        found.append(Slot(name, kind, cell.source, dict(cell.metadata), identity))
    return found


def restore(cells: Sequence[Cell], release: Any, names: Mapping[str, str]) -> Restored:
    """Put a student's cells into the release.

    ``names`` gives the variable or function of each question, by the name of its grade cell.
    """
    return _Restoring(cells, slots_of(release), names, release).done()


class _Restoring:
    def __init__(
        self, cells: Sequence[Cell], slots: list[Slot], names: Mapping[str, str], release: Any
    ) -> None:
        self.cells, self.slots, self.release = cells, slots, release
        asked = _questions(slots, names)
        self.variables = {slot: re.escape(names[question]) for slot, question in asked.items()}
        self.place: dict[int, int] = {}  # the slot of each of the student's cells that has one
        self.stands: dict[int, int] = {}  # where the first of several cells of a slot stands
        self.extra: dict[int, str] = {}
        self.out = Restored(new_notebook(metadata=copy.deepcopy(release.metadata)))
        ids = {slot.name: slot.id for slot in slots}
        self.out.answers = {question: ids[slot] for slot, question in asked.items()}

    def done(self) -> Restored:
        """Match, then note what was found, then build."""
        self._by_name()
        self._by("id")
        self._by("source")
        self._by_what_it_does()
        self._by_neighbours()
        self._leave_out_copies_of_nothing()
        self._build()
        return self.out

    def note(self, slot: Slot, words: str) -> None:
        """A sentence about a cell of the release."""
        self.out.notes.append((slot.name, words))

    def _free(self) -> list[int]:
        return [at for at in range(len(self.cells)) if at not in self.place]

    def _open(self) -> list[int]:
        taken = set(self.place.values())
        return [at for at in range(len(self.slots)) if at not in taken]

    def _by_name(self) -> None:
        for at, slot in enumerate(self.slots):
            named = [n for n, c in enumerate(self.cells) if c.grade_id == slot.name]
            if not slot.marked or not named:
                continue
            written = [n for n in named if not slot.same(self.cells[n])] or named
            last = self.cells[written[-1]].source
            chosen = next(n for n in written if self.cells[n].source == last)
            self.place[chosen], self.stands[at] = at, written[0]
            many = len({self.cells[n].source for n in written})
            if many > 1 and slot.is_a("solution"):
                words = message(
                    "This cell is there {many} times; the last of them counts.", many=many
                )
                self.note(slot, words)

    def _by(self, what: str) -> None:
        for at in self._open():
            slot = self.slots[at]
            wanted = getattr(slot, what).strip()
            same = [
                n
                for n in self._free()
                if wanted
                and getattr(self.cells[n], what).strip() == wanted
                and self.cells[n].kind == slot.kind
            ]
            if same:
                self.place[same[0]] = at

    def _by_what_it_does(self) -> None:
        """An answer is known by the name it gives; other code by looking much alike."""
        for at in self._open():
            slot = self.slots[at]
            if slot.kind != "code" or slot.is_a("grade"):
                continue
            code = [n for n in self._free() if self.cells[n].kind == "code"]
            if name := self.variables.get(slot.name):
                gives = re.compile(rf"^(def\s+{name}\b|{name}\s*(:[^=\n]+)?=)", re.MULTILINE)
                alike = [n for n in code if gives.search(self.cells[n].source)]
            elif not slot.marked:
                alike = [n for n in code[:50] if _alike(self.cells[n].source, slot.source)]
            else:
                continue
            if len(alike) == 1:
                self.place[alike[0]] = at

    def _by_neighbours(self) -> None:
        """Words that stand where the release has a place for words are the answer."""
        for at in self._open():
            slot = self.slots[at]
            if slot.kind != "markdown" or not slot.is_a("solution"):
                continue
            at_place = {there: n for n, there in self.place.items()}
            before = max((at_place[s] for s in at_place if s < at), default=-1)
            after = min((n for s, n in at_place.items() if s > at), default=len(self.cells))
            between = [n for n in self._free() if before < n < after]
            words = [n for n in between if self.cells[n].kind == "markdown"]
            if len(words) == 1 and self.cells[words[0]].source.strip():
                self.place[words[0]] = at

    def _leave_out_copies_of_nothing(self) -> None:
        """What is left are the student's own cells; copies of the release's are none."""
        released = {slot.source.strip() for slot in self.slots}
        for n in self._free():
            if (text := self.cells[n].source.strip()) and text not in released:
                self.extra[n] = f"extra-{n}"

    def _build(self) -> None:
        stands = {at: self.stands.get(at, n) for n, at in self.place.items()}
        order = sorted(stands, key=lambda at: stands[at])
        moved = order != sorted(order)
        if moved:
            words = message("Cells were in another order; it is put right.")
            self.out.notes.append(("", words))
        self._to_run(moved)
        behind: dict[int, list[int]] = {}
        last = -1
        for n in range(len(self.cells)):
            last = self.place.get(n, last)
            if n in self.extra:
                behind.setdefault(last, []).append(n)
        at_place = {there: n for n, there in self.place.items()}
        shown = [self._own(n) for n in behind.get(-1, ())]
        for at, slot in enumerate(self.slots):
            if at in at_place:
                shown += self._put(slot, at_place[at])
            elif slot.marked or slot.setup:
                shown.append(self._released(slot, slot.source))
                self._lost(slot)
            shown += [self._own(n) for n in behind.get(at, ())]
        self.out.notebook.cells = shown

    def _to_run(self, moved: bool) -> None:
        """What the student wrote, as it stood there; what sets up comes first if in doubt."""
        setup: list[tuple[int, str, str]] = []
        rest: list[tuple[str, str]] = []
        for at in self._open():
            slot = self.slots[at]
            if slot.setup:
                setup.append((at, slot.id, slot.source))
        for n, cell in enumerate(self.cells):
            at = self.place.get(n, -1)
            if n in self.extra and cell.kind == "code":
                rest.append((self.extra[n], cell.source))
            if at < 0 or self.slots[at].kind != "code":
                continue
            slot = self.slots[at]
            if slot.setup and moved:
                setup.append((at, slot.id, cell.source))
            elif slot.setup or (slot.is_a("solution") and not slot.same(cell)):
                rest.append((slot.id, cell.source))
            elif slot.is_a("grade") and cell.kind == "code" and not slot.same(cell):
                rest.append((f"changed-{slot.id}"[:64], cell.source))
        self.out.run = [(name, source) for _, name, source in sorted(setup)] + rest
        ids = self.extra | {n: self.slots[at].id for n, at in self.place.items()}
        self.out.went = {ids[n] for n, cell in enumerate(self.cells) if cell.went and n in ids}

    def _lost(self, slot: Slot) -> None:
        if slot.is_a("solution"):
            words = message("This cell is not in the notebook; it was put back without an answer.")
            self.note(slot, words)
        elif slot.is_a("grade"):
            self.note(slot, message("The cell of this question was missing; it was put back."))

    def _put(self, slot: Slot, n: int) -> list[Any]:
        """The student's cell in its slot; words of the instructor come from the release."""
        cell = self.cells[n]
        if slot.is_a("solution") or (slot.setup and not slot.same(cell)):
            if cell.kind != slot.kind:
                words = message(
                    "This cell was made a cell of {kind}; it is read as before.", kind=cell.kind
                )
                self.note(slot, words)
            unchanged = slot.same(cell)
            return [self._released(slot, slot.source if unchanged else cell.source)]
        kept = [self._released(slot, slot.source)]
        if slot.marked and not slot.same(cell):
            words = message("This cell belongs to the question and was changed; it was put back.")
            self.note(slot, words)
            if cell.kind == slot.kind == "code":
                kept.insert(0, _shown(f"changed-{slot.id}", "code", cell.source))
        return kept

    def _released(self, slot: Slot, source: str) -> Any:
        made = _shown(slot.id, slot.kind, source, safe=source == slot.source)
        made.metadata = copy.deepcopy(_node(slot.metadata))
        return made

    def _own(self, n: int) -> Any:
        return _shown(self.extra[n], self.cells[n].kind, self.cells[n].source)


def _questions(slots: Sequence[Slot], names: Mapping[str, str]) -> dict[str, str]:
    """The question that each answer's cell is for: the next one after it."""
    found: dict[str, str] = {}
    waiting = ""
    for slot in slots:
        if slot.kind == "code" and slot.is_a("solution"):
            waiting = slot.name
        if slot.is_a("grade") and waiting and names.get(slot.name):
            found[waiting], waiting = slot.name, ""
    return found


def is_blank(cells: Sequence[Cell], release: Any) -> bool:
    """Whether no answer's cell of the release holds anything else than was released."""
    answers = {slot.name: slot for slot in slots_of(release) if slot.is_a("solution")}
    named = [cell for cell in cells if cell.grade_id in answers]
    return bool(named) and all(answers[cell.grade_id].same(cell) for cell in named)


def _alike(one: str, other: str) -> bool:
    # Comparing takes the product of both lengths: what sets up is short, or is not looked for.
    if len(one) > 1000 or len(other) > 1000:
        return False
    return SequenceMatcher(None, one, other, autojunk=False).ratio() > 0.6


def _node(metadata: Mapping[str, Any]) -> Any:
    return new_notebook(metadata=dict(metadata)).metadata


def _shown(name: str, kind: str, source: str, safe: bool = False) -> Any:
    if kind == "code":
        made = new_code_cell(source)
    else:
        made = new_markdown_cell(source if safe else harmless(source))
    made["id"] = name[:64]
    return made
