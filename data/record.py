"""Record the captures: ``python data/record.py [name ...]`` (Linux, root).

Two hosts are made in network namespaces of their own and thrown away at the end; no
other network is touched. Without names everything is recorded again, in about half a
minute, and replaces the files in ``data/``. See ``data/README.md``.
"""

import sys
from pathlib import Path

from lab import Lab
from stories import STORIES, Story

HERE = Path(__file__).parent


def record(story: Story, path: Path, *, ethernet: bool = False) -> None:
    """Play one story on two new hosts and write its capture and states table."""
    lab = Lab(ethernet=ethernet)
    try:
        story(lab)
        lab.wire.write(path)
    finally:
        lab.close()
    last = lab.wire.frames[-1]
    print(f"{path.name}: {len(lab.wire.frames)} frames, ends {' and '.join(last.after)}")


def main(names: list[str]) -> None:
    """Record the stories with these names; all of them if there is no name."""
    for name in names or list(STORIES):
        record(STORIES[name], HERE / "recordings" / f"{name}.pcap")
        if name == "http-get":  # the opening chapter's, with Ethernet as in the document
            record(STORIES[name], HERE / f"{name}.pcap", ethernet=True)


if __name__ == "__main__":
    main(sys.argv[1:])
