"""The manifest of a run directory: what was run, with what, and how long it took."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from experiments.errors import UserError
from experiments.outcomes import Outcome
from experiments.store.files import write_text

if TYPE_CHECKING:
    from experiments.planning import Plan

NAME: Final = "manifest.json"
FORMAT: Final = 2

DOCUMENTS: Final = ("scenario", "policies", "design", "experiment")
"""What was run, in full."""

OTHER_CODE: Final = "the engine's code was different"


@dataclass
class Manifest:
    """What a run directory says about itself.

    ``identity`` is what the lanes depend on; a directory never holds lanes of two identities.
    ``runs`` has an entry for each time the command worked on the directory and ended in order.
    """

    identity: dict[str, Any]
    replications: int
    fewer: dict[str, int]
    """Replications of the policies that have fewer, by name."""
    block: int
    """Lanes in a block, for processes that share the work out among themselves."""
    horizon_days: float
    outcomes: tuple[Outcome, ...]
    documents: dict[str, Any]
    runs: list[dict[str, Any]]
    complete: bool

    @classmethod
    def of(cls, plan: Plan, engine: dict[str, Any], block: int) -> Manifest:
        """Return the manifest of an experiment that is about to be run."""
        documents = {
            "scenario": plan.scenario.document(),
            "policies": {policy.name: policy.document() for policy in plan.policies},
            "design": plan.settings.document(),
            "experiment": dict(plan.experiment),
        }
        return cls(
            identity={**plan.identity(), "engine": engine},
            replications=plan.replications,
            fewer=dict(plan.fewer),
            block=block,
            horizon_days=float(plan.scenario.horizon_days),
            outcomes=plan.outcomes,
            documents=documents,
            runs=[],
            complete=False,
        )

    @property
    def scenario(self) -> str:
        """Name of the scenario."""
        return str(self.identity["scenario"]["name"])

    @property
    def settings(self) -> int:
        """Number of settings."""
        return int(self.identity["design"]["settings"])

    @property
    def policies(self) -> tuple[str, ...]:
        """Names of the policies."""
        return tuple(policy["name"] for policy in self.identity["policies"])

    def parameters(self) -> dict[str, list[Any]]:
        """Return the value of each parameter in each setting, as the user wrote it, by name.

        A measure is 0 or 1: without or with it.
        """
        design = self.documents["design"]
        columns = {}
        for place, name in enumerate(design["names"]):
            numbers = [float(row[place]) for row in design["table"]]
            levels = _levels(design["changes"][place])
            columns[name] = [levels[int(number)] for number in numbers] if levels else numbers
        return columns

    def member_codes(self) -> tuple[str, ...]:
        """Codes of the Member States of the place that was simulated."""
        place = self.documents["scenario"].get("place_content", {})
        return tuple(str(member["code"]) for member in place.get("members", ()))

    def document(self) -> dict[str, Any]:
        """Return the manifest as plain JSON content."""
        return {
            "format": FORMAT,
            "identity": self.identity,
            "replications": self.replications,
            "fewer": self.fewer,
            "block": self.block,
            "complete": self.complete,
            "horizon_days": self.horizon_days,
            "outcomes": [outcome.document() for outcome in self.outcomes],
            "runs": self.runs,
            **self.documents,
        }

    def write(self, folder: Path) -> None:
        """Write it into `folder`, whole."""
        text = json.dumps(self.document(), indent=2, ensure_ascii=False, allow_nan=False)
        write_text(folder / NAME, text + "\n")

    def grown(self, wanted: Manifest) -> bool:
        """Take on what another manifest of the same identity has new; say whether there was any.

        More replications are to be run. What an experiment's file says beside the identity, such
        as the outcomes that tables show, is taken as it was last given; a plan that comes from no
        such file says nothing about it.
        """
        before = self.replications, self.fewer, self.documents["experiment"]
        if (self.replications, self.fewer) != (wanted.replications, wanted.fewer):
            self.replications, self.fewer = wanted.replications, wanted.fewer
            self.complete = False
        if wanted.documents["experiment"]:
            self.documents["experiment"] = wanted.documents["experiment"]
        return before != (self.replications, self.fewer, self.documents["experiment"])

    def differences(self, other: Manifest) -> list[str]:
        """Say in words what this experiment is and another one is not."""
        mine, theirs = self.identity, other.identity
        found = []
        if mine["scenario"] != theirs["scenario"]:
            found.append(_scenario_difference(mine["scenario"], theirs["scenario"]))
        if mine["policies"] != theirs["policies"]:
            found.append(_policy_difference(mine["policies"], theirs["policies"]))
        if mine["design"] != theirs["design"]:
            found.append("settings were different")
        found += [
            f"{key} {mine[key]}, not {theirs[key]}"
            for key in ("baseline", "seed")
            if mine[key] != theirs[key]
        ]
        if mine["engine"] != theirs["engine"]:
            found.append(OTHER_CODE)
        return found


def read_manifest(folder: Path) -> Manifest:
    """Read the manifest of a run directory.

    Raises
    ------
    UserError
        If there is none or it is not one of ours.
    """
    path = folder / NAME
    try:
        content = json.loads(path.read_bytes())
        if content["format"] != FORMAT:
            raise _unusable(path, f"has format {content['format']!r}")
        return Manifest(
            identity=_checked_identity(content["identity"]),
            replications=int(content["replications"]),
            fewer={str(name): int(most) for name, most in content["fewer"].items()},
            block=int(content["block"]),
            horizon_days=float(content["horizon_days"]),
            outcomes=tuple(Outcome(**row) for row in content["outcomes"]),
            documents={name: content[name] for name in DOCUMENTS},
            runs=list(content["runs"]),
            complete=bool(content["complete"]),
        )
    except FileNotFoundError:
        raise UserError(
            f"{folder}: no {NAME}",
            "a run directory is made by `fivesteps compare` or `fivesteps sweep`",
            "give the directory that was its --out",
        ) from None
    except OSError as error:
        raise _unusable(path, f"cannot be read ({error.strerror})") from None
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise _unusable(path, f"is damaged ({type(error).__name__}: {error})") from None


def _levels(changes: list[dict[str, Any]]) -> list[Any]:
    """Return what the numbers of a column stand for; empty where they are what they say."""
    levels = next((list(one["levels"]) for one in changes if one.get("levels")), [])
    return [] if levels[:1] == [None] else levels


def _checked_identity(identity: dict[str, Any]) -> dict[str, Any]:
    """Return `identity`; raise KeyError or TypeError if something in it is missing."""
    for part in (identity["scenario"], identity["engine"], *identity["policies"]):
        str(part["digest"])
    str(identity["scenario"]["name"])
    str(identity["design"]["digest"])
    int(identity["design"]["settings"])
    names = [str(policy["name"]) for policy in identity["policies"]]
    if identity["baseline"] not in names or not isinstance(identity["seed"], int):
        msg = "baseline or seed"
        raise ValueError(msg)
    return identity


def _unusable(path: Path, found: str) -> UserError:
    return UserError(
        f"{path}: {found}",
        f"a run directory has a {NAME} of format {FORMAT}, as this version of fivesteps writes it",
        "give another directory; nothing was changed in this one",
    )


def _scenario_difference(mine: dict[str, str], theirs: dict[str, str]) -> str:
    if mine["name"] == theirs["name"]:
        return f"the content of scenario {mine['name']} was different"
    return f"scenario {mine['name']}, not {theirs['name']}"


def _policy_difference(mine: list[dict[str, str]], theirs: list[dict[str, str]]) -> str:
    names = [policy["name"] for policy in mine]
    others = [policy["name"] for policy in theirs]
    if names != others:
        return f"policies {','.join(names)}, not {','.join(others)}"
    changed = [policy["name"] for policy in mine if policy not in theirs]
    return f"the content of policy {', '.join(changed)} was different"
