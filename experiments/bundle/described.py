"""What stands beside a run in a bundle, for people and for catalogues of research data."""

from __future__ import annotations

import io
import json
from collections.abc import Iterable
from importlib import metadata
from pathlib import Path, PurePosixPath
from typing import Any, Final

from ruamel.yaml import YAML

from experiments.store import Manifest

_CONTEXT: Final = "https://w3id.org/ro/crate/1.2/context"
_PROFILE: Final = "https://w3id.org/ro/crate/1.2"
_LICENCE: Final = "https://spdx.org/licenses/Apache-2.0"
_FORMATS: Final = {
    ".csv": "text/csv",
    ".json": "application/json",
    ".yaml": "application/yaml",
    ".parquet": "application/vnd.apache.parquet",
    ".html": "text/html",
    ".md": "text/markdown",
    ".txt": "text/plain",
    ".cff": "application/yaml",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".pdf": "application/pdf",
}


def described(manifest: Manifest, others: Iterable[str]) -> dict[str, bytes]:
    """Return the files that describe a run, by their names in the bundle.

    Parameters
    ----------
    manifest
        Of the run directory.
    others
        Names of the other files in the bundle.
    """
    made = {
        **_declarations(manifest),
        "README.md": _readme(manifest),
        "requirements.txt": _requirements(manifest),
        "CITATION.cff": _citation(manifest),
        "codemeta.json": _codemeta(manifest),
    }
    texts = {name: text.encode() for name, text in made.items()}
    crate = _crate(manifest, sorted([*others, *texts]))
    return {**texts, "ro-crate-metadata.json": _json(crate).encode()}


def _declarations(manifest: Manifest) -> dict[str, str]:
    """Return scenario, place, policies and design as they were run, as YAML."""
    documents = manifest.documents
    scenario = dict(documents["scenario"])
    found = {"place.yaml": scenario.pop("place_content"), "scenario.yaml": scenario}
    if documents["design"]["names"]:
        found["design.yaml"] = documents["design"]
    if documents["experiment"]:
        found["experiment.yaml"] = documents["experiment"]
    found |= {
        f"policies/{number:02}-{_plain(name)}.yaml": documents["policies"][name]
        for number, name in enumerate(manifest.policies, start=1)
    }
    return {f"declarations/{name}": _yaml(content) for name, content in found.items()}


def _plain(name: str) -> str:
    """Return the name of an alternative as the name of a file."""
    return name.replace(" + ", "+")[:100]


def _yaml(content: object) -> str:
    stream = io.StringIO()
    writer = YAML(typ="safe", pure=True)
    writer.default_flow_style = False
    writer.sort_base_mapping_type_on_output = False  # type: ignore[assignment]
    writer.dump(content, stream)
    return stream.getvalue()


def _json(content: object) -> str:
    return json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def _libraries(manifest: Manifest) -> dict[str, str]:
    """Return the versions of the last run, by the name of the library."""
    libraries: dict[str, str] = manifest.runs[-1]["libraries"]
    return {"fivesteps": str(manifest.identity["engine"]["version"]), **libraries}


def _requirements(manifest: Manifest) -> str:
    python = manifest.runs[-1]["python"]
    lines = [f"{name}=={number}" for name, number in sorted(_libraries(manifest).items())]
    return f"# What the run was made with; Python {python}.\n" + "\n".join(lines) + "\n"


def _title(manifest: Manifest) -> str:
    return f"{manifest.scenario} under {', '.join(manifest.policies)}"


def _size(manifest: Manifest) -> str:
    """Return in words how much was run."""
    sizes = (
        (manifest.settings, "setting"),
        (len(manifest.policies), "alternative"),
        (manifest.replications, "random world"),
    )
    counts = (f"{count:,} {noun}{'s' * (count > 1)}" for count, noun in sizes)
    identity = manifest.identity
    return (
        f"{', '.join(counts)} of root seed {identity['seed']}, {manifest.horizon_days:g} days each;"
        f" baseline `{identity['baseline']}`"
    )


def _readme(manifest: Manifest) -> str:
    identity = manifest.identity
    return f"""# {_title(manifest)}

A run of fivesteps: {_size(manifest)}.

| | |
| --- | --- |
| `run/` | the run directory: tables, every lane, series; `run/manifest.json` says all of it |
| `report.html` | what came out, for readers: open it in a browser |
| `declarations/` | scenario, place, policies and design as they were run |
| `requirements.txt` | versions that it was made with |
| `SHA256SUMS` | checksums: `sha256sum -c SHA256SUMS` |

To see that it comes out the same elsewhere, to the bit:

    pip install -r requirements.txt
    fivesteps verify THIS.zip --lanes all

Code of the engine: SHA-256 `{identity["engine"]["digest"]}`.
"""


def _author() -> str:
    try:
        return str(metadata.metadata("fivesteps")["Author"] or "")
    except metadata.PackageNotFoundError:
        return ""


def _citation(manifest: Manifest) -> str:
    return _yaml(
        {
            "cff-version": "1.2.0",
            "message": "If you use this run, please cite it, and the software that made it.",
            "type": "dataset",
            "title": f"Simulation runs: {_title(manifest)}",
            "version": manifest.identity["engine"]["digest"][:12],
            "date-released": manifest.runs[-1]["begun"][:10],
            "license": "Apache-2.0",
            "authors": [{"name": _author() or "The fivesteps contributors"}],
            "references": [_software(manifest)],
        }
    )


def _software(manifest: Manifest) -> dict[str, Any]:
    return {
        "type": "software",
        "title": "fivesteps",
        "version": str(manifest.identity["engine"]["version"]),
        "authors": [{"name": "The fivesteps contributors"}],
    }


def _codemeta(manifest: Manifest) -> str:
    return _json(
        {
            "@context": "https://w3id.org/codemeta/3.0",
            "@type": "SoftwareSourceCode",
            "name": "fivesteps",
            "version": str(manifest.identity["engine"]["version"]),
            "license": _LICENCE,
            "programmingLanguage": f"Python {manifest.runs[-1]['python']}",
            "softwareRequirements": [
                f"{name}=={number}" for name, number in sorted(_libraries(manifest).items())
            ],
            "author": [{"@type": "Organization", "name": "The fivesteps contributors"}],
        }
    )


def _crate(manifest: Manifest, names: list[str]) -> dict[str, Any]:
    """Return the metadata of an RO-Crate: what lies in the bundle, and what made it."""
    files = [
        {
            "@id": name,
            "@type": "File",
            "name": PurePosixPath(name).name,
            "encodingFormat": _FORMATS.get(Path(name).suffix, "application/octet-stream"),
        }
        for name in names
    ]
    run = manifest.runs[-1]
    return {
        "@context": _CONTEXT,
        "@graph": [
            {
                "@id": "ro-crate-metadata.json",
                "@type": "CreativeWork",
                "conformsTo": {"@id": _PROFILE},
                "about": {"@id": "./"},
            },
            {
                "@id": "./",
                "@type": "Dataset",
                "name": f"Simulation runs: {_title(manifest)}",
                "description": manifest.documents["scenario"]["meaning"],
                "datePublished": run["begun"],
                "license": {"@id": _LICENCE},
                "hasPart": [{"@id": name} for name in names],
                "mentions": {"@id": "#run"},
            },
            {
                "@id": "#run",
                "@type": "CreateAction",
                "name": "The runs",
                "startTime": manifest.runs[0]["begun"],
                "instrument": {"@id": "#fivesteps"},
                "result": [{"@id": f"run/{name}"} for name in sorted(manifest.files)],
            },
            {
                "@id": "#fivesteps",
                "@type": "SoftwareApplication",
                "name": "fivesteps",
                "version": str(manifest.identity["engine"]["version"]),
                "softwareRequirements": f"Python {run['python']}",
            },
            {"@id": _LICENCE, "@type": "CreativeWork", "name": "Apache License 2.0"},
            *files,
        ],
    }
