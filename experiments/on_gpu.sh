#!/usr/bin/env bash
# The full FER2013 and FER+ studies on a GPU machine that has JAX, PyTorch or TensorFlow, but neither dlib nor the internet.
# What it lacks is packed on a machine that has both.
#
#   experiments/on_gpu.sh pack DATA OUT    where mixedfer is installed: face sets, wheels and this repository into OUT;
#                                          DATA is a folder with fer2013.csv and fer2013new.csv
#   experiments/on_gpu.sh run              on the GPU machine, in OUT: trains what is missing, writes reports/
#
# The same `run` goes on after an interruption. Both take options of `mixedfer`: `--set` must be given to both, and to `run`
# alone such as `--workers 4` (cells at once; one per GPU, unless given) and `--threads 4`.
#
# PYTHON is the interpreter (3.11 to 3.13), TARGET the GPU machine's version of it while packing, KERAS_BACKEND the backend.
# STUDIES names other study files than the two; DATA is then what their --data takes, or "" for none.
set -euo pipefail
cd "$(dirname "$0")/.."
STUDIES=${STUDIES:-experiments/fer2013.py experiments/ferplus.py}
PYTHON=${PYTHON:-python3}
TARGET=${TARGET:-3.12}

# What training and reports take besides a backend. dlib and OpenCV only find and cut faces.
NEEDED="keras filelock jinja2 matplotlib numpy scikit-learn scipy statsmodels tqdm typer"

data_of() {
  case $1 in */fer2013.py) echo "$2/fer2013.csv" ;; *) echo "$2" ;; esac
}

pack() {
  local data=$1 out=$2 study glibc platforms=()
  shift 2
  mkdir -p "$out"
  git archive HEAD | tar -x -C "$out"
  for study in $STUDIES; do
    "$PYTHON" -m mixedfer prepare "$study" --store "$out/.mixedfer" ${data:+--data "$(data_of "$study" "$data")"} "$@"
  done
  rm -rf "$out/.mixedfer/sightings" "$out/.mixedfer/locks"
  for glibc in 17 24 27 28 31 34; do platforms+=(--platform "manylinux_2_${glibc}_x86_64"); done
  # shellcheck disable=SC2086  # the words of NEEDED are packages
  "$PYTHON" -m pip download -q --only-binary=:all: --implementation cp --python-version "$TARGET" \
    --platform manylinux2014_x86_64 "${platforms[@]}" -d "$out/wheels" $NEEDED
  "$PYTHON" -m pip wheel -q --no-deps -w "$out/wheels" "$out"
  rm -rf "$out/build" "$out"/*.egg-info
  echo "Carry $out ($(du -sh "$out" | cut -f1)) to the GPU machine; there, in it: experiments/on_gpu.sh run"
}

# An environment of its own that sees all that the machine's Python sees, be that a virtual environment itself; what is
# there stays, what is missing comes from the wheels.
environment() {
  "$PYTHON" -m venv --without-pip .gpu
  "$PYTHON" -c 'import sys; print(*(path for path in sys.path if path.endswith("-packages")), sep="\n")' \
    > "$(.gpu/bin/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/machine.pth"
  # shellcheck disable=SC2086
  .gpu/bin/python -m pip install -q --no-index --find-links wheels $NEEDED
  .gpu/bin/python -m pip install -q --no-index --find-links wheels --no-deps mixedfer
  touch .gpu/ready
}

run() {
  local study backend
  [ -e .gpu/ready ] || environment
  for backend in ${KERAS_BACKEND:-jax torch tensorflow}; do
    if .gpu/bin/python -c "import $backend" 2>/dev/null; then
      export KERAS_BACKEND=$backend
      break
    fi
  done
  .gpu/bin/mixedfer doctor
  for study in $STUDIES; do
    .gpu/bin/mixedfer run "$study" --prepared "$@"
  done
}

if [ "${1:-}" = run ] || { [ "${1:-}" = pack ] && [ $# -ge 3 ]; }; then
  "$@"
else
  sed -n '2,15s/^# \?//p' "$0"
  exit 2
fi
