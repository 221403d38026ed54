"""The exceptions of the course: one family, one clear sentence each."""


class TcpCourseError(Exception):
    """Anything this package refuses to do; the message is one sentence for a person.

    >>> import tcpcourse as tcp
    >>> try:
    ...     tcp.simulate("no-such-story")
    ... except tcp.TcpCourseError as error:
    ...     print("in one sentence:", str(error)[:11])
    in one sentence: There is no
    """


class CallError(TcpCourseError):
    """A user call that the connection's state does not allow.

    The message uses the words of RFC 9293 §3.10, such as ``connection does not
    exist`` or ``connection closing``.

    >>> import tcpcourse as tcp
    >>> try:
    ...     tcp.Endpoint().close()
    ... except tcp.CallError as error:
    ...     print(error)
    CLOSE is refused in CLOSED: connection does not exist.
    """


class CaptureError(TcpCourseError):
    """A capture file that cannot be read, or not beyond some point.

    ``file`` is the name as given, ``offset`` the byte where reading failed (in
    the uncompressed data), ``problem`` what is wrong there and ``advice`` what
    the reader can do about it.

    >>> import tcpcourse as tcp
    >>> try:
    ...     tcp.load(b"")
    ... except tcp.CaptureError as error:
    ...     print(error)
    capture, byte 0: the file is empty; record or copy it again.
    """

    def __init__(self, file: str, offset: int, problem: str, advice: str) -> None:
        super().__init__(f"{file}, byte {offset}: {problem}; {advice}.")
        self.file = file
        self.offset = offset
        self.problem = problem
        self.advice = advice
