"""Where real data is: the environment variable MIXEDFER_TEST_DATA names a folder that holds fer2013.csv, or
fer2013/build.py, which writes it (`build.py OUT`)."""

import os
import subprocess
import sys
from pathlib import Path

from filelock import FileLock

REASON = "MIXEDFER_TEST_DATA names no folder with fer2013.csv"


def fer2013(scratch: Path) -> Path | None:
    """A folder with the official fer2013.csv, built in `scratch` if need be, or None."""
    folder = os.environ.get("MIXEDFER_TEST_DATA")
    if not folder:
        return None
    build, built = Path(folder) / "fer2013" / "build.py", scratch / "fer2013"
    if (Path(folder) / "fer2013.csv").exists() or not build.exists():
        return Path(folder) if (Path(folder) / "fer2013.csv").exists() else None
    with FileLock(scratch / "fer2013.lock"):  # parallel test workers share one copy
        if not (built / "fer2013.csv").exists():
            subprocess.run([sys.executable, build, built], check=True, stdout=subprocess.DEVNULL)
    return built
