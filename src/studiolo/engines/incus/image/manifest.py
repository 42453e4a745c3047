"""What is inside an image, in words and versions."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any

from studiolo.engines.incus.image import inventory
from studiolo.engines.incus.image.chamber import WORKSHOP, Lent
from studiolo.engines.incus.image.description import Description
from studiolo.engines.incus.image.steps import Step
from studiolo.engines.incus.image.workshop import Bench

INSIDE = "usr/share/studiolo/manifest.json"
"""Where the image carries its own, below its root."""

STEP = "manifest"

Manifest = dict[str, Any]


def step(
    description: Description, variant: str, content: str, after: str, created: datetime
) -> Step:
    """The step that takes stock of everything below it, and names it.

    The version covers what was found, not only what was asked for: the same description built again
    next month holds newer packages, and is a newer image.

    :param content: digest of the step `after`, whose result the manifest describes.
    :param created: when the image is made; an image that is there keeps its own.
    """
    head = {
        "image": description.name,
        "variant": variant,
        "version": content,
        "created": created.isoformat(timespec="seconds"),
        "description": description.description,
        "base": f"{description.base.distribution} {description.base.suite}",
    }
    source = Path(inventory.__file__)

    def make(bench: Bench) -> None:
        lent = [Lent(source, "inventory.py"), bench.lend_text("head.json", json.dumps(head))]
        bench.inside(_SCRIPT, lent)

    inputs = (variant, description.description, source.read_text(encoding="utf-8"), _SCRIPT)
    return Step(STEP, "What is inside", (after,), inputs, make)


def read(layer: Path) -> Manifest:
    """The manifest in a layer or folder of an image."""
    value: Manifest = json.loads((layer / INSIDE).read_text(encoding="utf-8"))
    return value


_SCRIPT = f"""\
mkdir -p /{Path(INSIDE).parent}
/usr/bin/python3 -I {WORKSHOP}/inventory.py >/tmp/inventory.json
/usr/bin/python3 -I -c 'import hashlib, json, sys
head, found = (json.load(open(path)) for path in sys.argv[1:])
content = head["version"] + json.dumps(found, sort_keys=True)
head["version"] = hashlib.sha256(content.encode()).hexdigest()[:12]
json.dump({{**head, **found}}, sys.stdout, indent=1)
' {WORKSHOP}/head.json /tmp/inventory.json >/{INSIDE}
chmod 0644 /{INSIDE}
"""
