"""What is to be run: settings, policies, replications; and what of it fits into a machine."""

from experiments.planning.alternatives import (
    Alternatives,
    alternatives,
    idle,
    in_force,
    measures_of,
    undated,
    under,
)
from experiments.planning.assigned import with_values
from experiments.planning.batching import (
    read_batch,
    refuse_other_batch,
    usual_batch,
)
from experiments.planning.comparing import Planned, outcomes_named, plan_comparison
from experiments.planning.kernels import (
    choose_kernel,
)
from experiments.planning.machine import (
    available_bytes,
    cpu_count,
)
from experiments.planning.memory import (
    SHARE,
    batch_that_fits,
    bytes_of_run,
    readable,
    refuse_too_large,
    worker_bytes,
)
from experiments.planning.plan import (
    EXIT,
    KEYS,
    MOST_REPLICATIONS,
    MOST_SEED,
    WHOLE,
    Chunk,
    Part,
    Plan,
    Share,
    chunk_size,
    make_plan,
)
from experiments.planning.scales import (
    Cell,
    Scale,
    sameness,
)
from experiments.planning.selecting import Selection, policy_names, read_policies, select_policies
from experiments.planning.settings import (
    Settings,
)
from experiments.planning.touched import Touched, told, touched_by, touching

__all__ = [
    "EXIT",
    "KEYS",
    "MOST_REPLICATIONS",
    "MOST_SEED",
    "SHARE",
    "WHOLE",
    "Alternatives",
    "Cell",
    "Chunk",
    "Part",
    "Plan",
    "Planned",
    "Scale",
    "Selection",
    "Settings",
    "Share",
    "Touched",
    "alternatives",
    "available_bytes",
    "batch_that_fits",
    "bytes_of_run",
    "choose_kernel",
    "chunk_size",
    "cpu_count",
    "idle",
    "in_force",
    "make_plan",
    "measures_of",
    "outcomes_named",
    "plan_comparison",
    "policy_names",
    "read_batch",
    "read_policies",
    "readable",
    "refuse_other_batch",
    "refuse_too_large",
    "sameness",
    "select_policies",
    "told",
    "touched_by",
    "touching",
    "undated",
    "under",
    "usual_batch",
    "with_values",
    "worker_bytes",
]
