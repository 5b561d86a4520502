"""From declarations to the arrays and the layout that a kernel runs."""

from scenarios.compiling.channels import build_network
from scenarios.compiling.compiled import Compiled, InForce, Layout, compile_points, compile_world
from scenarios.compiling.point import Point, Stretch
from scenarios.compiling.seeing import views
from scenarios.compiling.terms import deciding_rules, rule_of
from scenarios.compiling.threats import Threats

__all__ = [
    "Compiled",
    "InForce",
    "Layout",
    "Point",
    "Stretch",
    "Threats",
    "build_network",
    "compile_points",
    "compile_world",
    "deciding_rules",
    "rule_of",
    "views",
]
