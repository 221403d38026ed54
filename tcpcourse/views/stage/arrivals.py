"""Sentences for a packet that arrives, and for the answer it draws."""

from __future__ import annotations

from collections.abc import Iterator

from tcpcourse.core.segment import Segment
from tcpcourse.core.states import State
from tcpcourse.core.table.rows import CG, CW, F1, F2, LA, SR, SS, TW, C, E, L
from tcpcourse.trace import Packet, Step
from tcpcourse.views.stage.facts import Facts, Road
from tcpcourse.words import message


def tell(step: Step, facts: Facts) -> Iterator[str]:
    """Whole messages for a step in which a packet arrives at the end where it happens."""
    packet = step.packet
    if packet is None:
        return
    me = step.who
    road = facts.roads[packet.number]
    before, after = step.before.of(me).state, step.after.of(me).state
    peer = step.after.b.state if me == "A" else step.after.a.state
    lost = any(each.fate == "lost" for each in step.sent)
    segment = packet.segment
    if segment.rst:
        yield from _reset(step, road, before, after)
    elif before is not after:
        yield from _moved(packet, road, before, after, peer, lost=lost)
    elif any(each.segment.rst for each in step.sent):
        yield from _refused(segment, before)
    elif segment.syn or (segment.fin and before in (TW, CW, LA, CG)):
        yield from _once_more(segment, before, old=road.forged, lost=lost)
    elif segment.data:
        yield from _data(step, packet, road, lost=lost)
    else:
        yield from _ack(step, packet, road)


def _moved(
    packet: Packet,
    road: Road,
    before: State | None,
    after: State | None,
    peer: State | None,
    *,
    lost: bool,
) -> Iterator[str]:
    found = _MOVED.get((before, after, lost)) or _MOVED.get((before, after, False))
    if (before, after) == (SS, SR) and peer is SR:
        found = message("{me} gets a SYN, too, and does the same. Now both ends are SYN_RCVD.")
    elif (before, after) == (L, SR) and (road.forged or "old duplicate" in packet.notes):
        found = message(
            "An old SYN, from a connection long gone. {me} cannot know that, and answers it."
        )
    elif (before, after) == (SR, E) and packet.segment.syn:
        found = _CROSSED[peer is E]
    elif (before, after) == (SR, E) and packet.segment.data:
        found = message(
            "{me} gets {got} bytes, and with them the ACK it was missing: it is open now."
        )
    elif (before, after) == (F1, CG) and peer is CG:
        found = message("{me} sees the same thing and does the same. Now both ends are CLOSING.")
    elif (before, after) == (CG, TW) and peer is TW:
        found = message("{me}'s FIN is confirmed as well. Nobody was first, so both wait.")
    elif (before, after) == (LA, C) and road.again is not None:
        found = message("This time the ACK arrives. {me} is done, and forgets the connection.")
    if found:
        yield found
    if lost and (before, after, True) not in _MOVED:
        yield message("The answer is lost on its way.")


_MOVED: dict[tuple[State | None, State | None, bool], str] = {
    (L, SR, False): message(
        "The SYN is here. {me} notes {peer}'s number and answers with its own:"
        " SYN and ACK in one packet."
    ),
    (L, SR, True): message(
        "The SYN is here. {me} answers with SYN and ACK in one packet, and the answer is lost."
    ),
    (SS, E, False): message(
        "{me} sees its number confirmed and learns {peer}'s."
        " For {me} the line is open; one ACK says so."
    ),
    (SS, E, True): message(
        "{me} sees its number confirmed and learns {peer}'s."
        " For {me} the line is open; but the ACK that says so is lost."
    ),
    (SS, SR, False): message(
        "{me} hoped for an answer and gets a SYN. Both have called!"
        " {me} confirms it, and its own SYN goes with the ACK."
    ),
    (SR, E, False): message(
        "{me} sees its number confirmed, too. The connection is open at both ends."
    ),
    (SR, F1, False): message("{me} sees its number confirmed. Its FIN can go out now."),
    (SR, CW, False): message(
        "{peer} confirms {me}'s number and is done already. {me} confirms its FIN."
    ),
    (E, CW, False): message(
        "{me} hears that {peer} is done, and confirms it. {me}'s own half stays open."
    ),
    (E, CW, True): message("{me} hears that {peer} is done. It confirms it, but the ACK is lost."),
    (F1, F2, False): message("{me} knows now that its FIN got there. It waits for {peer}'s."),
    (F1, CG, False): message(
        "{me} hoped for an ACK and gets a FIN. Both have closed!"
        " {me} confirms it, and waits for its own ACK."
    ),
    (F1, TW, False): message(
        "One packet confirms {me}'s FIN and brings {peer}'s."
        " {me} answers, and stays: the answer may get lost."
    ),
    (F1, TW, True): message(
        "One packet confirms {me}'s FIN and brings {peer}'s."
        " {me} answers, and the answer is lost. {me} cannot know that, so it stays."
    ),
    (F2, TW, False): message(
        "{peer}'s FIN is here. {me} answers, and stays: the answer may get lost."
    ),
    (F2, TW, True): message(
        "{peer}'s FIN is here. {me} answers, and the answer is lost."
        " {me} cannot know that, so it stays."
    ),
    (CG, TW, False): message(
        "{me}'s FIN is confirmed. {me} stays a while, in case its own ACK was lost."
    ),
    (LA, C, False): message("The last ACK arrives. {me} is done, and forgets the connection."),
    (TW, SR, False): message(
        "A SYN, and its number lies beyond the old connection."
        " {me} stops waiting and answers the new call."
    ),
}
_CROSSED = {
    False: message("{peer}'s answer confirms {me}'s number. For {me} the line is open."),
    True: message(
        "{peer}'s answer confirms {me}'s number, too. The connection is open at both ends."
    ),
}


def _reset(step: Step, road: Road, before: State | None, after: State | None) -> Iterator[str]:
    if before is C:
        yield message("A RST, but {me} has no connection any more. Nothing happens.")
    elif before is SS and after is C:
        yield message("{me}'s call is refused: nobody listens there. {me} is closed again.")
    elif after is L:
        yield message("A RST: whoever called is gone. {me} forgets the call and listens on.")
    elif after is C:
        yield message("A RST with exactly the number {me} expects: the connection is gone.")
    elif step.sent and road.forged:
        yield message("A RST in {peer}'s name, but {peer} never sent it.")
        yield message("Its number is not exact, so {me} asks back.")
    elif step.sent:
        yield message("A RST, but its number is not exact. {me} asks back with an ACK.")
    elif road.forged:
        yield message(
            "A RST in {peer}'s name, but {peer} never sent it. Its number is wrong: ignored."
        )
    else:
        yield message("A RST with a number that {me} does not expect. It is ignored.")


def _refused(segment: Segment, before: State | None) -> Iterator[str]:
    if before is SS:
        yield message(
            "{peer} confirms a number that {me} did not use: it has an old connection in mind."
            " {me} answers with a RST."
        )
    elif segment.syn and segment.ack is None:
        yield message("Nobody listens at {me}. A RST says so.")
    else:
        yield message("{me} knows of no such connection. A RST says so.")


def _once_more(segment: Segment, before: State | None, *, old: bool, lost: bool) -> Iterator[str]:
    if before is TW and old:
        yield message(
            "An old copy of {peer}'s FIN. {me} takes it that its ACK was lost:"
            " it answers once more, and its wait starts anew."
        )
    elif before is TW and lost:
        yield message(
            "The same FIN again: so the ACK was lost. {me} answers once more, and it is lost too."
        )
    elif before is TW:
        yield message(
            "The same FIN again: so the ACK was lost."
            " {me} answers once more, and its wait starts anew."
        )
    elif segment.fin:
        yield message("The same FIN again. {me} has it already, and confirms it once more.")
    elif segment.ack is not None:
        yield message("The same SYN,ACK again: {peer} did not hear the ACK. {me} repeats it.")
    elif before is SR:
        yield message(
            "The same SYN again. {me} has it already; an ACK says which number it expects."
        )
    else:
        yield message("A SYN inside a connection. {me} answers with an ACK: the number it expects.")


def _data(step: Step, packet: Packet, road: Road, *, lost: bool) -> Iterator[str]:
    one, two = step.before.of(step.who).tcb, step.after.of(step.who).tcb
    if one is None or two is None:
        yield message("{me} gets {got} bytes.")
        return
    taken = two.rcv_nxt - one.rcv_nxt
    answer = next((each for each in step.sent if each.rel_ack is not None), None)
    if not taken and "zero-window probe" in packet.notes:
        yield message("Still no room at {me}. It answers with its window: 0.")
    elif not taken and road.again is not None:
        yield message(
            "{me} has these {got} bytes already. An ACK says what it expects next: {asked}."
        )
    elif not taken:
        yield message(
            "{got} bytes, but some before them are missing. {me} asks for number {asked} again."
        )
    elif taken > len(packet.segment.data) + packet.segment.fin:
        yield message(
            "The missing bytes are here. {me} has everything now, and asks for {asked} next."
        )
    elif answer is None:
        yield message("{me} takes the {got} bytes.")
    elif lost:
        yield message("{me} takes the {got} bytes. Its ACK for number {asked} is lost.")
    elif not answer.scaled_window:
        yield message("{me} takes the {got} bytes, and its buffer is full: its window is 0 now.")
    else:
        yield message("{me} takes the {got} bytes, and asks for number {asked} next.")
    if any(each.segment.data for each in step.sent):
        yield message("It sends {size} bytes itself.")


def _ack(step: Step, packet: Packet, road: Road) -> Iterator[str]:
    one = step.before.of(step.who).tcb
    more = any(each.segment.data for each in step.sent)
    if road.asks:
        yield message(
            "{me} gets {peer}'s question. {me} is alive and need not answer:"
            " only a closed {me} would send the exact RST."
        )
    elif not packet.scaled_window and road.covers:
        yield message("All {covers} bytes got there, but {peer} has no room left: its window is 0.")
    elif not packet.scaled_window:
        yield message("{peer} answers, and its window is still 0. {me} has to wait.")
    elif one is not None and not one.snd_wnd:
        yield message("{peer} has room again: its window is open.")
    elif road.covers:
        yield message(
            "{me} learns that {covers} numbers got there. {peer} expects number {number} next."
        )
    elif packet.rel_ack is not None and road.again is not None:
        yield message("The same ACK again: {peer} still waits for number {number}.")
    else:
        yield message("An ACK with nothing new: {peer} expects number {number} next.")
    if more:
        yield message("{me} sends {size} bytes.")
