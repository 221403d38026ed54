"""One end in the simulator: its endpoint, its user's script, and its timers."""

from __future__ import annotations

from dataclasses import dataclass, field

from tcpcourse.core.endpoint import Endpoint
from tcpcourse.sources.simulation.rto import Rto
from tcpcourse.sources.simulation.scenario import Act, Host, Scenario
from tcpcourse.trace import Side


@dataclass(slots=True)
class Station:
    """What the simulator keeps for one end.

    ``deadlines`` has the nanosecond at which each running timer expires; ``sent_at`` when a
    segment was sent, by the number after it, as long as it was sent only once.
    """

    side: Side
    host: Host
    acts: list[Act]
    endpoint: Endpoint
    received: int = 0
    rto: Rto = field(default_factory=Rto)
    deadlines: dict[str, int] = field(default_factory=dict)
    armed: bool = False
    sent_at: dict[int, int] = field(default_factory=dict)


def station_for(side: Side, host: Host, scenario: Scenario) -> Station:
    """The station that plays one host's part in the scenario."""
    acts = [act for act in scenario.acts if act.who == side]
    return Station(side, host, acts, endpoint_for(host))


def endpoint_for(host: Host) -> Endpoint:
    """A fresh endpoint with the host's own choices."""
    return Endpoint(
        host.iss or 0,
        host.window,
        host.mss,
        wscale=host.wscale,
        sack_permitted=host.sack_permitted,
        policy=host.policy,
        delayed_ack=host.delayed_ack,
        next_iss=host.next_iss,
    )
