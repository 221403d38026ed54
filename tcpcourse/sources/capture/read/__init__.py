"""From the bytes of a file to columns, one row a packet."""
