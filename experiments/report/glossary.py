"""What words mean: each stands at the end of a report, and is linked wherever it is used."""

from __future__ import annotations

from typing import Final

GLOSSARY: Final = {
    "alternative": "a policy, with or without measures in force, that is compared with the"
    " baseline.",
    "assumed": "of a number: no source says it. Somebody chose it and wrote down why.",
    "baseline": "the alternative that all others are compared with.",
    "desk": "people who read reports: a unit in a Member State, or in a body of the Union.",
    "interval": "the range that holds what is estimated in 95 of 100 such experiments. It tells how"
    " much chance there is in a finding, not how far the model is from the real world.",
    "lane": "one alternative in one world.",
    "measure": "an action of a strategy, which changes the world from a date on.",
    "median": "half of the worlds lie below it and half above.",
    "not sure": "the difference may be chance: its interval holds zero, or p is not below 0.05.",
    "outcome": "a number that a lane ends with, such as victims freed or hours of work.",
    "percentile": "the 10th is the value below which one world in ten lies, the 90th that below"
    " which nine in ten lie.",
    "policy": "rules that say who tells whom what, over which channel, and when.",
    "post": "people of an organisation who do the same work, and for whom cases wait.",
    "rights": "outcomes that tell what happens to personal data, and to persons who did nothing.",
    "robust": "good, or good enough, whichever of the settings is true.",
    "seed": "the number that all chance in the worlds follows from. The same seed gives the same"
    " worlds.",
    "setting": "one choice of the numbers that an experiment varies.",
    "sure": "the interval of a difference leaves zero out, and p, adjusted for all that is asked"
    " together, is below 0.05.",
    "world": "one random course of events. All alternatives meet the same worlds, so that they"
    " differ by nothing but themselves.",
}
"""Words, in the singular, and their meanings; a plural in s is known, too."""
