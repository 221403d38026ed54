"""What cannot be meant is refused in one sentence that says what is allowed."""

from __future__ import annotations

import ipaddress
from typing import Any

from tcpcourse.core.errors import TcpCourseError
from tcpcourse.core.seq import MODULUS, SeqNumber
from tcpcourse.words import message


def sequence_number(name: str, number: Any) -> int:
    """``number`` if it can be a sequence number; else ``TcpCourseError`` says what can."""
    if isinstance(number, SeqNumber):
        return int(number)
    check_whole(name, number, 0, MODULUS - 1)
    return int(number)


def check_address(address: Any) -> None:
    """Refuse what is not an IP address with a port."""
    try:
        host, _, port = address.rpartition(":")
        ipaddress.ip_address(host.removeprefix("[").removesuffix("]"))
        if port.isdecimal() and 0 <= int(port) < 1 << 16:
            return
    except (AttributeError, ValueError):
        pass
    raise TcpCourseError(
        message(
            "The address {address} is not possible; write an IP address and a port, such as "
            "192.0.2.1:40000.",
            address=brief(address),
        )
    )


def check_whole(name: str, value: Any, least: int, most: int | None = None) -> None:
    """Refuse what is not a whole number in its range."""
    whole = isinstance(value, int) and not isinstance(value, bool)
    if not whole or value < least or (most is not None and value > most):
        if most is None:
            raise TcpCourseError(
                message(
                    "The {name} {value} is not a whole number of at least {least}.",
                    name=name,
                    value=brief(value),
                    least=least,
                )
            )
        raise TcpCourseError(
            message(
                "The {name} {value} is not a whole number from {least} to {most}.",
                name=name,
                value=brief(value),
                least=least,
                most=most,
            )
        )


def check_probability(name: str, value: Any) -> None:
    """Refuse what is not at least 0 and below 1."""
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if not number or not 0 <= value < 1:
        raise TcpCourseError(
            message(
                "The {name} {value} is not a probability: at least 0 and below 1.",
                name=name,
                value=brief(value),
            )
        )


def brief(value: object) -> str:
    """A value as it can stand in a sentence."""
    return f"{value!r:.60}"
