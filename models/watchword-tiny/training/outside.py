"""What the model cannot know: things of other worlds, arbitrary words, unknowable facts about known things."""

import os
import re

from .language import held, split
from .phrases import expand

HERE = os.path.dirname(os.path.abspath(__file__))
UNKNOWN = " I cannot tell."
NOUNS = open(os.path.join(HERE, "nouns.txt")).read().split()
NOUNS, NOUNS_HELD = [n for n in NOUNS if not held("noun" + n, 12)], [n for n in NOUNS if held("noun" + n, 12)]
WORDS = open(os.path.join(HERE, "words.txt")).read().split()
SYLLABLES = "ba ko mer ti zan lu fro pi ga den sol rik ve mo tas ul qui xe bro nim sha".split()
ABSENT = expand(
    "{is there|do you see|can you see|does the image show|does the camera see|there is|you can see|i see|we have} {a|an|the|any} X {||visible|in the image|on the floor|on the road|here|in the aisle|in the warehouse|next to the shelf|in the picture|in front of the exit|on the left}"
)
ABSENT += expand(
    "{is|has|are} {a|the|any|someone with a} X {visible|here|present|on fire|fallen over|lying on the floor|in the lane|blocking the exit|on the shelf|blocked|empty}"
)
ABSENT += expand(
    "{is someone|a person is|is a worker|somebody is|the robot is|is the robot} {holding|riding|eating|carrying|using|feeding|painting|wearing|near|selling} {a|an|the} X"
)
ABSENT += ["a X", "an X", "a X is visible", "a X is on the floor", "the X is missing", "is the X broken", "does the X look old", "does a X stand in the aisle", "how many Xs are there", "what colour is the X",
           "where is the X", "is the X on the left", "has a X fallen", "X", "the X has a Y", "is there a X on the Y", "is the X next to the Y", "the X is Y", "is a Y X here", "why is the X Y", "did the X Y", "Y X", "X and Y",
           "are the Xs Y", "does anyone X the Y", "is it Y", "it is X", "is this a X", "this is a X", "is somebody Y", "is the person Y", "is the robot Y", "the shelf is Y", "is the floor Y", "the car is a X", "is the box full of X"]  # fmt: skip
NEAR = []
for _line in open(os.path.join(HERE, "near.txt")).read().splitlines():
    NEAR += expand(_line)
NEAR, NEAR_HELD = split(NEAR, "near")


def noun(r, pool=None):
    """a thing of another world: a noun, any other word, or no word at all"""
    u = r.random()
    if pool:
        x = r.choice(pool)
    elif u < 0.45:
        x = r.choice(NOUNS)
    elif u < 0.85:
        x = r.choice(WORDS)
    else:
        x = "".join(r.choice(SYLLABLES) for _ in range(r.randint(2, 4)))
    return x


def outside(r, pool=None, near=None):
    """a question about what the model cannot know, without prefix"""
    if r.random() < 0.4:
        t = r.choice(near or NEAR)
    else:
        t = r.choice(ABSENT)
        x = noun(r, pool)
        if r.random() < 0.12:
            x = r.choice(["red ", "small ", "big ", "broken ", "old ", "blue ", "new "]) + x
        t = re.sub(r"\bX", lambda m: x, t)
        t = re.sub(r"\bY\b", lambda m: noun(r, pool), t)
    asked = t.split()[0] in (
        "is",
        "are",
        "do",
        "does",
        "did",
        "can",
        "has",
        "was",
        "will",
        "what",
        "which",
        "who",
        "why",
        "when",
        "how",
        "where",
    )
    return t, not asked
