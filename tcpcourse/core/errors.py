"""The exceptions of the course: one family, one clear sentence each."""


class TcpCourseError(Exception):
    """Anything this package refuses to do; the message is one sentence for a person."""


class CallError(TcpCourseError):
    """A user call that the connection's state does not allow.

    The message uses the words of RFC 9293 §3.10, such as ``connection does not
    exist`` or ``connection closing``.
    """


class CaptureError(TcpCourseError):
    """A capture file that cannot be read, or not beyond some point.

    ``file`` is the name as given, ``offset`` the byte where reading failed (in
    the uncompressed data), ``problem`` what is wrong there and ``advice`` what
    the reader can do about it.
    """

    def __init__(self, file: str, offset: int, problem: str, advice: str) -> None:
        super().__init__(f"{file}, byte {offset}: {problem}; {advice}.")
        self.file = file
        self.offset = offset
        self.problem = problem
        self.advice = advice
