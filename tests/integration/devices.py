"""A device of the Container Device Interface that exists for a test: an alias of ``/dev/null``."""

from __future__ import annotations

import contextlib
import json
import uuid
from collections.abc import Iterator

from container_manager.preflight.devices import FOLDERS


@contextlib.contextmanager
def specified_device() -> Iterator[str]:
    """Its name, while a specification describes it: ``/dev/thing``, and a variable ``THING``."""
    folder, kind = FOLDERS[0], f"cmt{uuid.uuid4().hex[:8]}.example/thing"
    nodes = [{"path": "/dev/thing", "hostPath": "/dev/null"}]
    edits = {"env": ["THING=one"], "deviceNodes": nodes}
    devices = [{"name": "one", "containerEdits": edits}]
    made = not folder.exists()
    folder.mkdir(exist_ok=True)
    file = folder / f"{kind.partition('.')[0]}.json"
    file.write_text(json.dumps({"cdiVersion": "0.5.0", "kind": kind, "devices": devices}))
    try:
        yield f"{kind}=one"
    finally:
        file.unlink()
        if made:
            with contextlib.suppress(OSError):  # another test has one, too
                folder.rmdir()
