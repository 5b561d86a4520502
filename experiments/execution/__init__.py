"""Running the chunks of a plan: in this process, in several, on several machines.

``job`` says what a chunk's run is, wherever it happens. An executor takes chunks one after the
other and has each run somewhere; a chunk is done when its shard is on the disk. ``here``,
``processes`` and ``on_dask`` are executors; a batch system runs whole commands, each with a share
of the chunks (``slurm``). ``course`` counts what is done and shows it; ``running`` goes from a plan
to finished tables.
"""

from experiments.execution.assessing import (
    Extent,
    run_assessment,
)
from experiments.execution.choose import (
    chosen_executor,
    local,
)
from experiments.execution.estimate import (
    Division,
    divide,
)
from experiments.execution.placing import How
from experiments.execution.running import (
    Ran,
    refuse_unfinished,
    run_plan,
    tell_of_failures,
)
from experiments.execution.single import (
    run_single,
)
from experiments.execution.slurm import (
    LOGS,
    MARGIN_S,
    ArrayJob,
    Site,
    Task,
    commands,
    sbatch_script,
    this_command,
    wall_time_for,
    wall_time_s,
)
from experiments.execution.stages import (
    Precise,
    aim_of,
    run_ranking,
    run_until_precise,
)
from experiments.execution.stopping import (
    end_of,
)
from experiments.execution.verifying import (
    Verified,
    verify,
)

__all__ = [
    "LOGS",
    "MARGIN_S",
    "ArrayJob",
    "Division",
    "Extent",
    "How",
    "Precise",
    "Ran",
    "Site",
    "Task",
    "Verified",
    "aim_of",
    "chosen_executor",
    "commands",
    "divide",
    "end_of",
    "local",
    "refuse_unfinished",
    "run_assessment",
    "run_plan",
    "run_ranking",
    "run_single",
    "run_until_precise",
    "sbatch_script",
    "tell_of_failures",
    "this_command",
    "verify",
    "wall_time_for",
    "wall_time_s",
]
