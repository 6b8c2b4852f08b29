"""What a machine has that decides results. Sent to nodes by value, so it runs also where mixedfer is missing or another."""

from __future__ import annotations

NAMES = ("keras", "tensorflow", "tensorflow-cpu", "jax", "jaxlib", "torch", "numpy", "scipy", "scikit-learn",
         "opencv-python-headless", "dlib-bin", "dlib", "pillow")


def examine() -> dict[str, str]:
    """What -> which: Python, mixedfer's version and source, and the libraries' versions; "none" for what is not there."""
    import hashlib
    import importlib.metadata
    import importlib.util
    import platform
    from pathlib import Path

    found = {"Python": platform.python_version()}
    for name in NAMES:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            found[name] = "none"
    spec = importlib.util.find_spec("mixedfer")
    if spec is None:
        return {**found, "mixedfer": "none", "mixedfer's source": "none"}
    package = Path(spec.origin).parent
    files = sorted(package.rglob("*.py"))
    named = (f"{path.relative_to(package).as_posix()}\n{path.read_text(encoding='utf-8')}" for path in files)
    version = next(line for line in (package / "__init__.py").read_text(encoding="utf-8").splitlines() if "__version__" in line)
    return {**found, "mixedfer": version.partition("=")[2].strip(" \"'"),
            "mixedfer's source": hashlib.sha256("\0".join(named).encode()).hexdigest()[:12]}
