# SPDX-License-Identifier: Apache-2.0
"""The fences the clips are judged by, as GeoJSON in WGS-84. Several stories share one file; each replaces its own."""

import json

AUTHORITY = {"no_parking": "traffic_police", "bay": "traffic_police"}


def update(path, fences):
    """Writes (id, kind, name, name_en, ring) into the file, keeping the fences of other stories."""
    old = json.loads(path.read_text(encoding="utf-8"))["features"] if path.exists() else []
    kept = {f["id"]: f for f in old} | {f[0]: _feature(*f) for f in fences}
    lines = ",\n".join(json.dumps(kept[k], ensure_ascii=False) for k in sorted(kept))
    path.write_text(f'{{"type": "FeatureCollection", "features": [\n{lines}\n]}}\n', encoding="utf-8")


def _feature(id_, kind, name, name_en, ring):
    properties = {
        "name": name,
        "name_en": name_en,
        "kind": kind,
        "parking_authority": AUTHORITY.get(kind),
        "datum": "WGS-84",
        "schedule": None,
        "valid_from": None,
        "valid_to": None,
    }
    return {
        "type": "Feature",
        "id": id_,
        "properties": properties,
        "geometry": {"type": "Polygon", "coordinates": [ring]},
    }
