"""Judges the observer on random stories whose truth is known.

    python -m tests.sources.observer.truth --stories 20000 --seed 1 --processes 2

prints how many claims are one state and right (exact), right among others (wide), or false;
which kinds of story the false ones are in; and examples, packet by packet. Two kinds are
counted apart, for the seen packets do not tell them from a story in which the claim is true:
``timing`` (the same happened, at another moment) and ``fate`` (something arrived or was lost
and left no trace); see ``twins`` and ``search``. ``--only loss-behind`` and
``--without unseen,one-way`` choose stories by their tags; ``--story 1/17`` tells one in
full; ``--decided 20`` looks at every twentieth story for the steps that the seen packets
decide, and how exact claims are there.
"""

from __future__ import annotations

import argparse
import multiprocessing
import sys
import time
import traceback
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

import tcpcourse as tcp
from tcpcourse.core.states import State
from tcpcourse.trace import Side, Step

from .search import NEAR, Search
from .twins import Knowable, Telling, Twins
from .worlds import HOSTS, MS, SIDES, Story, across, tell


@dataclass(frozen=True)
class Claim:
    """What the observer says of one end after one frame, and what is true.

    ``excuse`` is ``timing`` or ``fate`` where the seen packets do not tell the difference.
    """

    place: int
    side: Side
    said: frozenset[State]
    true: frozenset[State]
    excuse: str = ""

    @property
    def verdict(self) -> str:
        if not self.said & self.true:
            return self.excuse or "false"
        return "exact" if len(self.said) == 1 else "wide"


@dataclass
class Verdict:
    """All claims about one story; ``error`` is what the observer raised, if it did."""

    story: Story
    claims: list[Claim] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    whys: list[str] = field(default_factory=list)
    error: str = ""
    seconds: float = 0.0

    @property
    def wrong(self) -> list[Claim]:
        return [claim for claim in self.claims if claim.verdict == "false"]

    def excuse(self) -> None:
        """Find the false claims that are true in a story with the same seen packets."""
        twins = Twins(self.story)
        for side in {claim.side for claim in self.wrong}:
            self._excuse(side, "timing", [twins.itself(side)], twins)
        for side in {claim.side for claim in self.wrong}:
            self._excuse(side, "fate", twins.others(side), twins)
        for side in {claim.side for claim in self.wrong}:
            search, last = Search(twins, side), -NEAR[0]
            for claim in self.wrong:
                if claim.side == side and claim.place >= last + NEAR[0]:
                    last = claim.place
                    self._excuse(side, "fate", search.ways(last), twins)

    def _excuse(self, side: Side, kind: str, tellings: Iterable[Telling], twins: Twins) -> None:
        open_ = {
            place: claim
            for place, claim in enumerate(self.claims)
            if claim.side == side and claim.verdict == "false"
        }
        for telling in tellings:
            for place, claim in list(open_.items()):
                if claim.said & telling.may_be(*twins.interval(claim.place)):
                    self.claims[place] = replace(claim, excuse=kind)
                    del open_[place]
            if not open_:
                return


def steps(story: Story) -> Iterator[tuple[Step, bool, tuple[str, ...]]]:
    """Each step of each conversation, whether its sides are exchanged, and the remarks."""
    capture = tcp.load(story.pcap(), progress=False)
    for conversation in capture.conversations:
        exchanged = conversation.a != HOSTS["A"]
        trace = conversation.trace
        for step in trace:
            yield step, exchanged, trace.remarks


def judge(story: Story) -> Verdict:
    """Ask the observer, and compare every claim with the truth."""
    verdict = Verdict(story)
    begin = time.process_time()
    seen = 0
    try:
        told = list(steps(story))
    except Exception:
        verdict.error = traceback.format_exc()
        return verdict
    verdict.seconds = time.process_time() - begin
    told.sort(key=lambda each: each[0].packet.number if each[0].packet else 0)
    for step, exchanged, remarks in told:
        assert step.packet is not None
        place = step.packet.number - 1
        seen += 1
        for remark in remarks:
            if remark not in verdict.remarks:
                verdict.remarks.append(remark)
        verdict.whys.append(step.why)
        for side in SIDES:
            end = step.after.of(across(side) if exchanged else side)
            claim = Claim(place, side, frozenset(end.possible), frozenset(story.truth(side, place)))
            verdict.claims.append(claim)
    verdict.excuse()
    mirrored = any("captured twice" in remark for remark in verdict.remarks)
    if seen != len(story.frames) and not (mirrored and seen < len(story.frames)):
        verdict.error = f"{seen} steps for {len(story.frames)} frames"
    return verdict


def names(states: Iterable[State]) -> str:
    chosen = set(states)
    if len(chosen) > 7:
        return f"any but {names(set(State) - chosen)}" if len(chosen) < len(State) else "any"
    return "/".join(str(state) for state in State if state in chosen) or "-"


def told(verdict: Verdict, *, why: bool = False) -> str:
    """The story packet by packet: what passed, when it arrived, claims beside the truth."""
    story = verdict.story
    lines = [f"story {story.name}  [{', '.join(sorted(story.tags))}]"]
    rows: list[tuple[int, str]] = []
    said = {(claim.place, claim.side): claim for claim in verdict.claims}
    for place, frame in enumerate(story.frames):
        arrivals = story.arrivals.get(frame.number, [])
        fate = ",".join(f"+{(t - frame.time_ns) / MS:.3f}" for t in arrivals) or "lost"
        text = (
            f"{frame.number:3} {frame.time_ns / MS:11.3f}ms {frame.sender} {frame.segment.line()}"
        )
        text = f"{text:78} {fate:14}"
        for side in SIDES:
            claim = said.get((place, side))
            if claim is None:
                text += f" | {side} ?"
                continue
            mark = {"false": "!!", "exact": "  ", "wide": " ~", "timing": " t", "fate": " f"}[
                claim.verdict
            ]
            more = f" true {names(claim.true)}" if claim.verdict != "exact" else ""
            text += f" |{mark}{side} {names(claim.said)}{more}"
        if why and place < len(verdict.whys):
            text += f"\n{'':20}{verdict.whys[place]}"
        rows.append((frame.time_ns, text))
    for when, side, segment, reason in story.hidden:
        rows.append((when, f"    {when / MS:11.3f}ms {side} ({segment.line()}: {reason})"))
    for side in SIDES:
        for event in story.events[side]:
            if event.kind not in ("arrive", "receive"):
                what = event.arg if event.kind == "tick" else event.kind
                rows.append((event.time_ns, f"    {event.time_ns / MS:11.3f}ms {side}: {what}"))
    for side in SIDES:
        for when, state in story.moments[side][1:]:
            rows.append((when, f"    {when / MS:11.3f}ms {side} is {state}"))
    lines += [text for _, text in sorted(rows, key=lambda row: row[0])]
    lines += [f"    remark: {remark}" for remark in verdict.remarks]
    if verdict.error:
        lines.append(verdict.error)
    return "\n".join(lines)


@dataclass
class Sum:
    """The figures over many stories."""

    stories: int = 0
    frames: int = 0
    kinds: Counter[str] = field(default_factory=Counter)
    single: Counter[str] = field(default_factory=Counter)
    decided: Counter[str] = field(default_factory=Counter)
    fate_stories: list[str] = field(default_factory=list)
    width: Counter[int] = field(default_factory=Counter)
    tags: Counter[str] = field(default_factory=Counter)
    wrong_tags: Counter[str] = field(default_factory=Counter)
    wrong_stories: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    seconds: float = 0.0
    slowest: tuple[float, str] = (0.0, "")

    def add(self, verdict: Verdict, *, decide: bool = False) -> None:
        self.stories += 1
        self.frames += len(verdict.story.frames)
        self.seconds += verdict.seconds
        self.slowest = max(self.slowest, (verdict.seconds, verdict.story.name))
        if verdict.error:
            self.errors.append(verdict.story.name)
        for claim in verdict.claims:
            self.kinds[claim.verdict] += 1
            self.width[len(claim.said)] += 1
            self.single[claim.verdict] += len(claim.said) == 1
        if decide:
            known = Knowable(verdict.story, fates=True)
            for claim in verdict.claims:
                if known.must[claim.side][claim.place]:
                    self.decided[claim.verdict] += 1
        if any(claim.verdict == "fate" for claim in verdict.claims):
            self.fate_stories.append(verdict.story.name)
        self.tags.update(verdict.story.tags)
        if verdict.wrong:
            self.wrong_stories.append(verdict.story.name)
            self.wrong_tags.update(verdict.story.tags)

    def merge(self, other: Sum) -> None:
        self.stories += other.stories
        self.frames += other.frames
        for name in ("kinds", "single", "decided", "width", "tags", "wrong_tags"):
            getattr(self, name).update(getattr(other, name))
        self.wrong_stories += other.wrong_stories
        self.fate_stories += other.fate_stories
        self.errors += other.errors
        self.seconds += other.seconds
        self.slowest = max(self.slowest, other.slowest)

    def __str__(self) -> str:
        total = max(1, sum(self.kinds.values()))

        def share(count: int, of: int = total) -> str:
            return f"{count} ({100 * count / max(1, of):.3f} %)"

        kinds = self.kinds
        single = self.single["exact"] + self.single["timing"]
        others = total - kinds["false"] - kinds["fate"] - single
        wide = sum(count for width, count in self.width.items() if width > 3)
        decided = sum(self.decided.values())
        alike = "equal in every seen packet"
        lines = [
            f"{self.stories} stories, {self.frames} frames, {total} claims:",
            f"  false                   {share(kinds['false'])}, {len(self.wrong_stories)} stories",
            f"  one state and right     {share(single)}",
            f"  right among others      {share(others)}",
            f"  more than three states  {share(wide)}",
            f"  right at another moment {share(kinds['timing'])}: {alike}",
            f"  right for another fate  {share(kinds['fate'])}, {len(self.fate_stories)} stories: "
            + alike,
            f"  errors                  {len(self.errors)} stories",
            f"loader and observer: {1e6 * self.seconds / max(1, self.frames):.0f} µs a frame; "
            f"the slowest story {self.slowest[0] * 1000:.0f} ms ({self.slowest[1]})",
        ]
        if decided:
            lines.append(
                f"over {decided} claims that the seen packets decide: "
                f"one state and right {share(self.decided['exact'], decided)}, "
                f"false {share(self.decided['false'], decided)}"
            )
        rates = sorted(
            ((self.wrong_tags[tag] / count, tag, count) for tag, count in self.tags.items()),
            reverse=True,
        )
        lines.append("share of stories with a false claim, by what happens in them:")
        lines += [f"  {100 * rate:6.2f} % of {count:6} {tag}" for rate, tag, count in rates if rate]
        return "\n".join(lines)


@dataclass(frozen=True)
class Batch:
    """Which stories one process judges."""

    names: tuple[str, ...]
    only: frozenset[str]
    without: frozenset[str]
    wanted: int
    decide: int


def chosen(batch: Batch) -> Iterator[Verdict]:
    for name in batch.names:
        story = tell(name)
        if batch.only <= story.tags and not batch.without & story.tags:
            yield judge(story)


def work(batch: Batch) -> tuple[Sum, list[str]]:
    total, examples = Sum(), []
    for count, verdict in enumerate(chosen(batch)):
        total.add(verdict, decide=batch.decide > 0 and count % batch.decide == 0)
        if (verdict.wrong or verdict.error) and len(examples) < batch.wanted:
            examples.append(told(verdict))
    return total, examples


def limit_memory(megabytes: int) -> None:
    """Hold this process to so much memory, where the system knows how."""
    if sys.platform != "win32":
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (megabytes << 20, megabytes << 20))


def run(
    seed: str, first: int, stories: int, *, processes: int = 1, memory: int = 2000,
    only: frozenset[str] = frozenset(), without: frozenset[str] = frozenset(),
    wanted: int = 5, decide: int = 0, progress: bool = False,
) -> tuple[Sum, list[str]]:  # fmt: skip
    """Judge stories ``seed/first`` … in batches; ``memory`` is in MB for each process."""
    every = range(first, first + stories)
    size = 200
    batches = [
        Batch(tuple(f"{seed}/{i}" for i in every[k : k + size]), only, without, wanted, decide)
        for k in range(0, stories, size)
    ]
    total, begin = Sum(), time.monotonic()
    examples: list[str] = []

    def take(outcomes: Iterable[tuple[Sum, list[str]]]) -> None:
        for done, (part, found) in enumerate(outcomes, 1):
            total.merge(part)
            examples.extend(found[: max(0, wanted - len(examples))])
            if progress:
                wrong = total.kinds["false"]
                print(
                    f"\r{min(done * size, stories)} of {stories} stories, {wrong} false claims, "
                    f"{len(total.errors)} errors, {time.monotonic() - begin:.0f} s",
                    end="", file=sys.stderr, flush=True,
                )  # fmt: skip

    if processes == 1:
        take(map(work, batches))
    else:
        context = multiprocessing.get_context("spawn")
        with context.Pool(processes, limit_memory, (memory,)) as pool:
            take(pool.imap(work, batches))
    if progress:
        print(file=sys.stderr)
    return total, examples


def main() -> None:
    parser = argparse.ArgumentParser(prog="truth", description=__doc__.split("\n")[0])
    parser.add_argument("--stories", type=int, default=2000)
    parser.add_argument("--seed", default="1")
    parser.add_argument("--first", type=int, default=0, help="number of the first story")
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument("--memory", type=int, default=2000, help="MB for each process")
    parser.add_argument("--only", default="", help="tags that a story must have, by comma")
    parser.add_argument("--without", default="", help="tags that it must not have")
    parser.add_argument("--examples", type=int, default=5)
    parser.add_argument("--decided", type=int, default=0, help="look at every story of this many")
    parser.add_argument("--story", help="tell one story in full, by its name, as 1/17")
    given = parser.parse_args()
    if given.story:
        print(told(judge(tell(given.story)), why=True))
        return
    if given.processes == 1:
        limit_memory(given.memory)
    total, examples = run(
        given.seed, given.first, given.stories, processes=given.processes, memory=given.memory,
        only=frozenset(filter(None, given.only.split(","))),
        without=frozenset(filter(None, given.without.split(","))),
        wanted=given.examples, decide=given.decided,
        progress=sys.stderr.isatty() or given.stories > 2000,
    )  # fmt: skip
    for example in examples:
        print(example, end="\n\n")
    print(total)
    print("stories with a false claim:", " ".join(total.wrong_stories[:40]))
    print("stories with a claim right for another fate:", " ".join(total.fate_stories[:20]))
    print("stories with an error:", " ".join(total.errors[:40]))


if __name__ == "__main__":
    main()
