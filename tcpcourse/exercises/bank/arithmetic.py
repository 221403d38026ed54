"""Chapter 04: the arithmetic."""

from __future__ import annotations

from tcpcourse.core.seq import MODULUS, SeqNumber
from tcpcourse.core.states import State
from tcpcourse.core.tcb import Tcb
from tcpcourse.exercises.assemble import assignment
from tcpcourse.exercises.draw import Draw
from tcpcourse.exercises.fields import NUMBER, Order
from tcpcourse.exercises.functions import Example, Function
from tcpcourse.exercises.mistakes import besides
from tcpcourse.exercises.question import Challenge
from tcpcourse.exercises.stories import hosts, isn, late_isn, sizes, talk
from tcpcourse.exercises.tables import fill, rows_of
from tcpcourse.exercises.values import ONLY, Posed, Shared, Value, Written, Wrong
from tcpcourse.sources.simulation.scenario import Host
from tcpcourse.words import message


def _headers(draw: Draw, shared: Shared) -> Posed:
    """Four frames with their lengths at each layer; the data is what is left of the IP length."""
    one, two, three = sizes(draw, 3)
    rows, right, wrong = [], {}, {}
    frames = draw.shuffled([(one, 20, 20), (two, 20, 32), (three, 24, 20), (0, 20, 20)])
    for number, (data, ip, tcp) in enumerate(frames, 1):
        total = data + ip + tcp
        frame = max(60, 14 + total)
        row = {"no": number, "frame": frame, "IP total": total, "IP header": ip, "TCP header": tcp}
        rows.append(row)
        part = f"len{number}"
        right[part] = data
        wrong[part] = tuple(
            Wrong(value, says)
            for value, says in (
                (
                    frame - 54,
                    message("Not every frame has 54 bytes of headers, and some are filled up."),
                ),
                (total - 40, message("Look at the headers' lengths: options make them longer.")),
                (frame, message("That is the whole frame with all its headers.")),
                (total, message("The IP length counts the IP and TCP headers, too.")),
                (total - ip, message("The TCP header is no data either.")),
                (frame - ip - tcp, message("The frame has 14 bytes of Ethernet header besides.")),
            )
            if value != data
        )
    return Posed({"frames": rows}, right, wrong)


def _wrapped(draw: Draw, shared: Shared) -> Posed:
    """A's numbers pass 2**32 − 1 within its data."""
    one, two = draw.between(800, 1400), draw.between(100, 700)
    ends = hosts(draw, iss=(late_isn(draw, one), isn(draw)))
    trace = talk(draw, opener="A", closer="A", sizes=(one, two), ends=ends)
    asked = {"ack5": (5, "ack"), "seq7": (7, "seq"), "ack9": (9, "ack")}
    posed = fill(trace, asked, until=9)
    rows = posed.given["packets"]
    rows[5]["ack"] = rows[7]["seq"] = "?"
    no_mod = message("Did you go on at 1? After the largest number comes 0.")
    wrong = {
        # before the others: one too many has this reason here
        part: besides((Wrong(posed.right[part] + 1, no_mod),), posed.wrong[part])
        for part in posed.right
    }
    return Posed(posed.given, posed.right, wrong)


def _scaled(draw: Draw, shared: Shared) -> Posed:
    """Windows as they stand in the headers; which are scaled, and by which side's option?"""
    shift_a, shift_b = draw.shuffled(range(2, 9))[:2]
    windows = (draw.between(30_000, 45_000), draw.between(46_000, 65_000))
    choices = (
        Host(window=windows[0] >> shift_a << shift_a, wscale=shift_a),
        Host(window=windows[1] >> shift_b << shift_b, wscale=shift_b),
    )
    one, two = sizes(draw, 2)
    trace = talk(draw, sizes=(one, two), ends=hosts(draw, choices=choices))
    columns = ("no", "from", "flags", "seq", "ack", "len", "win field", "options")
    rows = rows_of(trace, columns, relative=True)
    right, wrong = {}, {}
    for part, number, other_shift in (
        ("window1", 1, shift_b),
        ("window4", 4, shift_b),
        ("window5", 5, shift_a),
    ):
        packet = trace.packet(number)
        field, own = packet.segment.window, shift_a if packet.sender == "A" else shift_b
        right[part] = packet.scaled_window
        guesses = (
            (field << own, message("The window of a SYN is never scaled.")),
            (field, message("Both SYNs have offered a scale, so later windows are scaled.")),
            (field << other_shift, message("Which side's option belongs to this side's window?")),
        )
        wrong[part] = tuple(Wrong(v, says) for v, says in guesses if v != packet.scaled_window)
    return Posed({"packets": rows}, right, wrong)


def _lengths(draw: Draw) -> list[tuple[str, Challenge]]:
    calls: list[tuple[str, Challenge]] = []
    for _ in range(3):
        data = draw.between(1, 1400)
        calls.append(("plain headers", [data + 40, 5, 5]))
        words = draw.between(6, 15)
        calls.append(("TCP options", [data + 20 + 4 * words, 5, words]))
        calls.append(("IP options", [data + 4 * words + 20, words, 5]))
        calls.append(("no data", [20 + 4 * words, 5, words]))
        calls.append(("no data", [20 + 4 * words + data, 5, words]))
    return calls


def _pairs(draw: Draw) -> list[tuple[str, Challenge]]:
    calls: list[tuple[str, Challenge]] = []
    for _ in range(3):
        a, step = draw.between(1 << 20, 1 << 31), draw.between(1, 1 << 30)
        calls.append(("numbers in the middle", [a, a + step]))
        calls.append(("numbers in the middle", [a + step, a]))
        late = MODULUS - draw.between(1, 1 << 20)
        over = (late + draw.between(1 << 21, 1 << 30)) % MODULUS
        calls.append(("numbers on both sides of 0", [late, over]))
        calls.append(("numbers on both sides of 0", [over, late]))
        # who answers the other way round is not right about these either
        calls.append(("numbers on both sides of 0", [a, a + step]))
    calls.append(("numbers in the middle", [a, a]))
    calls.append(("numbers in the middle", [a, a + 1]))
    return calls


def _in_flight(draw: Draw, shared: Shared) -> Posed:
    """SND.UNA before 2**32, SND.NXT behind it."""
    flight = draw.between(4000, 20_000)
    window = flight + draw.between(3000, 9000)
    una = SeqNumber(late_isn(draw, flight))
    tcb = Tcb(state=State.ESTABLISHED, snd_una=una, snd_nxt=una + flight, snd_wnd=window)
    given = {"SND.UNA": int(una), "SND.NXT": int(tcb.snd_nxt), "SND.WND": window}
    edge = int(una + window)
    return Posed(
        given,
        {"in flight": tcb.in_flight, "usable": tcb.usable_window, "right edge": edge},
        {
            "in flight": (
                Wrong(
                    int(una) - int(tcb.snd_nxt), message("Go forward from UNA to NXT, past zero.")
                ),
                Wrong(
                    flight + 1,
                    message("UNA itself is not acknowledged, NXT not sent: do not add one."),
                ),
            ),
            "usable": (
                Wrong(window, message("Some of the window is taken by what is in flight.")),
            ),
            "right edge": (
                Wrong(int(tcb.snd_nxt + window), message("The window begins at UNA, not at NXT.")),
                Wrong(edge - 1, message("The edge is the first number that may not be sent.")),
            ),
        },
    )


def _circle(draw: Draw, shared: Shared) -> Posed:
    """Five numbers of one connection, in the order sent; some of them after zero."""
    start = MODULUS - draw.between(40_000, 60_000)
    steps = [0, *(draw.between(15_000, 19_000) for _ in range(4))]
    numbers, at = [], start
    for step in steps:
        at = (at + step) % MODULUS
        numbers.append(at)
    mixed = draw.shuffled(numbers)
    letters = "abcde"
    right = [letters[mixed.index(number)] for number in numbers]
    by_size = [letters[mixed.index(number)] for number in sorted(numbers)]
    says = message("You sorted by size. A smaller number may be the newer one.")
    return Posed(
        {"seq": dict(zip(letters, mixed, strict=True))},
        {ONLY: right},
        {ONLY: (Wrong(by_size, says),)},
    )


ASSIGNMENT = assignment(
    "ps4-analysis",
    message("The arithmetic"),
    "04",
    (
        Value(
            "q1",
            message("Four frames"),
            4,
            {f"len{n}": NUMBER for n in (1, 2, 3, 4)},
            _headers,
            (
                message("The IP length is the one to trust: a frame may be filled up."),
                message("data = IP total − IP header − TCP header."),
            ),
        ),
        Value(
            "q2",
            message("Past the largest number"),
            3,
            {"ack5": NUMBER, "seq7": NUMBER, "ack9": NUMBER},
            _wrapped,
            (
                message("There are 2**32 numbers, from 0 to 4294967295."),
                message("Python: (number + bytes) % 2**32."),
                message("The FIN takes up one number."),
            ),
        ),
        Value(
            "q3",
            message("How large is the window?"),
            3,
            {"window1": NUMBER, "window4": NUMBER, "window5": NUMBER},
            _scaled,
            (
                message("wscale n means: shift the field by n bits, that is, times 2**n."),
                message("Each side's own option tells how its own windows are to be read."),
                message("The window of a SYN stands there as it is."),
            ),
        ),
        Function(
            "q4",
            message("The length of the data"),
            4,
            "payload_len",
            "ip_total, ip_words, tcp_words",
            (
                # the document's packet 4: a frame of 679 holds an IP packet of 665 bytes
                Example((665, 5, 5), 625),
                # its packet 5: 60 bytes on the wire, but an IP packet of 40
                Example((40, 5, 5), 0),
                Example((52, 5, 8), 0),
            ),
            _lengths,
            (message("Headers are counted in words of four bytes."),),
        ),
        Function(
            "q5",
            message("Which is newer?"),
            4,
            "is_before",
            "a, b",
            (
                Example((100, 300), True),
                Example((300, 100), False),
                Example((4294967295, 0), True),
            ),
            _pairs,
            (
                message("Go forward from a to b, past zero if need be: how far is it?"),
                message("If that way is shorter than half the circle, 2**31, then a is before b."),
            ),
        ),
        Value(
            "q6",
            message("In flight"),
            3,
            {"in flight": NUMBER, "usable": NUMBER, "right edge": NUMBER},
            _in_flight,
            (
                message("In flight is what lies from UNA up to, and without, NXT."),
                message("Usable is what the window leaves: UNA + WND − NXT, all on the circle."),
            ),
        ),
        Value(
            "q7",
            message("Around the circle"),
            2,
            {ONLY: Order(5)},
            _circle,
            (
                message("Put them in the order in which one side sent them."),
                message("None is more than a few ten thousand bytes from the next."),
            ),
        ),
        Written(
            "q8",
            message("A shortcut that fails"),
            4,
            (
                message("The document calculates len = LEN − 54. When is that right?"),
                message("Look again at the packets of 60 and of 66 bytes."),
            ),
        ),
    ),
)
