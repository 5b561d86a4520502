"""The manifest of a run directory: what was run, with what, and how long it took."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from experiments.errors import UserError
from experiments.outcomes import Outcome
from experiments.store.files import write_text
from experiments.store.opening import content, damaged
from experiments.store.records import FORMAT, ManifestRecord, held_to, parsed
from scenarios.errors import shown

if TYPE_CHECKING:
    from experiments.planning import Cell, Plan, Scale

NAME: Final = "manifest.json"
DOCUMENTS: Final = ("scenario", "policies", "design", "experiment")
"""What was run, in full."""

OTHER_CODE: Final = "the code of the engine or of a threat was different"


@dataclass
class Manifest:
    """What a run directory says about itself.

    ``identity`` is what the lanes depend on; a directory never holds lanes of two identities.
    ``runs`` has an entry for each time the command worked on the directory and ended in order. On
    disk it has a seal, the SHA-256 of all it says: whoever reads it knows that it is as written.
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
    files: dict[str, str]
    """SHA-256 of the files that were finished, by their names: packed shards and tables."""
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
            files={},
            complete=False,
        )

    @property
    def scenario(self) -> str:
        """Name of the scenario."""
        return str(self.identity["scenario"]["name"])

    @property
    def kinds(self) -> list[str]:
        """Kinds of the threats."""
        return [str(one["kind"]) for one in self.documents["scenario"]["threats"].values()]

    @property
    def settings(self) -> int:
        """Number of settings."""
        return int(self.identity["design"]["settings"])

    @property
    def policies(self) -> tuple[str, ...]:
        """Names of the policies."""
        return tuple(policy["name"] for policy in self.identity["policies"])

    def parameters(self) -> dict[str, list[Cell]]:
        """Return the level of each parameter in each setting, as the user wrote it, by name.

        Each is a column of one type: numbers, true and false, or else words ("as declared" where
        a parameter leaves the scenario as it is; a whole declaration as JSON). A duration of a
        list is as written, one drawn from a range is a number of hours. A measure is 0 or 1:
        without or with it.
        """
        table = self.documents["design"]["table"]
        return {
            name: scale.column(float(row[place]) for row in table)
            for place, (name, scale) in enumerate(self.scales().items())
        }

    def scales(self) -> dict[str, Scale]:
        """Return what the numbers of each parameter stand for, by name."""
        from experiments.planning import Scale

        design = self.documents["design"]
        return dict(zip(design["names"], map(Scale.of, design["scales"]), strict=True))

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
            "files": self.files,
            **self.documents,
        }

    def write(self, folder: Path) -> None:
        """Write it into `folder`, whole."""
        document = json.loads(json.dumps(self.document(), allow_nan=False))
        document = {"format": FORMAT, "seal": _seal(document), **document}
        text = json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False)
        write_text(folder / NAME, text + "\n")

    def grown(self, wanted: Manifest) -> bool:
        """Take on what another manifest of the same experiment has new; say whether there was any.

        More replications or policies are to be run, and tables have the policies in the order
        that was last given. What an experiment's file says beside the identity, such
        as the outcomes that tables show, is taken as it was last given; a plan that comes from no
        such file says nothing about it.
        """
        before = self.documents["experiment"]
        lanes = self.replications, self.fewer, self.policies
        others = wanted.replications, wanted.fewer, wanted.policies
        if lanes != others:
            self.replications, self.fewer = wanted.replications, wanted.fewer
            self.identity["policies"] = wanted.identity["policies"]
            self.documents["policies"] = wanted.documents["policies"]
            self.complete = False
        if wanted.documents["experiment"]:
            self.documents["experiment"] = wanted.documents["experiment"]
        return lanes != others or before != self.documents["experiment"]

    def differences(self, other: Manifest) -> list[str]:
        """Say in words what this experiment is and another is not; it may have more policies."""
        mine, theirs = self.identity, other.identity
        found = []
        if mine["scenario"] != theirs["scenario"]:
            found.append(_scenario_difference(mine["scenario"], theirs["scenario"]))
        if any(policy not in theirs["policies"] for policy in mine["policies"]):
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
        If there is none or it is not one of ours, as it was written.
    """
    path = folder / NAME
    try:
        found = parsed(path, content(path))
        _check_seal(path, found)
        held_to(ManifestRecord, path, found)
    except FileNotFoundError:
        raise UserError(
            f"{folder}: no {NAME}",
            "a run directory is made by `fivesteps compare` or `fivesteps sweep`",
            "give the directory that was its --out",
        ) from None
    except UserError as error:
        raise UserError(
            error.what,
            f"a run directory has a {NAME} of format {FORMAT}, as it was written by this version"
            " of fivesteps",
            "put it back as it was, or give another directory; nothing was changed in this one",
        ) from None
    return Manifest(
        identity=found["identity"],
        replications=found["replications"],
        fewer=found["fewer"],
        block=found["block"],
        horizon_days=float(found["horizon_days"]),
        outcomes=tuple(Outcome(**row) for row in found["outcomes"]),
        documents={name: found[name] for name in DOCUMENTS},
        runs=found["runs"],
        files=found["files"],
        complete=found["complete"],
    )


def _seal(document: Mapping[str, Any]) -> str:
    """Return the SHA-256 of all that a manifest says beside this."""
    rest = {key: value for key, value in document.items() if key != "seal"}
    text = json.dumps(rest, sort_keys=True, ensure_ascii=False, allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()


def _check_seal(path: Path, found: Any) -> None:  # noqa: ANN401 - any JSON
    if not isinstance(found, dict) or found.get("format") != FORMAT:
        has = found.get("format") if isinstance(found, dict) else None
        raise damaged(path, f"has format {shown(has)}")
    try:
        seal = _seal(found)
    except ValueError as error:
        raise damaged(path, f"is damaged ({error})") from None
    if found.get("seal") != seal:
        raise damaged(path, "is not as it was written: its seal does not fit")


def _scenario_difference(mine: dict[str, str], theirs: dict[str, str]) -> str:
    if mine["name"] == theirs["name"]:
        return f"the content of scenario {mine['name']} was different"
    return f"scenario {mine['name']}, not {theirs['name']}"


def _policy_difference(mine: list[dict[str, str]], theirs: list[dict[str, str]]) -> str:
    names = [policy["name"] for policy in mine]
    others = [policy["name"] for policy in theirs]
    if missing := [name for name in names if name not in others]:
        return f"policies {','.join(names)}; what it holds of {','.join(missing)} is not cut"
    changed = [policy["name"] for policy in mine if policy not in theirs]
    return f"the content of policy {', '.join(changed)} was different"
