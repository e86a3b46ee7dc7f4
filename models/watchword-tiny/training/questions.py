"""Questions about a labelled picture, and packing several of them behind one shared image prefix."""

import numpy as np
import torch
from tokenizers import Tokenizer

from .dressing import AFTER_Q, dress
from .language import (CAPTION, COLOUR_ASK, COLOUR_OPEN, COLOUR_SAY, COUNT_OPEN, COUNT_YES, OTHER_COLOURS, PLACE_ASK, PLACE_OPEN,
                      PLACE_SAY, ROW_ASK, ROW_OPEN, ROW_SAY, ROW_WORD, TRAIN, HELD, caption)  # fmt: skip
from .outside import NEAR_HELD, NOUNS_HELD, UNKNOWN, outside
from .tokenizer import fold_table
from .labels import SHOWN as labels_shown
from .model import NC, NT, TOKEN
from .names import ATTRS, CLS, COLOUR_KEYS, COLOURS, COUNTS, FAMILIES, ROWS, THINGS

AT = {a: i for i, a in enumerate(ATTRS + COUNTS)}
INSIDE = dict(
    store="empty stocked spill person person_down aisle_blocked nohivis box_floor dark hivis store road warehouse".split(),
    warehouse="spill person person_down robot robot_fallen forklift exit_blocked nohivis box_floor dark hivis exit store road warehouse".split(),
    road="person nohivis hivis collision stalled tree_fallen ped_lane hazard dark car store road warehouse".split(),
)
HEADLINE = {"empty", "robot_fallen", "spill", "exit_blocked", "hazard", "nohivis"}
# a negated question presumes that the thing is there
PRESUMES = {"robot_fallen": "robot", "nohivis": "person", "person_down": "person"}
UNCLEAR = {
    ("exit_blocked", "store"),
    ("empty", "road"),
    ("stocked", "road"),
    ("aisle_blocked", "road"),
    ("exit", "store"),
}
SHOWN = {k: [CLS.index(c) for c in v] for k, v in labels_shown.items()}
PREDICATES = list(TRAIN)
# the questions of the shipped rules; never among the phrasings held out
SHIPPED = dict(
    empty="is a shelf empty", spill="is there a spill on the floor", robot_fallen="is a robot lying on the floor",
    exit_blocked="is the emergency exit blocked", nohivis="is there a person without a hi-vis vest",
    hazard="is there a traffic hazard on the road",
)  # fmt: skip
assert not any(q in HELD[k][0] for k, q in SHIPPED.items())
AUX = {}
for _k in PREDICATES:
    AUX[_k, 0], AUX[_k, 1] = len(AUX), len(AUX) + 1
for _name in [("count", c) for c in COUNTS] + [("many", c) for c in COUNTS] + [("place", t, s) for t in THINGS for s in (0, 1)] + [("row", w) for w in ROWS] + [
    ("colour", k) for k in COLOUR_KEYS] + [("colour", t) for t in COLOURS] + [("where", t) for t in THINGS] + [("which", t) for t in COLOURS] + ["rows", "outside", "caption"]:  # fmt: skip
    AUX[_name] = len(AUX)


class Text:
    """the tokenizer and the fixed parts of the prompt"""

    def __init__(self, path):
        self.tk = Tokenizer.from_file(path)
        self.fold = np.array(fold_table(self.tk.get_vocab()))
        self.vocab = self.tk.get_vocab_size()
        one = lambda t: self.tk.token_to_id(t)
        self.eou, self.image, fake = one("<end_of_utterance>"), one("<image>"), one("<fake_token_around_image>")
        self.prefix = (
            [one("<|im_start|>")] + self.enc("User:") + [fake, one("<global-img>")] + [self.image] * NT + [fake]
        )
        self.first = self.prefix.index(self.image)
        self.tail = [self.eou] + self.enc("\nAssistant:")
        self.yes, self.no = self.enc(" Yes"), self.enc(" No")
        assert len(self.yes) == len(self.no) == 1
        self.unknown = self.enc(UNKNOWN)

    def enc(self, s):
        return self.tk.encode(s).ids

    def prompt(self, s):
        return self.enc(s) + self.tail


class Item:
    """one question: prompt and answer tokens, what it is about, and where the answer can be read"""

    def __init__(self, text, prompt, answer, kind, aux, token=-1, cells=None):
        self.words, self.prompt, self.answer = prompt, text.prompt(prompt), answer + [text.eou]
        self.kind, self.aux, self.token, self.cells = kind, AUX[aux], token, cells


class Asker:
    """draws questions about pictures; `part` 0 are the phrasings of training, 1 those held out"""

    def __init__(self, text, labels, cells, part=0):
        self.text, self.labels, self.cells, self.part = text, labels, cells, part
        self.phrases = (TRAIN, HELD)[part]
        attr = labels["attr"]
        self.fam = [FAMILIES[int(np.argmax(a[[AT[f] for f in FAMILIES]]))] for a in attr]
        self.rate = {}
        for f in FAMILIES:
            mine = attr[np.array(self.fam) == f].astype(float)
            mine[mine < 0] = np.nan
            self.rate[f] = np.nanmean(mine, 0).clip(0.02, 0.98)

    def pick(self, pair, r):
        return r.choice(pair[self.part] or pair[0])

    def yesno(self, said, statement, yes, kind, aux, r, token=-1, cells=None):
        return Item(
            self.text, dress(said, statement, r), self.text.yes if yes else self.text.no, kind, aux, token, cells
        )

    def where(self, i, channels, side=None):
        """the cells of the grid that hold one of these"""
        c = self.cells[i][:, :, channels].any(-1)
        if side is not None:
            c = c.copy()
            c[:, (3 if side == 0 else 0) : (5 if side == 0 else 2)] = False
        return c.reshape(-1) if c.any() else None

    def predicate(self, i, k, r, negated=None):
        a, f = self.labels["attr"][i], self.fam[i]
        if a[AT[k]] < 0:
            return None
        g = self.phrases[k]
        able = (g[2] or g[3]) and k in INSIDE[f] and (k not in PRESUMES or a[AT[PRESUMES[k]]] == 1)
        neg = able and r.random() < 0.18 if negated is None else able and negated
        pool = [j for j in ((2, 3) if neg else (0, 1)) if g[j]]
        j = pool[0] if len(pool) == 1 else pool[int(r.random() < 0.45)]
        cells = self.where(i, SHOWN[k]) if k in SHOWN and a[AT[k]] else None
        words = r.choice(g[j])
        if self.part == 0:  # in training short forms come more often than they stand in the list
            if j == 0 and k in SHIPPED and r.random() < 0.06:
                words = SHIPPED[k]
            elif r.random() < 0.3:
                words = min((words, *r.choices(g[j], k=3)), key=len)
        return self.yesno(words, j % 2 == 1, bool(a[AT[k]]) != bool(neg), k, (k, int(bool(neg))), r, TOKEN[k], cells)

    def count(self, i, r, c=None):
        f = self.fam[i]
        c = c or r.choice(
            ["n_people", {"store": "n_empty", "warehouse": "n_robots", "road": "n_cars"}[f]]
            if r.random() < 0.9
            else COUNTS
        )
        n = int(self.labels["attr"][i][AT[c]])
        if n < 0:
            return None
        if r.random() < 0.5:
            t = self.pick(COUNT_OPEN[c], r)
            t = (
                r.choice([""] * 6 + ["please ", "in this picture, "])
                + t
                + r.choice(AFTER_Q if r.random() < 0.3 else [""])
                + r.choice(["?", "?", ""])
            )
            return Item(self.text, t, self.text.enc(" %d" % n), "digit", ("count", c), TOKEN[c])
        t, true = r.choice(COUNT_YES[c])
        return self.yesno(
            t, t.startswith(("there", "two", "three", "four")), n in true, "many", ("many", c), r, TOKEN[c]
        )

    def place(self, i, r):
        f = self.fam[i]
        known = dict(
            store=["person", "spill", "box", "empty"],
            warehouse=["person", "robot", "spill", "box", "forklift", "exit"],
            road=["person", "car"],
        )[f]
        p = self.labels["place"][i]
        seen = [t for t in known if p[2 * THINGS.index(t)] == 1 or p[2 * THINGS.index(t) + 1] == 1]
        thing = r.choice(seen) if seen and r.random() < 0.85 else r.choice(known)
        j = THINGS.index(thing)
        token = next(v for name, v in TOKEN.items() if name.startswith("place") and thing in name.split())
        channels = SHOWN[thing]
        if r.random() < 0.25:
            left, right = p[2 * j], p[2 * j + 1]
            if {left, right} != {0, 1}:
                return None
            t = self.pick(PLACE_OPEN[thing], r)
            return Item(
                self.text,
                t + r.choice(["?", "?", ""]),
                self.text.enc(" left" if left else " right"),
                "where",
                ("where", thing),
                token,
                self.where(i, channels),
            )
        side = r.randrange(2)
        if p[2 * j + side] < 0:
            return None
        said = r.random() < 0.5
        t = self.pick((PLACE_SAY if said else PLACE_ASK)[thing], r)
        if side:
            t = t.replace("left", "right")
        yes = p[2 * j + side] == 1
        return self.yesno(
            t, said, yes, "place", ("place", thing, side), r, token, self.where(i, channels, side if yes else None)
        )

    def row(self, i, r):
        rows = self.labels["row"][i]
        if -1 in rows:
            return None
        if r.random() < 0.4:
            if sum(rows) != 1:
                return None
            t = self.pick(ROW_OPEN, r) + r.choice(["?", "?", ""])
            return Item(
                self.text, t, self.text.enc(" " + ROWS[int(np.argmax(rows))]), "which row", "rows", TOKEN["rows"]
            )
        j = r.choice([j for j in range(3) if rows[j]]) if any(rows) and r.random() < 0.5 else r.randrange(3)
        said = r.random() < 0.5
        t = self.pick(ROW_SAY if said else ROW_ASK, r).replace("X", r.choice(ROW_WORD[ROWS[j]].split("|")))
        cells = self.where(i, [CLS.index("ce_" + ROWS[j])]) if rows[j] else None
        return self.yesno(t, said, rows[j] == 1, "row", ("row", ROWS[j]), r, TOKEN["rows"], cells)

    def colour(self, i, r):
        f = self.fam[i]
        things = dict(
            store=["spill", "vest"], warehouse=["robot", "spill", "forklift", "vest"], road=["car", "car", "vest"]
        )[f]
        lab = dict(zip(COLOUR_KEYS, self.labels["colour"][i]))
        there = [t for t in things if any(lab[t, c] == 1 for c in COLOURS[t])]
        thing = r.choice(there) if there and r.random() < 0.85 else r.choice(things)
        single = self.labels["single"][i][list(COLOURS).index(thing)]
        token = TOKEN["colour " + thing]
        if r.random() < 0.3:
            if single < 0:
                return None
            name = COLOURS[thing][single]
            cells = self.where(i, [NC + COLOUR_KEYS.index((thing, name))])
            return Item(
                self.text,
                self.pick(COLOUR_OPEN[thing], r) + r.choice(["?", "?", ""]),
                self.text.enc(" " + name),
                "which colour",
                ("which", thing),
                token,
                cells,
            )
        mine = [c for c in COLOURS[thing] if lab[thing, c] == 1]
        if mine and r.random() < 0.5:
            name = r.choice(mine)
        else:
            name = r.choice(COLOURS[thing] if r.random() < 0.8 else OTHER_COLOURS)
        value = lab.get((thing, name), 0)
        if value < 0 or (name in OTHER_COLOURS and -1 in [lab[thing, c] for c in COLOURS[thing]]):
            return None
        said = r.random() < 0.45
        t = self.pick((COLOUR_SAY if said else COLOUR_ASK)[thing], r).replace(
            "X", "gray" if name == "grey" and r.random() < 0.4 else name
        )
        aux = ("colour", (thing, name)) if (thing, name) in lab else ("colour", thing)
        cells = self.where(i, [NC + COLOUR_KEYS.index((thing, name))]) if value == 1 else None
        return self.yesno(t, said, value == 1, "colour", aux, r, token, cells)

    def outside(self, i, r):
        t, said = outside(r, NOUNS_HELD, NEAR_HELD) if self.part else outside(r)
        return Item(self.text, dress(t, said, r), self.text.unknown, "outside", "outside")

    def caption(self, i, r):
        a = {k: int(v) for k, v in zip(ATTRS + COUNTS, self.labels["attr"][i])}
        if a["aisle_blocked"] < 0:
            a["aisle_blocked"] = 0
        if min(a.values()) < 0:
            return None
        return Item(
            self.text,
            r.choice(CAPTION) + r.choice(["", ".", "?"]),
            self.text.enc(" A" + caption(a)[1:]),
            "caption",
            "caption",
        )

    def draw(self, i, n, r):
        """n questions in the proportions of training, answers balanced inside the family of the picture"""
        a, f, out = self.labels["attr"][i], self.fam[i], []
        weights = []
        for k in PREDICATES:
            p = self.rate[f][AT[k]]
            if k in INSIDE[f]:
                w = min(6, 0.5 / p) if a[AT[k]] == 1 else 0.5 / (1 - p)
                w *= (1.5 if k in HEADLINE else 1) * (0.5 if k in FAMILIES else 1)
            else:
                w = 0.14
            weights.append(w if a[AT[k]] >= 0 else 0)
        for k in r.choices(PREDICATES, weights=weights, k=n):
            u = r.random()
            if u < 0.52:
                if (k, f) in UNCLEAR and r.random() < 0.7:
                    continue
                x = self.predicate(i, k, r)
            elif u < 0.66:
                x = self.outside(i, r)
            elif u < 0.74:
                x = self.count(i, r)
            elif u < 0.83:
                x = self.place(i, r)
            elif u < 0.88:
                x = self.row(i, r) if f == "store" else self.place(i, r)
            else:
                x = self.colour(i, r)
            if x:
                out.append(x)
        if r.random() < 0.25:
            x = self.caption(i, r)
            if x:
                out.append(x)
        return out or [self.outside(i, r)]


def pack(text, rows):
    """rows: a list of items per picture -> ids, positions, mask, targets, and for each answer position its item"""
    p0 = len(text.prefix)
    length = p0 + max(sum(len(x.prompt) + len(x.answer) - 1 for x in items) for items in rows)
    b = len(rows)
    ids, pos = np.zeros((b, length), np.int64), np.zeros((b, length), np.int64)
    block, target = np.full((b, length), -1, np.int64), np.full((b, length), -1, np.int64)
    ids[:, :p0], pos[:, :p0], block[:, :p0] = text.prefix, np.arange(p0), 0
    spots = []
    for i, items in enumerate(rows):
        p = p0
        for j, x in enumerate(items):
            t = x.prompt + x.answer[:-1]
            n, at = len(t), p + len(x.prompt) - 1
            ids[i, p : p + n], pos[i, p : p + n], block[i, p : p + n] = t, p0 + np.arange(n), j + 1
            target[i, at : p + n] = x.answer
            spots.append((i, at, x))
            p += n
    bl = torch.from_numpy(block)
    ok = ((bl[:, :, None] == bl[:, None, :]) | (bl[:, None, :] == 0)) & torch.ones(
        length, length, dtype=torch.bool
    ).tril()
    mask = torch.zeros(b, 1, length, length).masked_fill_(~ok[:, None], -1e4)
    return torch.from_numpy(text.fold[ids]), torch.from_numpy(pos), mask, torch.from_numpy(target), spots
