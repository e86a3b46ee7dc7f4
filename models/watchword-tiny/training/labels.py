"""What is true in a drawn scene, judged from what can be seen of each thing in it.

Every label is 1 (yes), 0 (no) or -1 (cannot be said: the only evidence is mostly hidden, cut off, or between two
answers). Questions are only asked about labels that are not -1.
"""

import numpy as np

from .names import ATTRS, CLS, COLOUR_KEYS, COLOURED, COLOURS, COUNTS, FAMILIES, MAXCOUNT, ROWS, THINGS

W, H = 240, 135
# How much of its own box a thing really covers when it stands in front of another.
FILL = dict(pv=0.6, pn=0.6, dv=0.7, dn=0.7, ru=0.7, rf=0.7, carton=0.85, pile=0.75, car=0.85, crash=0.8, stall=0.85,
            tri=0.5, tree=0.6, forklift=0.75, pallet=0.9)  # fmt: skip
PEOPLE = ("pv", "pn", "dv", "dn")
KINDS = dict(person=PEOPLE, robot=("ru", "rf"), car=("car", "stall"), spill=("spill",), box=("carton", "pile"),
             forklift=("forklift",), exit=("exit", "exb"), empty=("ce_top", "ce_middle", "ce_bottom"))  # fmt: skip
SHOWN = dict(KINDS, person_down=("dv", "dn"), aisle_blocked=("pile",), robot_fallen=("rf",), exit_blocked=("exb",), nohivis=("pn", "dn"),
             hivis=("pv", "dv"), box_floor=("carton", "pile"), collision=("crash",), stalled=("stall", "tri"), tree_fallen=("tree",))  # fmt: skip


def evidence(ann):
    """for each predicate that things can show: how much can be seen of the one best seen"""
    vis = visible(ann)
    return {k: max([v for a, v in zip(ann, vis) if a[0] in kinds], default=0) for k, kinds in SHOWN.items()}


def visible(ann):
    """the visible fraction of each annotated thing: cut by the frame, covered by nearer things"""
    out = []
    for key, b, depth, _, _ in ann:
        area = max(1e-6, (b[2] - b[0]) * (b[3] - b[1]))
        x0, y0, x1, y1 = max(0, b[0]), max(0, b[1]), min(W, b[2]), min(H, b[3])
        seen = max(0, x1 - x0) * max(0, y1 - y0)
        hidden = 0
        if seen:
            for other, c, d, _, _ in ann:
                if d < depth - 1e-6 and other in FILL and not (key == "stall" and other == "tri"):
                    overlap = max(0, min(x1, c[2]) - max(x0, c[0])) * max(0, min(y1, c[3]) - max(y0, c[1]))
                    hidden += overlap * FILL[other]
        out.append(max(0, seen - hidden) / area)
    return out


def grade(fraction, sure):
    """1 when enough can be seen, -1 when it is between, 0 when practically nothing"""
    return 1 if fraction >= sure else 0 if fraction < 0.06 else -1


def anyof(grades):
    grades = list(grades)
    return 1 if 1 in grades else -1 if -1 in grades else 0


def describe(st, ann):
    """labels of a scene: dict(attr, place, row, colour, single)"""
    vis = visible(ann)
    fam = st["fam"]
    rows = [(key, box, colour, ref, v) for (key, box, _, colour, ref), v in zip(ann, vis)]

    def seen(*keys, sure=0.4, ref=None):
        return [grade(v, sure) for key, _, _, r, v in rows if key in keys and (ref is None or r == ref)]

    a = dict.fromkeys(ATTRS + COUNTS, 0)
    for f in FAMILIES:
        a[f] = int(f == fam)
    a["person"] = anyof(seen(*PEOPLE, sure=0.3))
    a["person_down"] = anyof(seen("dv", "dn"))
    a["hivis"] = anyof(seen("pv", "dv", sure=0.5))
    a["nohivis"] = anyof(seen("pn", "dn", sure=0.5))
    a["n_people"] = count(seen(*PEOPLE, sure=0.35))
    a["dark"] = int(st["dark"])
    a["spill"] = anyof(seen("spill"))
    a["box_floor"] = anyof(seen("carton", "pile"))
    if fam == "store":
        cells = seen("ce_top", "ce_middle", "ce_bottom", sure=0.5)
        a["empty"] = anyof(cells)
        a["stocked"] = {1: 0, 0: 1, -1: -1}[a["empty"]]
        a["n_empty"] = count(cells)
        a["aisle_blocked"] = anyof(seen("pile"))
    if fam == "warehouse":
        a["robot"] = anyof(seen("ru", "rf", sure=0.35))
        a["n_robots"] = count(seen("ru", "rf", sure=0.35))
        a["robot_fallen"] = anyof(seen("rf"))
        a["forklift"] = anyof(seen("forklift", sure=0.35))
        a["exit"] = anyof(seen("exit", "exb", sure=0.35))
        a["exit_blocked"] = anyof(seen("exb", sure=0.45)) if a["exit"] else -1
        a["aisle_blocked"] = -1 if st.get("exit_blocked") else 0
    if fam == "road":
        a["collision"] = anyof(seen("crash"))
        a["stalled"] = anyof(seen("stall"))
        a["tree_fallen"] = anyof(seen("tree"))
        a["n_cars"] = count(seen("car", "stall") + seen("crash") * 2)
        a["car"] = anyof(seen("car", "stall", "crash"))
        a["ped_lane"] = anyof(seen(*PEOPLE, ref="lane"))
        a["hazard"] = anyof(a[k] for k in ("collision", "stalled", "tree_fallen", "ped_lane"))
    place = [side for thing in THINGS for side in sides(thing, rows)]
    if fam == "road" and any(key == "crash" for key, *_ in rows):
        place[2 * THINGS.index("car")] = place[2 * THINGS.index("car") + 1] = -1
    row = [anyof(seen("ce_" + name, sure=0.5)) for name in ROWS]
    colour, single = colours(st, rows)
    return dict(attr=[a[k] for k in ATTRS + COUNTS], place=place, row=row, colour=colour, single=single)


def count(grades):
    return -1 if -1 in grades else min(MAXCOUNT, sum(grades))


def sides(thing, rows):
    """is one of these on the left, on the right: clear only outside the middle fifth of the picture"""
    left, right = 0, 0
    for key, b, _, _, v in rows:
        if key not in KINDS[thing] or v < 0.06:
            continue
        u = (max(0, b[0]) + min(W, b[2])) / 2 / W
        sure = v >= 0.45
        if u < 0.4:
            left = 1 if sure else left or -1
        elif u > 0.6:
            right = 1 if sure else right or -1
        else:
            left, right = left or -1, right or -1
    return left, right


def colours(st, rows):
    """per coloured thing and colour: is there one; per coloured thing: the colour of the only one, or -1"""
    label = dict.fromkeys(COLOUR_KEYS, 0)
    found = {thing: [] for thing in COLOURS}
    for key, _, colour, _, v in rows:
        thing = COLOURED.get(key)
        if thing and colour and v >= 0.06:
            found[thing].append(colour if v >= 0.5 else None)
    hidden = {thing for thing in COLOURS if None in found[thing]}
    if any(key == "crash" for key, *_ in rows):
        hidden.add("car")
    for thing, names in found.items():
        for name in names:
            if name:
                label[thing, name] = 1
        if thing in hidden or (st["dark"] and names):
            for name in COLOURS[thing]:
                label[thing, name] = -1 if st["dark"] else label[thing, name] or -1
    single = []
    for thing, names in found.items():
        one = len(names) == 1 and names[0] and thing not in hidden and not st["dark"]
        single.append(COLOURS[thing].index(names[0]) if one else -1)
    return list(label.values()), single


def boxes(ann, size, limit=48):
    """[class, x0, y0, x1, y1, colour index or -1, visible percent] in pixels of the square picture"""
    out = np.full((limit, 7), -1, np.int16)
    for i, ((key, b, _, colour, _), v) in enumerate(list(zip(ann, visible(ann)))[:limit]):
        scaled = [b[0] / W, b[1] / H, b[2] / W, b[3] / H]
        code = COLOUR_KEYS.index((COLOURED[key], colour)) if key in COLOURED and colour else -1
        out[i] = [CLS.index(key), *(int(max(-40, min(size * 1.25, q * size))) for q in scaled), code, int(100 * v)]
    return out
