"""From declarations to the arrays and the layout that a kernel runs."""

from scenarios.compiling.channels import (
    build_network,
)
from scenarios.compiling.compiled import (
    Compiled,
    Layout,
    compile_world,
)
from scenarios.compiling.desks import (
    watch_streams,
)
from scenarios.compiling.terms import deciding_rules, rule_of

__all__ = [
    "Compiled",
    "Layout",
    "build_network",
    "compile_world",
    "deciding_rules",
    "rule_of",
    "watch_streams",
]
