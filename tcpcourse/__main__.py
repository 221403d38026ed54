"""``python -m tcpcourse`` is the command ``tcpcourse``."""

import sys

from tcpcourse.cli import main

sys.exit(main())
