"""Outlines of states, in the equal-area projection of European statistics.

This is the only file that knows where outlines come from; see
``docs/decisions/0010-map-geometry.md``. They are those of today at a scale of 1 to 50 million.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import pairwise
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

F64 = NDArray[np.float64]

PACK: Final = "world-countries-2024"
SOURCE: Final = "outlines: Natural Earth, public domain"

ISO: Final = {"EL": "GR", "UK": "GB"}
"""Codes of the Union that differ from those of ISO 3166-1."""
WHOLE: Final = {"CY": ("N. Cyprus",), "FI": ("\u00c5land",)}
"""Areas that the outlines hold apart and that belong to a Member State's territory."""

CENTRE_DEG: Final = (52.0, 10.0)
FALSE_ORIGIN_M: Final = (4_321_000.0, 3_210_000.0)
AXIS_M: Final = 6_378_137.0
FLATTENING: Final = 1 / 298.257222101
"""The ellipsoid GRS 1980."""

LAND_DEG: Final = ((-32.0, 65.0), (26.0, 76.0))
"""Longitudes and latitudes within which land is kept."""
LEAST_POINTS: Final = 4


@dataclass(frozen=True)
class Land:
    """One area: closed rings of points, shape (n, 2) each, in metres east and north."""

    code: str
    """Code of a state, or an empty text for land that is none of those asked for."""
    rings: tuple[F64, ...]

    @cached_property
    def inner(self) -> tuple[F64, float]:
        """The point farthest inside its largest part, and how far it is inside."""
        return inner_point(max(self.rings, key=ring_area))


def ring_area(ring: F64) -> float:
    """Return the area inside a ring, in square metres."""
    x, y = ring.T
    return abs(float(np.dot(x[:-1], y[1:]) - np.dot(x[1:], y[:-1]))) / 2


def project(lon: F64, lat: F64) -> F64:
    """Project degrees to metres east and north, shape (n, 2): ETRS89-LAEA Europe (EPSG:3035).

    Lambert's azimuthal equal-area projection of the ellipsoid (EPSG method 9820; Snyder, "Map
    projections: a working manual", USGS professional paper 1395, 1987, section 24).
    """
    e2 = FLATTENING * (2 - FLATTENING)
    e = np.sqrt(e2)

    def authalic(phi: F64) -> F64:
        s = np.sin(phi)
        bracket = s / (1 - e2 * s**2) - np.log((1 - e * s) / (1 + e * s)) / (2 * e)
        return np.asarray((1 - e2) * bracket)

    lat0, lon0 = np.radians(CENTRE_DEG)
    pole = authalic(np.array(np.pi / 2))
    beta0 = np.arcsin(authalic(lat0) / pole)
    beta = np.arcsin(np.clip(authalic(np.radians(lat)) / pole, -1, 1))
    turn = np.radians(lon) - lon0
    radius = AXIS_M * np.sqrt(pole / 2)
    stretch = AXIS_M * np.cos(lat0) / np.sqrt(1 - e2 * np.sin(lat0) ** 2)
    stretch = stretch / (radius * np.cos(beta0))
    away = 1 + np.sin(beta0) * np.sin(beta) + np.cos(beta0) * np.cos(beta) * np.cos(turn)
    scale = radius * np.sqrt(2 / np.maximum(away, 1e-9))
    east = scale * stretch * np.cos(beta) * np.sin(turn)
    north = np.cos(beta0) * np.sin(beta) - np.sin(beta0) * np.cos(beta) * np.cos(turn)
    return np.stack((east, scale / stretch * north), axis=-1) + FALSE_ORIGIN_M


def areas(codes: tuple[str, ...]) -> tuple[Land, ...]:
    """Return the land around Europe; states asked for that have no outline are not among it."""
    wanted = {ISO.get(code, code): code for code in codes}
    apart = {name: code for code, names in WHOLE.items() if code in codes for name in names}
    found: dict[str, list[F64]] = {}
    for iso, name, rings in _world():
        code = wanted.get(iso) or apart.get(name, "")
        found.setdefault(code, []).extend(rings)
    return tuple(Land(code, tuple(rings)) for code, rings in found.items())


@lru_cache(maxsize=1)
def _world() -> tuple[tuple[str, str, tuple[F64, ...]], ...]:
    """Return ISO code (or empty text), name and projected rings of every area around Europe."""
    from mapcraft import packs

    pack = packs.load(PACK)
    arcs = _arcs(pack.topology)
    iso = {
        number: next((a for a in region.aliases if len(a) == len("XX") and a.isalpha()), "")
        for number, region in pack.regions.items()
    }
    found = []
    for shape in pack.topology["objects"][pack.object_name]["geometries"]:
        rings = [ring for ring in _rings(shape, arcs) if _is_near(ring)]
        if rings:
            name = shape["properties"]["name"]
            found.append((iso.get(shape.get("id", ""), ""), name, tuple(map(_projected, rings))))
    return tuple(found)


def _projected(ring: F64) -> F64:
    return project(ring[:, 0], ring[:, 1])


def _arcs(topology: dict[str, Any]) -> list[F64]:
    """Return the lines of a TopoJSON document in degrees: sums of steps on a grid."""
    scale, start = topology["transform"]["scale"], topology["transform"]["translate"]
    return [
        np.cumsum(np.array(arc, np.float64), axis=0) * scale + start for arc in topology["arcs"]
    ]


def _rings(shape: dict[str, Any], arcs: list[F64]) -> list[F64]:
    """Return the closed rings of an area; a line with number ~i is line i backwards."""
    polygons = shape.get("arcs", ())
    rings = []
    for polygon in [polygons] if shape.get("type") == "Polygon" else polygons:
        for numbers in polygon:
            parts = [arcs[n] if n >= 0 else arcs[~n][::-1] for n in numbers]
            ring = np.concatenate([parts[0], *(part[1:] for part in parts[1:])])
            if len(ring) >= LEAST_POINTS:
                rings.append(ring)
    return rings


def _is_near(ring: F64) -> bool:
    (west, east), (south, north) = LAND_DEG
    lon, lat = ring.T
    return bool(np.any((west < lon) & (lon < east) & (south < lat) & (lat < north)))


def inner_point(ring: F64, steps: int = 24) -> tuple[F64, float]:
    """Return the point of a grid that is farthest inside a ring, and how far it is inside."""
    from matplotlib.path import Path

    low, high = ring.min(axis=0), ring.max(axis=0)
    x, y = (np.linspace(a, b, steps + 2)[1:-1] for a, b in zip(low, high, strict=True))
    grid = np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)
    inside = grid[Path(ring).contains_points(grid)]
    if not inside.size:
        return ring.mean(axis=0), 0.0
    depth = np.min([_distance(inside, a, b) for a, b in pairwise(ring)], axis=0)
    best = int(depth.argmax())
    return inside[best], float(depth[best])


def _distance(points: F64, a: F64, b: F64) -> F64:
    """Return the distances of points from the segment between `a` and `b`."""
    way = b - a
    length = float(way @ way)
    share = np.clip((points - a) @ way / length, 0, 1) if length else np.zeros(len(points))
    return np.asarray(np.linalg.norm(points - a - share[:, None] * way, axis=1))
