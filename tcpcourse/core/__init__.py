"""What TCP is: RFC 9293 as values and tables, with no clock, socket, thread or randomness.

Read in this order: ``seq`` (numbers that wrap), ``segment`` (what travels), ``states``
(the eleven states and everything that can happen), ``tcb`` (what one end remembers),
``transitions`` and ``calls`` (the table), ``arrivals`` (the checks a segment goes through),
``actions`` and ``receiving`` (what a row does) and ``endpoint`` (one end of a connection,
which fires the rows).
"""
