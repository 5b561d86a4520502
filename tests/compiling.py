"""The kernel is compiled once, before many processes would each do it at the same time."""

from __future__ import annotations

import fcntl
import importlib.util


def compile_once() -> None:
    """Compile the kernel, or wait until another process has; what it did is kept on disk."""
    if importlib.util.find_spec("numba") is None:
        return
    from sim.kernel.compiled.jit import kept_in

    folder = kept_in()
    if folder is None:
        return
    with (folder / "tests.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        _use_every_rule()


def _use_every_rule() -> None:
    from sim.kernel.compiled import CompiledKernel
    from sim.seam.port import LaneId, advance
    from tests.worlds import ScriptedHost, example_script, example_world

    world = example_world()
    lanes = [LaneId(point, 7, number) for point in (0, 1) for number in range(6)]
    host = ScriptedHost([example_script()] * len(lanes))
    advance(CompiledKernel(world, lanes), host, world.horizon)


if __name__ == "__main__":
    compile_once()
