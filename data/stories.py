"""The table of stories: the name of the file, and the function that plays it."""

from collections.abc import Callable

import closing
import opening
import sending
from lab import Lab

Story = Callable[[Lab], None]

STORIES: dict[str, Story] = {
    "three-way-handshake": opening.three_way_handshake,
    "refused": opening.refused,
    "simultaneous-open": opening.simultaneous_open,
    "lost-syn": opening.lost_syn,
    "lost-syn-ack": opening.lost_syn_ack,
    "lost-handshake-ack": opening.lost_handshake_ack,
    "old-duplicate-syn": opening.old_duplicate_syn,
    "half-open-discovery": opening.half_open_discovery,
    "new-syn-in-time-wait": opening.new_syn_in_time_wait,
    "http-get": sending.http_get,
    "retransmission": sending.retransmission,
    "fast-retransmit": sending.fast_retransmit,
    "reordered-data": sending.reordered_data,
    "duplicated-data": sending.duplicated_data,
    "wraparound": sending.wraparound,
    "zero-window": sending.zero_window,
    "small-pieces": sending.small_pieces,
    "keep-alive": sending.keep_alive,
    "close-four-segments": closing.close_four_segments,
    "close-three-segments": closing.close_three_segments,
    "simultaneous-close": closing.simultaneous_close,
    "fin-and-ack-together": closing.fin_and_ack_together,
    "half-close": closing.half_close,
    "abort": closing.abort,
    "close-with-unread-data": closing.close_with_unread_data,
    "data-after-close": closing.data_after_close,
    "lost-fin": closing.lost_fin,
    "lost-last-ack": closing.lost_last_ack,
    "time-wait-assassination": closing.time_wait_assassination,
}
