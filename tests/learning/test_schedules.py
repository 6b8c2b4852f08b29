import pytest

from mixedfer.errors import StudyError
from mixedfer.learning.schedules.constant import Constant
from mixedfer.learning.schedules.cosine import Cosine
from mixedfer.learning.schedules.milestones import Milestones
from mixedfer.learning.schedules.step import Step


def test_constant():
    assert [Constant()(epoch, 3) for epoch in range(3)] == [1, 1, 1]


def test_steps_at_fractions():
    factors = [Step(at=(0.6, 0.85), factor=0.1)(epoch, 20) for epoch in range(20)]
    assert factors == pytest.approx([1] * 12 + [0.1] * 5 + [0.01] * 3)


def test_milestones_count_epochs():
    assert [Milestones(at=(1, 3), factors=(.5, .2))(epoch, 5) for epoch in range(5)] == [1, .5, .5, .2, .2]
    for at, factors in (((3, 1), (.5, .2)), ((1,), (.5, .2))):
        with pytest.raises(StudyError, match="rising epochs"):
            Milestones(at=at, factors=factors)


def test_cosine_falls_from_one_after_a_linear_rise():
    factors = [Cosine(warmup=3, end=0.1)(epoch, 10) for epoch in range(10)]
    assert factors[:3] == [0.25, 0.5, 0.75] and factors[3] == 1
    assert factors[3:] == sorted(factors[3:], reverse=True) and factors[-1] > 0.1
