"""Put the `napari.yaml` of the project root where npe2 looks for it.

npe2 finds a manifest only inside the installed package, while the one real
file lies at the root. Wheels get a copy of it. An editable install gets a
link, so that an edit is seen at once, or a copy where links cannot be made.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

PACKAGE = "napari_kmeans"
MANIFEST = "napari.yaml"


class ManifestHook(BuildHookInterface[Any]):
    """Copy the manifest into a wheel, link it into an editable install."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Run before each build; `version` is "standard" or "editable"."""
        manifest = Path(self.root, MANIFEST)
        if version == "editable":
            link_or_copy(manifest, Path(self.root, "src", PACKAGE, MANIFEST))
        else:
            build_data["force_include"][str(manifest)] = f"{PACKAGE}/{MANIFEST}"


def link_or_copy(source: Path, target: Path) -> None:
    """Make `target` a relative link to `source`, or else a copy of it."""
    target.unlink(missing_ok=True)
    try:
        target.symlink_to(os.path.relpath(source, target.parent))
    except OSError:
        shutil.copyfile(source, target)
