"""The held-out set: seeds and phrasings that training never uses.

python3 -m training.heldout render OUT [SEED COUNT]     pictures and truth (needs cairo); another seed for choosing by
python3 -m training.heldout questions OUT TOKENIZER   the questions about them
"""

import json
import os
import random
import sys

import numpy as np
from PIL import Image

from .labels import describe, evidence
from .names import ATTRS, COUNTS, FAMILIES

PICTURES, SEED = 420, 3000004  # the first picture, used as an example, shows an empty section and no spill
RARE = ["collision", "stalled", "tree_fallen", "ped_lane", "forklift", "aisle_blocked", "exit_blocked", "dark"]
PARTLY_LATER, PARTLY_EACH = 200000, 10
PARTLY = [
    "person",
    "nohivis",
    "hivis",
    "person_down",
    "robot",
    "robot_fallen",
    "forklift",
    "car",
    "box_floor",
    "spill",
    "exit_blocked",
    "empty",
]


def save(pixels, st, ann, out, name):
    Image.fromarray(pixels).save(f"{out}/{name}", quality=75)
    return dict(picture=name, family=st["fam"], **describe(st, ann))


def render(out, seed=SEED, count=PICTURES):
    from .world import random_state, render as draw

    os.makedirs(out + "/pictures", exist_ok=True)
    os.makedirs(out + "/partly", exist_ok=True)
    truth, number = [], seed
    while len(truth) < count:
        family = FAMILIES[len(truth) % 3]
        st = random_state(family, number)
        number += 1
        if family == "road" and number % 3 and not any(st.get(k) for k in ("crash", "stall", "tree", "people")):
            continue  # two thirds of the empty roads, so that each kind of incident is there often enough
        pixels, ann = draw(st)
        truth.append(save(pixels, st, ann, out, "pictures/%04d.jpg" % len(truth)))
    partly, found, seed = [], dict.fromkeys(PARTLY, 0), seed + PARTLY_LATER
    last = seed + 16 * count
    while min(found.values()) < PARTLY_EACH and seed < last:
        st = random_state(FAMILIES[seed % 3], seed)
        seed += 1
        if st["dark"]:
            continue
        pixels, ann = draw(st)
        seen = evidence(ann)
        attr = dict(zip(ATTRS, describe(st, ann)["attr"]))
        wanted = [k for k in PARTLY if found[k] < PARTLY_EACH and attr[k] == 1 and 0.4 <= seen[k] <= 0.7]
        if wanted:
            for k in wanted:
                found[k] += 1
            row = save(pixels, st, ann, out, "partly/%04d.jpg" % len(partly))
            partly.append(dict(row, hidden=wanted))
    print("partly hidden", found, len(partly), "pictures")
    for name, rows in (("truth", truth), ("partly", partly)):
        with open(f"{out}/{name}.json", "w") as f:
            f.write("[\n" + ",\n".join(json.dumps(r) for r in rows) + "\n]\n")


def questions(out, tokenizer):
    from .dressing import capitals
    from .model import CELL, GRID
    from .questions import INSIDE, PREDICATES, Asker, Text

    text = Text(tokenizer)
    names = {text.yes[0]: "Yes", text.no[0]: "No"}

    def asker(rows):
        labels = {k: np.array([r[k] for r in rows], np.int8) for k in ("attr", "place", "row", "colour", "single")}
        return Asker(text, labels, np.zeros((len(rows), GRID, GRID, CELL), np.uint8), 1)

    truth = json.load(open(out + "/truth.json"))
    ask, r = asker(truth), random.Random(99)
    files = {k: [] for k in ("questions", "places", "counts", "words", "outside", "partly")}

    def put(name, row, x, category, **more):
        answer = names.get(x.answer[0]) or text.tk.decode(x.answer[:-1]).strip()
        files[name].append(
            dict(picture=row["picture"], question=capitals(x.words, r), answer=answer, category=category, **more)
        )

    for i, row in enumerate(truth):
        home = [k for k in PREDICATES if k in INSIDE[row["family"]] or k in ("exit", "car", "robot", "forklift")]
        away = [k for k in PREDICATES if k not in home]
        value_of = dict(zip(ATTRS + COUNTS, row["attr"]))
        # what is rare is asked about in two ways where it is there
        twice = [k for k in RARE if value_of[k] == 1]
        for k in home + r.sample(away, 1) + twice:
            x = ask.predicate(i, k, r)
            if x:
                value = value_of[k]
                kind = "pos" if value else "neg" if k in INSIDE[row["family"]] else "out"
                put("questions", row, x, k, kind=kind)
        for draw, n in (
            (ask.place, 3),
            (ask.colour, 3),
            (ask.row, 2 if row["family"] == "store" else 0),
            (ask.count, 3),
        ):
            for _ in range(n):
                x = draw(i, r)
                if x and x.kind in ("place", "colour", "row", "many"):
                    put(
                        "places",
                        row,
                        x,
                        {"place": "left_right", "colour": "colour", "row": "shelf_row", "many": "how_many"}[x.kind],
                    )
                elif x and x.kind == "digit":
                    put("counts", row, x, "count")
                elif x:
                    put("words", row, x, x.kind.replace(" ", "_"))
        for _ in range(2):
            x = ask.outside(i, r)
            files["outside"].append(
                dict(picture=row["picture"], question=capitals(x.words, r), answer="Unknown", category="outside")
            )
    partly = json.load(open(out + "/partly.json"))
    ask = asker(partly)
    for i, row in enumerate(partly):
        for k in row["hidden"]:
            for _ in range(2):
                put("partly", row, ask.predicate(i, k, r), k, kind="pos")
        absent = [k for k in PARTLY if row["attr"][ATTRS.index(k)] == 0 and k in INSIDE[row["family"]]]
        for k in r.sample(absent, min(2, len(absent))):
            put("partly", row, ask.predicate(i, k, r), k, kind="neg")
    for name, rows in files.items():
        with open(f"{out}/{name}.jsonl", "w") as f:
            f.write("".join(json.dumps(row) + "\n" for row in rows))
    print({k: len(v) for k, v in files.items()})


if __name__ == "__main__":
    if sys.argv[1] == "render":
        render(sys.argv[2], *map(int, sys.argv[3:5]))
    else:
        questions(sys.argv[2], sys.argv[3])
