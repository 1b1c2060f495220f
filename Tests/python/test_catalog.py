"""The journal catalog, compiled by the real journalctl, in a separate directory."""

import os
import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import DEADLINE, ROOT


@pytest.fixture
def catalog(tmp_path: Path) -> Callable[[str], "subprocess.CompletedProcess[str]"]:
    """Has the real journalctl take in a text as the only catalog."""
    if not any(os.access(f"{folder}/journalctl", os.X_OK)
               for folder in os.environ["PATH"].split(":")):
        pytest.skip("no journalctl here")
    folder = tmp_path / "usr/lib/systemd/catalog"
    folder.mkdir(parents=True)

    def take(text: str) -> "subprocess.CompletedProcess[str]":
        (folder / "ndissim.catalog").write_text(text)
        return subprocess.run(["journalctl", "--update-catalog", f"--root={tmp_path}"],
                              capture_output=True, text=True, timeout=DEADLINE)

    return take


def test_journalctl_takes_the_catalog_without_a_word(
        catalog: Callable[[str], "subprocess.CompletedProcess[str]"], tmp_path: Path) -> None:
    text = (ROOT / "systemd/ndissim.catalog").read_text()
    done = catalog(text)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    listed = subprocess.run(["journalctl", "--list-catalog", f"--root={tmp_path}"],
                            capture_output=True, text=True, timeout=DEADLINE).stdout
    assert len(listed.splitlines()) == len(re.findall(r"^-- [0-9a-f]{32}$", text, re.M))
    # An error would have been reported.
    assert catalog("Subject: of nothing\n" + text).stderr != ""
