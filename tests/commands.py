"""The command line in processes of its own, as users start it."""

import os
import signal
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
TINY = str(ROOT / "tests" / "tiny.py")
#: The command where Keras, TensorFlow, dlib and OpenCV cannot be imported.
WITHOUT_KERAS = ("-c", "import sys; sys.modules.update(dict.fromkeys(('keras', 'tensorflow', 'dlib', 'cv2'))); "
                 "from mixedfer.cli import main; main()")


def start(*arguments, cwd, code=("-m", "mixedfer"), environment=(), group=False):
    """The command in a process of its own, as a user would start it in the folder `cwd`, with more in its `environment`; with
    its workers in a `group`.
    """
    # A shell's background job, such as a test run, has Ctrl-C ignored and would hand that on.
    return subprocess.Popen([sys.executable, *code, *map(str, arguments)], cwd=cwd,
                            env={**os.environ, "PYTHONPATH": str(ROOT), **dict(environment)},
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=group,
                            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL))


def mixedfer(*arguments, cwd, ends=0, **options):
    """The command run to its end: (output, errors)."""
    process = start(*arguments, cwd=cwd, **options)
    output, errors = process.communicate()
    assert process.returncode == ends, output + errors
    assert "Traceback" not in errors
    return output, errors


def files(folder, *patterns):
    return {str(path.relative_to(folder)): path.read_bytes() for pattern in patterns for path in sorted(folder.glob(pattern))}


def outcome(folder):
    """All that a study's numbers are: the report's, and every run's facts and predictions."""
    found = files(folder, "reports/tiny/results.json", ".mixedfer/runs/*/*.npy", ".mixedfer/runs/*/weights.npz",
                  ".mixedfer/runs/*/[!t]*.json")
    assert len(found) > 8
    return found
