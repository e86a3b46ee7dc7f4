"""Phrasings of every predicate: key -> questions, statements, negated questions, negated statements."""

from . import phrases_free, phrases_hall, phrases_people, phrases_shop, phrases_traffic  # noqa: F401 (each adds its own)
from .phrasing import PHRASES as WRITTEN
from .phrasing import expand

ORDER = "empty stocked spill person person_down aisle_blocked robot robot_fallen forklift exit_blocked nohivis hivis box_floor collision stalled tree_fallen ped_lane hazard dark car exit store warehouse road".split()
PHRASES = {k: WRITTEN[k] for k in ORDER}
__all__ = ["PHRASES", "expand"]
