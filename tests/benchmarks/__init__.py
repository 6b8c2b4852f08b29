"""What is measured, not tested: `ratios` (make bench), `peers` (make bench-peers) and `scale` (make bench-scale).

Seconds depend on the machine and on what else it does; ratios of two things measured in one run hardly do.
"""


def say(what: str, ratio: float, goal: str) -> None:
    """A line of output, at once."""
    print(f"{what}: {ratio:.3f} (goal: {goal})", flush=True)
