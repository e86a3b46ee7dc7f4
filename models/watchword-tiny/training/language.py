"""Questions beside the plain predicates (counts, places, rows, colours, captions) and which phrasings are held out.

Sentences are lower case here: the model reads capitals as lower case.
"""

import hashlib
import json
import os
import re

from .phrases import PHRASES, expand


def held(text, percent=16):
    """a fixed share of all phrasings is kept out of training"""
    return int(hashlib.md5(text.encode()).hexdigest(), 16) % 100 < percent


def split(texts, key=""):
    texts = sorted(set(texts))
    return [t for t in texts if not held(key + t)], [t for t in texts if held(key + t)]


def letters(text):
    return re.sub("[^a-z' ]", "", text.lower()).strip()


# the sentences of managers.json are for measuring: none of them is trained on, word for word
with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "managers.json")) as _file:
    MANAGERS = {letters(sentence) for _, _, sentence in json.load(_file)}

TRAIN, HELD = {}, {}
for _k, _groups in PHRASES.items():
    _both = [split([t for t in g if letters(t) not in MANAGERS], _k) for g in _groups]
    TRAIN[_k], HELD[_k] = [b[0] for b in _both], [b[1] for b in _both]

# ------------------------------------------------------------------ counts
COUNTED = dict(
    n_people="people|persons|humans|workers or shoppers|human beings|people in total",
    n_empty="empty shelf sections|empty sections|empty shelves|bare sections|gaps on the shelf|sold out sections",
    n_cars="cars|vehicles|automobiles",
    n_robots="robots|mobile robots|machines|bots",
)
NUMBER = ["no", "one", "two", "three", "four", "five"]
COUNT_OPEN, COUNT_YES = {}, {}
for _k, _n in COUNTED.items():
    _ask = "{how many|count the|what is the number of|tell me how many|give me the number of|how many of the} {%s}" % _n
    COUNT_OPEN[_k] = split(
        expand(_ask + " {|are there|are visible|can you see|do you see|in the image|in the picture|are here|in total}"),
        _k,
    )
    # pattern -> the counts for which it is true
    COUNT_YES[_k] = []
    for _noun in _n.split("|")[:5]:
        for _i in range(2, 5):
            _w = NUMBER[_i]
            for _t in (
                f"are there {_w} {_noun}",
                f"there are {_w} {_noun}",
                f"there are exactly {_w} {_noun}",
                f"do you see {_w} {_noun}",
                f"{_w} {_noun} are visible",
            ):
                COUNT_YES[_k].append((_t, {_i}))
            for _t in (
                f"are there at least {_w} {_noun}",
                f"there are at least {_w} {_noun}",
                f"are there {_w} or more {_noun}",
                f"there are more than {NUMBER[_i - 1]} {_noun}",
                f"are there more than {NUMBER[_i - 1]} {_noun}",
            ):
                COUNT_YES[_k].append((_t, set(range(_i, 6))))
            for _t in (f"are there fewer than {_w} {_noun}", f"there are less than {_w} {_noun}"):
                COUNT_YES[_k].append((_t, set(range(_i))))
        for _t in (
            f"are there several {_noun}",
            f"there are several {_noun}",
            f"do you see more than one of the {_noun}",
            f"are there multiple {_noun}",
        ):
            COUNT_YES[_k].append((_t, set(range(2, 6))))

# ------------------------------------------------------------------ places, rows, colours
THING_NOUN = dict(person="person|human|someone|worker or shopper|man or woman", robot="robot|bot|machine on wheels", car="car|vehicle",
                  spill="spill|puddle|liquid|wet spot", box="box|carton|cardboard box|stack of boxes", forklift="forklift|lift truck",
                  exit="exit|emergency exit|exit door|fire exit", empty="empty section|gap on the shelf|bare section|empty shelf section")  # fmt: skip
SIDE = "{on the left|on the left side|to the left|on the left of the picture|in the left half|on the left hand side|at the left}"
PLACE_ASK, PLACE_SAY, PLACE_OPEN = {}, {}, {}
for _thing, _n in THING_NOUN.items():
    _the = "{the|a}" if _thing not in ("exit",) else "the"
    _the = _the if "someone" not in _n else "{the|a}"
    ask, say = [], []
    for _noun in _n.split("|"):
        _a = _noun if _noun == "someone" else f"{_the} {_noun}"
        ask += (
            expand("is %s %s" % (_a, SIDE))
            + expand("is there %s %s" % (_a.replace("{the|a}", "a"), SIDE))
            + expand("do you see %s %s" % (_a, SIDE))
        )
        say += (
            expand("%s is %s" % (_a, SIDE))
            + expand("there is %s %s" % (_a.replace("{the|a}", "a"), SIDE))
            + expand("%s {stands|is visible|can be seen} %s" % (_a, SIDE))
            + expand("%s %s" % (_a, SIDE))
        )
    PLACE_ASK[_thing], PLACE_SAY[_thing] = split(ask, "ask" + _thing), split(say, "say" + _thing)
    PLACE_OPEN[_thing] = split(
        expand(
            "{where is|on which side is|is it left or right: where is|which side of the picture has} the {%s} {|in the picture|standing|located}"
            % _n.replace("|someone", "")
        ),
        "where" + _thing,
    )
ROW_WORD = dict(
    top="top|upper|highest|uppermost", middle="middle|center|central", bottom="bottom|lower|lowest|lowermost"
)
ROW_ASK = (
    expand(
        "{is there|do you see} {a gap|an empty section|an empty spot|a bare section} {on|in} the X {shelf|row|board}"
    )
    + expand("{is something|are products} missing {on|from} the X {shelf|row}")
    + expand("is the X {shelf|row|board} {partly empty|missing products}")
    + expand("does the X {shelf|row|board} have {a gap|an empty section|an empty spot}")
)
ROW_SAY = (
    expand(
        "the X {shelf|row|board} {has a gap|has an empty section|has an empty spot|is partly empty|is missing products}"
    )
    + expand("{a gap|an empty section|a bare section} {on|in} the X {shelf|row}")
    + expand("there is {a gap|an empty section} {on|in} the X {shelf|row|board}")
)
ROW_ASK, ROW_SAY = split(ROW_ASK, "row"), split(ROW_SAY, "row")
ROW_OPEN = split(
    expand(
        "{which|on which|what} {shelf|row|shelf board|level} {is empty|has the gap|has an empty section|is the empty section|is partly empty|needs refilling|must be restocked}"
    )
)
COLOUR_NOUN = dict(
    car="car|vehicle|automobile",
    robot="robot|bot|machine",
    spill="spill|puddle|liquid|liquid on the floor",
    forklift="forklift|lift truck",
    vest="vest|safety vest|hi-vis vest",
)
COLOUR_ASK, COLOUR_SAY, COLOUR_OPEN = {}, {}, {}
for _thing, _n in COLOUR_NOUN.items():
    COLOUR_ASK[_thing] = split(
        expand("{is there|do you see|can you see|is there any|does the picture show} a X {%s}" % _n)
        + expand("is {the|a|any} {%s} X" % _n)
        + expand("does the {%s} have a X {colour|color|paint}" % _n),
        "colour" + _thing,
    )
    COLOUR_SAY[_thing] = split(
        expand("{there is|a|the picture shows|you can see} a X {%s}" % _n)
        + expand("the {%s} {is|looks} X" % _n)
        + expand("a X {%s} {|is visible|is here}" % _n),
        "colour" + _thing,
    )
    COLOUR_SAY[_thing] = [[t.replace("a a X", "a X") for t in g] for g in COLOUR_SAY[_thing]]
    COLOUR_OPEN[_thing] = split(
        expand("{what|which} {colour|color} {is|has} {the|this} {%s} {|in the picture}" % _n)
        + expand("{tell me|name} the {colour|color} of the {%s}" % _n),
        "colour" + _thing,
    )
OTHER_COLOURS = ["purple", "pink", "turquoise", "golden"]

# ------------------------------------------------------------------ captions
CAPTION = (
    expand("{describe|caption|summarize} {the image|this image|the scene|the picture|what you see}")
    + expand(
        "what {do you see|is in the image|is happening|is happening here|does the camera show|is in the picture|can you see|is going on}"
    )
    + [
        "can you describe this image",
        "describe what is happening",
        "describe the image in one sentence",
        "tell me what you see",
    ]
)


def caption(a):
    """one sentence about a scene; `a` holds the attributes and counts, all of them known"""
    n, down, seen = a["n_people"], a["person_down"], []
    vest = "" if not n else " without a vest" if not a["hivis"] else " in a safety vest" if not a["nohivis"] else ""
    people = [None, "a person", "two people", "three people", "four people", "five people"][n]
    if n > 1:
        vest = vest.replace("a vest", "vests").replace("a safety vest", "safety vests")
    if a["store"]:
        gap = (
            "with an empty section"
            if a["n_empty"] == 1
            else "with empty sections"
            if a["empty"]
            else "that is fully stocked"
        )
        base = "a store shelf " + gap
    elif a["warehouse"]:
        base = "a warehouse with " + ("a blocked exit" if a["exit_blocked"] else "a free exit")
        if a["robot"]:
            seen.append("a fallen robot" if a["robot_fallen"] else "a robot")
        if a["forklift"]:
            seen.append("a forklift")
    else:
        base = "a road"
        for k, words in (("collision", "a car crash"), ("stalled", "a stalled car with a warning triangle"),
                         ("tree_fallen", "a fallen tree"), ("ped_lane", "a person in the lane")):  # fmt: skip
            if a[k]:
                seen.append(words)
        if a["car"] and not a["collision"] and not a["stalled"]:
            seen.append("a car" if a["n_cars"] == 1 else "cars")
    if a["spill"]:
        seen.append("a spill on the floor")
    if a["aisle_blocked"]:
        seen.append("boxes blocking the aisle")
    elif a["box_floor"] and not a["exit_blocked"]:
        seen.append("a box on the floor")
    if down:
        seen.append("a person lying on the floor")
    if n > down and not a["ped_lane"]:
        seen.append((people if not down else "another person" if n == 2 else "more people") + ("" if down else vest))
    if a["road"] and not seen:
        base = "an empty road"
    text = ("a dark view of " if a["dark"] else "a view of ") + base
    if seen:
        listed = ", ".join(seen[:-1]) + " and " + seen[-1] if len(seen) > 1 else seen[0]
        text += (" with " if a["road"] else ", with ") + listed
    return text + "."
