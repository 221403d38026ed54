"""Record the captures: ``python data/record.py [--into FOLDER] [name ...]`` (Linux, root).

Two hosts are made in network namespaces of their own and thrown away at the end; no
other network is touched. Without names every story is played, in about twenty seconds.
The files in ``data/`` are frozen: record into another folder to compare. See
``data/README.md``.
"""

import argparse
import os
from pathlib import Path

from lab import Lab
from stories import STORIES, Story


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


def main() -> None:
    """Record the stories named on the command line; all of them if there is no name."""
    parser = argparse.ArgumentParser(description="Record real TCP stories (Linux, root).")
    parser.add_argument("--into", type=Path, default=Path(__file__).parent, metavar="FOLDER")
    parser.add_argument("name", nargs="*", help="; ".join(STORIES))
    chosen = parser.parse_args()
    unknown = [name for name in chosen.name if name not in STORIES]
    if unknown:
        parser.error(f"there is no story called {unknown[0]}")
    if os.geteuid() != 0:
        parser.error("recording makes network namespaces, and only root may do that")
    (chosen.into / "recordings").mkdir(parents=True, exist_ok=True)
    for name in chosen.name or list(STORIES):
        record(STORIES[name], chosen.into / "recordings" / f"{name}.pcap")
        if name == "http-get":  # once more for the opening chapter, with Ethernet frames
            record(STORIES[name], chosen.into / f"{name}.pcap", ethernet=True)


if __name__ == "__main__":
    main()
