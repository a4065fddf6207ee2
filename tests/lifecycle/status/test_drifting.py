"""When the configuration is compared again with what runs."""

from __future__ import annotations

from pathlib import Path

import pytest

from container_manager.errors import ConfigError
from container_manager.lifecycle.status.drifting import Comparison


def test_an_edit_of_any_file_that_was_read_is_noticed(tmp_path: Path) -> None:
    config, imported = tmp_path / "config.yml", tmp_path / "more.yml"
    config.write_text("import: more.yml\n")
    imported.write_text("deployed_services: [nothing]\n")
    comparison = Comparison(config)
    with pytest.raises(ConfigError):
        comparison.compare()
    assert not comparison.outdated()
    imported.write_text("deployed_services: [nothing, more]\n")
    assert comparison.outdated()
