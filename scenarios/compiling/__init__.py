"""From declarations to the arrays and the layout that a kernel runs."""

from scenarios.compiling.channels import (
    build_network,
)
from scenarios.compiling.compiled import (
    Compiled,
    Layout,
    compile_together,
    compile_world,
)
from scenarios.compiling.desks import (
    rates,
    watch_streams,
)
from scenarios.compiling.phases import Variant
from scenarios.compiling.terms import deciding_rules, rule_of

__all__ = [
    "Compiled",
    "Layout",
    "Variant",
    "build_network",
    "compile_together",
    "compile_world",
    "deciding_rules",
    "rates",
    "rule_of",
    "watch_streams",
]
