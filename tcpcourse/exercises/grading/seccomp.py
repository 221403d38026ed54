"""System calls that no notebook needs: a filter for the kernel, as a small BPF program.

Memory that belongs to no process (``memfd_create``, System V) would not be counted against
the sandbox's limits; the others are doors that have let people out of sandboxes before.
"""

from __future__ import annotations

import errno
import platform
import struct
from collections.abc import Mapping

_X86_64 = {
    "memfd_create": 319,
    "memfd_secret": 447,
    "shmget": 29,
    "shmat": 30,
    "ptrace": 101,
    "process_vm_readv": 310,
    "process_vm_writev": 311,
    "add_key": 248,
    "request_key": 249,
    "keyctl": 250,
    "bpf": 321,
    "perf_event_open": 298,
    "userfaultfd": 323,
    "io_uring_setup": 425,
    "io_uring_enter": 426,
    "io_uring_register": 427,
    "unshare": 272,
    "setns": 308,
    "mount": 165,
    "umount2": 166,
    "pivot_root": 155,
    "open_tree": 428,
    "move_mount": 429,
    "fsopen": 430,
    "open_by_handle_at": 304,
    "kexec_load": 246,
    "init_module": 175,
    "finit_module": 313,
    "delete_module": 176,
    "clone3": 435,
}
_AARCH64 = {
    "memfd_create": 279,
    "memfd_secret": 447,
    "shmget": 194,
    "shmat": 196,
    "ptrace": 117,
    "process_vm_readv": 270,
    "process_vm_writev": 271,
    "add_key": 217,
    "request_key": 218,
    "keyctl": 219,
    "bpf": 280,
    "perf_event_open": 241,
    "userfaultfd": 282,
    "io_uring_setup": 425,
    "io_uring_enter": 426,
    "io_uring_register": 427,
    "unshare": 97,
    "setns": 268,
    "mount": 40,
    "umount2": 39,
    "pivot_root": 41,
    "open_tree": 428,
    "move_mount": 429,
    "fsopen": 430,
    "open_by_handle_at": 265,
    "kexec_load": 104,
    "init_module": 105,
    "finit_module": 273,
    "delete_module": 106,
    "clone3": 435,
}
# The audit number of the architecture (linux/audit.h), and its calls.
_KNOWN: Mapping[str, tuple[int, Mapping[str, int]]] = {
    "x86_64": (0xC000003E, _X86_64),
    "aarch64": (0xC00000B7, _AARCH64),
}

_LOAD, _EQUAL, _AT_LEAST, _RETURN = 0x20, 0x15, 0x35, 0x06  # BPF_LD|W|ABS, JEQ, JGE, RET
_NUMBER_AT, _ARCHITECTURE_AT = 0, 4  # in struct seccomp_data
_ALLOW, _ERRNO = 0x7FFF0000, 0x00050000
_X32 = 0x40000000  # x86-64's second set of numbers for the same calls


def program(machine: str | None = None) -> bytes:
    """The filter for this machine, as bubblewrap takes it; empty for one that is not known.

    Calls of the list fail with EPERM, ``clone3`` with ENOSYS, so that libraries fall back to
    ``clone``. Calls of another architecture fail as well.
    """
    architecture, calls = _KNOWN.get(machine or platform.machine(), (0, {}))
    if not calls:
        return b""
    denied = sorted(number for name, number in calls.items() if name != "clone3")
    lines = [(_LOAD, 0, 0, _ARCHITECTURE_AT)]
    # After the two tests come `clone3`, one line for each call, and then the three ends.
    far = len(denied)
    lines.append((_EQUAL, 0, far + 4, architecture))
    lines.append((_LOAD, 0, 0, _NUMBER_AT))
    lines.append((_AT_LEAST, far + 2, 0, _X32))
    lines.append((_EQUAL, far + 2, 0, calls["clone3"]))
    for at, number in enumerate(denied):
        lines.append((_EQUAL, far - at, 0, number))
    lines.append((_RETURN, 0, 0, _ALLOW))
    lines.append((_RETURN, 0, 0, _ERRNO | errno.EPERM))
    lines.append((_RETURN, 0, 0, _ERRNO | errno.ENOSYS))
    return b"".join(struct.pack("=HBBI", *line) for line in lines)
