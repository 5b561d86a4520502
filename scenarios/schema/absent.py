"""Who and what takes no part in a scenario, though the place has it."""

from __future__ import annotations

from scenarios.schema.spec import Spec


class Absent(Spec):
    """Desks and ways that are closed from the first tick to the last.

    What happens in a state goes on; its desks see, read, ask and tell nothing.
    """

    organisations: tuple[str, ...] = ()
    """Member States by code, and bodies, all of whose desks and stores are closed."""
    desks: tuple[str, ...] = ()
    """Kinds of desk or store that are closed everywhere: ``police``, ``europol.analysis``."""
    instruments: tuple[str, ...] = ()
    """Instruments that carry nothing."""
