"""Memory does not grow with the number of pictures, but for the list of them."""

import dataclasses
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from mixedfer.checked import Checked
from mixedfer.faces.datasets import Entry, collect
from mixedfer.faces.detectors.whole_image import WholeImage
from tests.tiny import STUDY

SCRIPT = """
import json, resource, sys
from pathlib import Path
from mixedfer.faces import preparation
from mixedfer.faces.pools import Processes
from tests.faces.test_memory import study
if __name__ == "__main__":
    faces = preparation.prepare(study(int(sys.argv[2])), None, Path(sys.argv[1]), pool=Processes(2), quiet=True)
    print(json.dumps([resource.getrusage(who).ru_maxrss * 1024 for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]))
"""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Numbered(Checked):
    """So many different pictures, of no face."""

    count: int = 1

    def fingerprint(self, data):
        return ""

    def list(self, data):
        return collect((Entry(number, f"faces.csv:{number}", "happy") for number in range(self.count)), ("happy",))

    def read(self, data, key):
        return np.frombuffer(key.to_bytes(48 * 48, "little"), np.uint8).reshape(48, 48)


def study(count):
    return dataclasses.replace(STUDY, dataset=Numbered(count=count)).varying(detector=WholeImage(), size=48)


def peaks(folder, count):
    """Bytes that the command and the largest of its workers took at most."""
    (folder / "script.py").write_text(SCRIPT)
    done = subprocess.run([sys.executable, folder / "script.py", folder, str(count)], cwd=Path(__file__).parents[2],
                          env={"PYTHONPATH": "."}, check=True, capture_output=True, text=True)
    return json.loads(done.stdout)


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere than on Linux peaks are counted in other units")
def test_a_picture_takes_less_memory_than_its_pixels(tmp_path):
    few, many = 10_000, 40_000
    (less, worker), (more, other) = peaks(tmp_path, few), peaks(tmp_path, many)
    assert (more - less) / (many - few) < 48 * 48 / 2  # 0.8 kB were measured, 0.3 from 50,000 to 300,000
    assert other / worker < 1.05
