"""Importing does nothing. (The layers themselves are import-linter's contracts in pyproject.toml.)"""

import os
import subprocess
import sys
from pathlib import Path

HEAVY = {"keras", "tensorflow", "jax", "torch", "dlib", "cv2", "sklearn", "scipy", "matplotlib", "imutils", "statsmodels"}


def _loaded_by(code: str) -> set[str]:
    script = f"import sys; {code}; print(' '.join(sys.modules))"
    output = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
    return set(output.split())


def test_the_command_line_imports_nothing_heavy():
    assert not _loaded_by("import mixedfer.cli") & (HEAVY | {"numpy"})


def test_a_study_file_imports_nothing_heavy():
    assert not _loaded_by("import tests.tiny") & HEAVY


def test_the_evidence_half_needs_no_keras_dlib_or_opencv():
    assert not _loaded_by("import mixedfer.evidence.report, mixedfer.evidence.results") & {
        "keras", "tensorflow", "dlib", "cv2", "mixedfer.learning", "mixedfer.faces"}


def test_importing_changes_no_environment_and_no_files(tmp_path):
    script = ("import os, warnings, numpy, typer; "
              "before = dict(os.environ), list(warnings.filters), os.listdir('.'); "
              "import mixedfer.cli, mixedfer.runner, mixedfer.evidence.report, tests.tiny; "
              "assert before == (dict(os.environ), list(warnings.filters), os.listdir('.'))")
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])}
    subprocess.run([sys.executable, "-c", script], check=True, cwd=tmp_path, env=environment)
