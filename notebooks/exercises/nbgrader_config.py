"""nbgrader's configuration for the exercises. Copy this folder to where you grade: see README.md.

Submissions, marks, the gradebook and the key belong outside the repository.
"""

from tcpcourse.exercises.grading.converting import configure
from tcpcourse.exercises.release import STUBS

c = get_config()  # type: ignore[name-defined]  # noqa: F821

c.CourseDirectory.course_id = "tcpcourse"

# What stands in the released notebooks in place of a solution.
c.ClearSolutions.update(STUBS)

# Notebooks are run in a sandbox and marked outside it; nbgrader keeps the books.
configure(c, "tcpcourse.exercises.marks:MARKS")

# What one student's notebook may use, if the usual limits do not suit your machines:
# c.TcpcourseLimits.total_seconds = 60
# c.TcpcourseLimits.cell_seconds = 20
# c.TcpcourseLimits.memory = 1 << 30
