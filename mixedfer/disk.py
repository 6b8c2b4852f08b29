"""Writing that is never half done: a folder or file appears whole, under its final name, or not at all."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import json
import mmap
import os
import secrets
import shutil
import tokenize
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from mixedfer.errors import Busy, Damaged, Fault

DONE = "DONE"
PIECE = 1 << 24  # bytes
#: What `np.load` raises for files that are cut off or changed: their headers are read by Python's own parser.
NO_ARRAY = (OSError, ValueError, EOFError, KeyError, TypeError, OverflowError, MemoryError, SyntaxError, SystemError,
            NotImplementedError, tokenize.TokenError, zipfile.BadZipFile)


def to_json(value: Any) -> str:
    """Canonical JSON: sorted keys, no NaN, one trailing newline; equal values give equal bytes."""
    return json.dumps(value, sort_keys=True, indent=1, allow_nan=False, ensure_ascii=False) + "\n"


def read_json(path: Path) -> Any:
    """The value in a JSON file that mixedfer wrote. Raises Damaged when the file is missing or cut off."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise Damaged(f"not readable as JSON ({error})", file=path, remedy=_delete(path)) from error


def write_json(path: Path, value: Any) -> None:
    """Write canonical JSON atomically: temporary name, fsync, rename."""
    write_bytes(path, to_json(value).encode())


def beside(path: Path) -> Path:
    """A temporary name for what will be `path`; no other process has it, on this machine or one that shares the disk."""
    return path.with_name(f"{path.name}.{secrets.token_hex(8)}.part")


def write_bytes(path: Path, data: bytes) -> None:
    """Write bytes atomically: temporary name, fsync, rename. Raises Fault when the disk is full."""
    path = Path(path)
    part = beside(path)
    with full_disk(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with open(part, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            os.replace(part, path)
        finally:
            part.unlink(missing_ok=True)


def read_array(path: Path, mmap: bool = False) -> np.ndarray:
    """A `.npy` array without pickles. Raises Damaged when it is missing or truncated."""
    try:
        return np.load(path, allow_pickle=False, mmap_mode="r" if mmap else None)
    except NO_ARRAY as error:
        raise Damaged(f"not readable as an array ({error})", file=path, remedy=_delete(path)) from error


@contextlib.contextmanager
def new_folder(final: Path) -> Iterator[Path]:
    """Fill a temporary folder, then move it to `final` with a file `DONE` written last.

    An exception inside leaves nothing behind; a kill leaves a folder ending in `.part`, which the next call for the same
    `final` removes. One process at a time: hold a lock.
    """
    part = beside(final)
    with full_disk(final):
        for left in final.parent.glob(f"{final.name}.*.part"):
            shutil.rmtree(left, ignore_errors=True)
        part.mkdir(parents=True)
        try:
            yield part
            finish(part, final)
        finally:
            shutil.rmtree(part, ignore_errors=True)


def finish(part: Path, final: Path) -> None:
    """Flush every file of `part`, write `DONE`, and rename the folder to `final`, in place of an unfinished one."""
    for path in sorted(part.rglob("*")):
        if path.is_file():
            _see_whole(path)
            _fsync(path)
    (part / DONE).touch()
    _fsync(part / DONE)
    _fsync(part)
    if final.exists() and not is_done(final):
        shutil.rmtree(final)
    os.rename(part, final)
    _fsync(final.parent)


def is_done(folder: Path) -> bool:
    """Whether a folder was written to its end."""
    return (folder / DONE).is_file()


@contextlib.contextmanager
def full_disk(path: Path) -> Iterator[None]:
    """Turn 'no space left' into a Fault that says where and what to do."""
    try:
        yield
    except OSError as error:
        # A short write by NumPy has no number, only words: "81 requested and 5 written".
        if error.errno not in (errno.ENOSPC, errno.EDQUOT) and not str(error).endswith(" written"):
            raise
        raise Fault("the disk is full", file=path,
                    remedy="Free some space, or choose another place (--store, --out), and give the same command again: "
                    "everything finished is kept.") from error


@contextlib.contextmanager
def lock(path: Path, what: str, patience: float = 3) -> Iterator[None]:
    """Hold `path` for this process; the lock goes with the process, however it ends. Raises Busy if taken for `patience`
    seconds: the workers of a command that was just killed need a moment to end.
    """
    from filelock import FileLock, Timeout

    path.parent.mkdir(parents=True, exist_ok=True)
    held = FileLock(path)
    try:
        held.acquire(timeout=patience)
    except Timeout:
        raise Busy(f"another process is already working on {what} (lock {path})",
                   remedy="Wait for it to end, or use another --store.") from None
    try:
        yield
    finally:
        held.release()


def hash_file(path: Path) -> str:
    """Hexadecimal SHA-256 of a file's bytes."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def hash_arrays(*arrays: np.ndarray) -> str:
    """Hexadecimal SHA-256 of arrays: their types, shapes and bytes, in pieces, so that a memory map stays on disk."""
    digest = hashlib.sha256()
    for array in arrays:
        digest.update(f"{array.dtype.str}{array.shape}".encode())
        for piece in _pieces(array) if array.ndim else [array]:
            digest.update(np.ascontiguousarray(piece).tobytes())
    return digest.hexdigest()


def _pieces(array: np.ndarray) -> Iterator[np.ndarray]:
    """Some rows at a time. A memory map's are read from its file: what is read through the map counts as this process's memory
    until another process needs it.
    """
    row = max(1, array[:1].nbytes)
    step = max(1, PIECE // row)
    if not (isinstance(array, np.memmap) and isinstance(array.base, mmap.mmap) and array.flags.c_contiguous):
        yield from (array[start:start + step] for start in range(0, len(array), step))
        return
    with open(array.filename, "rb") as file:
        file.seek(array.offset)
        yield from (np.fromfile(file, np.uint8, min(step, len(array) - start) * row) for start in range(0, len(array), step))


def _see_whole(path: Path) -> None:
    # np.save does not notice when an array's last bytes, fewer than a buffer holds, find no place.
    try:
        if path.suffix == ".npy":
            np.load(path, allow_pickle=False, mmap_mode="r")
    except (ValueError, EOFError) as error:
        raise OSError(errno.ENOSPC, "cut off", str(path)) from error


def _fsync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _delete(path: Path) -> str:
    return f"Delete {path.parent} and give the same command again."
