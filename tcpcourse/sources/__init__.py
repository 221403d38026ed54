"""Where traces come from: the simulator, captures, and this machine's own kernel."""
