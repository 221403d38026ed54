"""Grading: notebooks that nobody can trust, run in a sandbox and marked outside it.

A student's notebook produces plain answers in a sandbox (``sandbox``, ``runner``,
``session``). A trusted process, which has the key, compares them (``marking``) and hands the
marks to nbgrader (``converting``). ``batch`` does this for everybody at once.

    python -m tcpcourse.exercises.grading key          make the secret key, once
    python -m tcpcourse.exercises.grading import …     unpack what Moodle or Canvas gave
    python -m tcpcourse.exercises.grading autograde …  grade all submissions of an assignment
    python -m tcpcourse.exercises.grading explain …    what was given, what is right, and why
    python -m tcpcourse.exercises.grading export …     marks as a table, or for Moodle or Canvas

What is asked, and what is right, is known to the questions alone (``protocol``).
"""
