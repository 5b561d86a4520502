"""The manifest of a run directory: what was run, with what, and how long it took."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from experiments.errors import UserError
from experiments.files import write_text
from experiments.measures import Outcome

if TYPE_CHECKING:
    from experiments.plan import Plan

NAME: Final = "manifest.json"
FORMAT: Final = 1


@dataclass
class Manifest:
    """What a run directory says about itself.

    ``identity`` is what the lanes depend on; a directory never holds lanes of two identities.
    ``runs`` has an entry for each time the command worked on the directory and ended in order.
    """

    identity: dict[str, Any]
    replications: int
    horizon_days: float
    outcomes: tuple[Outcome, ...]
    documents: dict[str, Any]
    runs: list[dict[str, Any]]
    complete: bool

    @classmethod
    def of(cls, plan: Plan, engine: dict[str, Any]) -> Manifest:
        """Return the manifest of a comparison that is about to be run."""
        documents = {
            "scenario": plan.scenario.document(),
            "policies": {policy.name: policy.document() for policy in plan.policies},
        }
        return cls(
            identity={**plan.identity(), "engine": engine},
            replications=plan.replications,
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
    def policies(self) -> tuple[str, ...]:
        """Names of the policies."""
        return tuple(policy["name"] for policy in self.identity["policies"])

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
            "complete": self.complete,
            "horizon_days": self.horizon_days,
            "outcomes": [outcome.document() for outcome in self.outcomes],
            "runs": self.runs,
            "scenario": self.documents["scenario"],
            "policies": self.documents["policies"],
        }

    def write(self, folder: Path) -> None:
        """Write it into `folder`, whole."""
        text = json.dumps(self.document(), indent=2, ensure_ascii=False, allow_nan=False)
        write_text(folder / NAME, text + "\n")

    def differences(self, other: Manifest) -> list[str]:
        """Say in words what this experiment is and another one is not."""
        mine, theirs = self.identity, other.identity
        found = []
        if mine["scenario"] != theirs["scenario"]:
            found.append(_scenario_difference(mine["scenario"], theirs["scenario"]))
        if mine["policies"] != theirs["policies"]:
            found.append(_policy_difference(mine["policies"], theirs["policies"]))
        found += [
            f"{key} {mine[key]}, not {theirs[key]}"
            for key in ("baseline", "seed")
            if mine[key] != theirs[key]
        ]
        if mine["engine"] != theirs["engine"]:
            found.append("the engine's code was different")
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
            horizon_days=float(content["horizon_days"]),
            outcomes=tuple(Outcome(**row) for row in content["outcomes"]),
            documents={"scenario": content["scenario"], "policies": content["policies"]},
            runs=list(content["runs"]),
            complete=bool(content["complete"]),
        )
    except FileNotFoundError:
        raise UserError(
            f"{folder}: no {NAME}",
            "a run directory is made by `fivesteps compare`",
            "give the directory that was its --out",
        ) from None
    except OSError as error:
        raise _unusable(path, f"cannot be read ({error.strerror})") from None
    except (ValueError, KeyError, TypeError) as error:
        raise _unusable(path, f"is damaged ({type(error).__name__}: {error})") from None


def _checked_identity(identity: dict[str, Any]) -> dict[str, Any]:
    """Return `identity`; raise KeyError or TypeError if something in it is missing."""
    for part in (identity["scenario"], identity["engine"], *identity["policies"]):
        str(part["digest"])
    str(identity["scenario"]["name"])
    names = [str(policy["name"]) for policy in identity["policies"]]
    if identity["baseline"] not in names or not isinstance(identity["seed"], int):
        msg = "baseline or seed"
        raise ValueError(msg)
    return identity


def _unusable(path: Path, found: str) -> UserError:
    return UserError(
        f"{path}: {found}",
        f"a run directory has a {NAME} of format {FORMAT}, as `fivesteps compare` wrote it",
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
