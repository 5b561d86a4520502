"""fivesteps in Python: compare, sweep, assess, and read what came out as tables and figures.

::

    import fivesteps

    found = fivesteps.compare("forest-fire", ["bilateral", "full-pool"], replications=20)
    found.differences()  # pandas
    found.figure("differences")  # matplotlib

The functions run what the commands of the same names run, and write the same run directories: what
one began the other goes on with. `docs/python.md` explains them, `docs/tutorial.ipynb` shows them.
"""

from fivesteps.asking import assess, compare, sweep
from fivesteps.errors import Error
from fivesteps.loading import Declared, catalogue, load
from fivesteps.opening import read
from fivesteps.results import Assessment, Comparison, Run, Sweep

__all__ = [
    "Assessment",
    "Comparison",
    "Declared",
    "Error",
    "Run",
    "Sweep",
    "assess",
    "catalogue",
    "compare",
    "load",
    "read",
    "sweep",
]
