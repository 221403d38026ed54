"""The retransmission timer of RFC 6298, on simulated time in nanoseconds."""

from __future__ import annotations

from dataclasses import dataclass

MILLISECOND = 1_000_000
SECOND = 1_000 * MILLISECOND
FIRST = SECOND  # (2.1)
LEAST = SECOND  # (2.4)
MOST = 60 * SECOND  # (2.5)
GRANULARITY = MILLISECOND


@dataclass(frozen=True, slots=True)
class Rto:
    """How long to wait for an acknowledgment, learnt from round trips; all in nanoseconds.

    ``srtt`` and ``rttvar`` are the smoothed round-trip time and its variation, ``None``
    before the first measurement; ``value`` is the timeout now.
    """

    value: int = FIRST
    srtt: int | None = None
    rttvar: int = 0

    def measured(self, round_trip: int) -> Rto:
        """After a round trip of a segment that was sent only once (§2.2, §2.3, §3)."""
        if self.srtt is None:
            srtt, rttvar = round_trip, round_trip // 2
        else:
            rttvar = (3 * self.rttvar + abs(self.srtt - round_trip)) // 4
            srtt = (7 * self.srtt + round_trip) // 8
        value = srtt + max(GRANULARITY, 4 * rttvar)
        return Rto(min(max(value, LEAST), MOST), srtt, rttvar)

    def backed_off(self) -> Rto:
        """After the timer ran out: twice as long (§5.5)."""
        return Rto(min(2 * self.value, MOST), self.srtt, self.rttvar)
