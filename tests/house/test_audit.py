"""Known vulnerabilities among the locked packages, by pip-audit, where its data can be reached.

Runs in continuous integration and by ``make audit``: a vulnerability published tomorrow is news for whoever keeps the
lock, not a reason why the tests of a fresh clone should fail.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

LOCK = Path(__file__).parents[2] / "requirements.lock"
KNOWN = "jinja2==2.4.1"  # has published vulnerabilities: data that say nothing about it are no data


@dataclass(frozen=True)
class Audit:
    """What pip-audit says: ``name version: ids`` for each package with vulnerabilities, those it could not look up."""

    vulnerable: tuple[str, ...]
    unknown: tuple[str, ...]
    audited: int
    trouble: str = ""

    @classmethod
    def read(cls, shown: str, errors: str) -> Audit:
        """From its standard output and error."""
        try:
            rows = json.loads(shown)["dependencies"]
        except (ValueError, KeyError, TypeError):
            return cls((), (), 0, (errors.strip().splitlines() or ["no answer"])[-1])
        found = [
            f"{r['name']} {r['version']}: {', '.join(v['id'] for v in r['vulns'])}" for r in rows if r.get("vulns")
        ]
        unknown = [f"{r['name']}: {r['skip_reason']}" for r in rows if "skip_reason" in r]
        return cls(tuple(found), tuple(unknown), len(rows) - len(unknown))


def audit(requirements: Path, *more: str) -> Audit:
    """Run pip-audit on pinned requirements, without resolving or installing anything."""
    fixed = ["--disable-pip", "--format", "json", "--progress-spinner", "off", "--timeout", "20"]
    command = [sys.executable, "-m", "pip_audit", "--requirement", str(requirements), *fixed, *more]
    done = subprocess.run(command, capture_output=True, text=True, timeout=540)
    return Audit.read(done.stdout, done.stderr)


def why_not(probe: Audit) -> str:
    """Why the data cannot be used; empty where they can."""
    if probe.trouble:
        return f"the data of pip-audit cannot be reached: {probe.trouble}"
    if probe.unknown:
        return f"the package index here has no data on vulnerabilities: {probe.unknown[0]}"
    if not probe.vulnerable:
        return f"the data here do not know the vulnerabilities of {KNOWN}, so they would not know others"
    return ""


@pytest.mark.slow
@pytest.mark.skipif(os.environ.get("JALUR_AUDIT") != "1", reason="packages are audited by `make audit` and in .ci/run")
def test_no_locked_package_has_a_known_vulnerability(tmp_path):
    probe = tmp_path / "known.txt"
    probe.write_text(f"{KNOWN}\n")
    reason = why_not(audit(probe, "--no-deps"))
    if reason:
        pytest.skip(reason)
    found = audit(LOCK, "--require-hashes")
    assert not found.trouble
    assert not found.vulnerable
    assert not found.unknown
    assert found.audited > 100


@pytest.mark.parametrize(
    ("shown", "errors", "reason"),
    [
        ("", "ERROR: Could not connect\n", "cannot be reached: ERROR: Could not connect"),
        ("", "", "cannot be reached: no answer"),
        ('{"dependencies": [{"name": "jinja2", "skip_reason": "not found"}]}', "", "no data on vulnerabilities"),
        ('{"dependencies": [{"name": "jinja2", "version": "2.4.1", "vulns": []}]}', "", "do not know"),
        ('{"dependencies": [{"name": "jinja2", "version": "2.4.1", "vulns": [{"id": "X-1"}]}]}', "", ""),
    ],
)
def test_silence_is_not_taken_for_safety(shown, errors, reason):
    said = why_not(Audit.read(shown, errors))
    assert reason in said
    assert bool(said) == bool(reason)
