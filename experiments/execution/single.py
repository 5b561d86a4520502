"""Running one policy and keeping the outcomes in memory."""

from __future__ import annotations

import numpy as np

from experiments.errors import StoppedError
from experiments.outcomes import F64, Results
from experiments.planning import Plan, batch_that_fits, choose_kernel
from experiments.terminal import progress


def run_single(plan: Plan, *, batch: int | None = None, kernel: str = "auto") -> Results:
    """Run all lanes of `plan` in this process, without a run directory.

    Raises
    ------
    UserError
        If the lanes do not fit into the memory.
    StoppedError
        If the user stops it.
    """
    from agents import engines, footprint, run_compiled
    from scenarios import compile_world

    chosen = choose_kernel(kernel)
    engine = engines(chosen)
    compiled = compile_world(plan.scenario, plan.policies)
    size = batch_that_fits(plan, footprint(compiled.world), chosen, batch=batch, workers=1)
    shape = len(plan.policies), plan.replications
    values: dict[str, F64] = {o.name: np.full(shape, np.nan) for o in plan.outcomes}
    done = np.zeros(shape, np.bool_)
    ticks = plan.scenario.ticks
    with progress(f"running {plan.lanes:,} lanes", plan.lanes * ticks) as advance:
        before = 0
        for [(_, lanes)] in (chunk.parts for chunk in plan.chunks(done[None], size)):

            def on_tick(tick: int, before: int = before, count: int = len(lanes)) -> None:
                advance(before * ticks + (tick + 1) * count)

            try:
                result = run_compiled(compiled, lanes, on_tick=on_tick, engine=engine)
            except KeyboardInterrupt:
                raise StoppedError("stopped: nothing was kept") from None
            points = [lane.point for lane in lanes]
            replications = [lane.replication for lane in lanes]
            for name, held in values.items():
                held[points, replications] = result.outcomes[name]
            done[points, replications] = True
            before += len(lanes)
    return Results(
        scenario=plan.scenario.name,
        policies=plan.names,
        baseline=plan.baseline,
        seed=plan.seed,
        horizon_days=float(plan.scenario.horizon_days),
        outcomes=plan.outcomes,
        values=values,
        done=done,
    )
