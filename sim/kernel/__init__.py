"""The kernel: what `sim.reference` does for one lane, for all at once, in NumPy or compiled."""

from sim.kernel.calendar import (
    TooManyError,
)
from sim.kernel.cell_words import (
    Named,
    Things,
    together,
)
from sim.kernel.choice import (
    KernelName,
    chosen,
    kernel,
    why_not_compiled,
)
from sim.kernel.engine import (
    Kernel,
)
from sim.kernel.knowledge import (
    bytes_an_entry,
)
from sim.kernel.lanes import (
    Lanes,
)
from sim.kernel.release import (
    ANSWER,
    RELEASE,
)
from sim.kernel.remembered import (
    draws_of,
)
from sim.kernel.reports import (
    copy_bits,
)
from sim.kernel.routes import (
    count_routes,
)

__all__ = [
    "ANSWER",
    "RELEASE",
    "Kernel",
    "KernelName",
    "Lanes",
    "Named",
    "Things",
    "TooManyError",
    "bytes_an_entry",
    "chosen",
    "copy_bits",
    "count_routes",
    "draws_of",
    "kernel",
    "together",
    "why_not_compiled",
]
