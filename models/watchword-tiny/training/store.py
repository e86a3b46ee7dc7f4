"""The store: a shelf with its cells."""

import math
import random

from .placing import slots
from .space import Cam, hsv, mul
from .things import floor_tex


def store_geo(seed):
    """a shelf seen from the front, from further away, or by a camera under the ceiling"""
    r = random.Random(f"{seed}:geo")
    view = r.choice(["front", "front", "front", "wide", "ceiling"])
    g = dict(W=r.uniform(3.6, 4.6), nl=r.choice((2, 3, 3)), ns=r.choice((3, 3, 4)), H=r.uniform(1.85, 2.15), D=0.5)
    an = r.uniform(-0.4, 0.4)
    dist = r.uniform(3.5, 4.2) * g["W"] / 4.1 * dict(front=1, wide=1.15, ceiling=0.98)[view]
    cz = r.uniform(3.0, 3.5) if view == "ceiling" else r.uniform(1.7, 2.6)
    look = r.uniform(0.42, 0.55) if view == "ceiling" else r.uniform(0.5, 0.66)
    target = (r.uniform(-0.15, 0.15), -0.25, look)
    pos = (math.sin(an) * dist, -math.cos(an) * dist, cz)
    g["cam"] = Cam(pos, target, r.uniform(0.92, 1.04), r.uniform(-0.03, 0.03))
    return g


def draw_store(s, st, g):
    r = s.R("bg")
    s.cam = g["cam"]
    Wd, nl, ns, Hh, D = (g["W"], g["nl"], g["ns"], g["H"], g["D"])
    fl = hsv(r.choice([0.08, 0.1, 0.55, 0.6, r.random()]), r.uniform(0, 0.18), r.uniform(0.5, 0.9))
    wl = hsv(r.choice([0.1, 0.55, 0.6, r.random()]), r.uniform(0, 0.35), r.uniform(0.5, 0.95))
    s.c.set_source_rgb(*mul(wl, 1))
    s.c.paint()
    s.p3([(-14, 1.5, 2.6), (14, 1.5, 2.6), (14, 1.5, 7), (-14, 1.5, 7)], mul(wl, 0.92))
    floor_tex(s, r, fl, mul(fl, r.choice([0.86, 1.1])), -8, 1.5, -9, 9, r.uniform(0.5, 1.1), r.random() < 0.75)
    s.line3((-14, 1.5, 0), (14, 1.5, 0), mul(fl, 0.6), 1.2)
    if r.random() < 0.7:
        bw = hsv(r.random(), 0.6, 0.75)
        s.p3(
            [
                (-Wd * 0.32, 0.3, Hh + 0.12),
                (Wd * 0.32, 0.3, Hh + 0.12),
                (Wd * 0.32, 0.3, Hh + 0.42),
                (-Wd * 0.32, 0.3, Hh + 0.42),
            ],
            bw,
        )
        s.p3(
            [
                (-Wd * 0.22, 0.29, Hh + 0.22),
                (Wd * 0.22, 0.29, Hh + 0.22),
                (Wd * 0.22, 0.29, Hh + 0.31),
                (-Wd * 0.22, 0.29, Hh + 0.31),
            ],
            (1, 1, 1),
            0.85,
        )
    fr = r.choice(
        [(0.92, 0.92, 0.93), (0.55, 0.56, 0.6), (0.28, 0.29, 0.32), (0.72, 0.56, 0.38), hsv(r.random(), 0.35, 0.65)]
    )
    back = mul(fr, r.uniform(0.55, 0.8))
    lh = (Hh - 0.12) / nl
    sw = Wd / ns
    for sg in (-1, 1):
        if r.random() < 0.6:
            s.box(sg * (Wd / 2 + 1.3), 0.5, 0, 1.6, 0.5, r.uniform(1.2, 2), mul(fr, 0.8))
            [
                s.box(
                    sg * (Wd / 2 + 0.75 + 0.35 * i), 0.22, 0.25 + 0.5 * j, 0.28, 0.06, 0.34, hsv(r.random(), 0.5, 0.8)
                )
                for i in range(4)
                for j in range(3)
            ]
    s.shadow(0, 0, Wd, D)
    s.box(0, D / 2 - 0.02, 0, Wd, 0.04, Hh, back)
    for l in range(nl):
        z = 0.1 + l * lh
        s.box(0, 0, z - 0.05, Wd, D, 0.05, fr)
        s.p3(
            [(-Wd / 2, -D / 2, z - 0.07), (Wd / 2, -D / 2, z - 0.07), (Wd / 2, -D / 2, z), (-Wd / 2, -D / 2, z)],
            mul(fr, 0.85),
        )
        for c in range(ns):
            draw_cell(s, st, g, l, c)
    for c in range(ns + 1):
        s.box(-Wd / 2 + c * sw, 0, 0, 0.05, D * (1 if c in (0, ns) else 0.96), Hh, mul(fr, 0.8))
    s.box(0, 0, Hh - 0.04, Wd, D, 0.05, fr)


def draw_cell(s, st, g, l, c):
    """one section of the shelf with its products, or without"""
    Wd, nl, D = g["W"], g["nl"], g["D"]
    lh = (g["H"] - 0.12) / nl
    sw = Wd / g["ns"]
    z = 0.1 + l * lh
    q = s.R(f"cell{l}.{c}")
    x0 = -Wd / 2 + c * sw + 0.05
    ww = sw - 0.1
    row = "top" if l == nl - 1 else "bottom" if l == 0 else "middle"
    cell = s.bbox([(x0, -D / 2, z), (x0 + ww, -D / 2, z), (x0, -D / 2, z + lh), (x0 + ww, -D / 2, z + lh)])
    s.note("ce_" + row if (l, c) in st["empty"] else "cf", cell, s.cam.view((x0 + ww / 2, -D / 2, z))[2])
    for t in range(q.randint(1, 3)):
        tx = x0 + q.uniform(0, ww - 0.12)
        s.p3(
            [
                (tx, -D / 2 - 0.005, z - 0.06),
                (tx + 0.13, -D / 2 - 0.005, z - 0.06),
                (tx + 0.13, -D / 2 - 0.005, z - 0.005),
                (tx, -D / 2 - 0.005, z - 0.005),
            ],
            q.choice([(1, 1, 1), (1, 0.95, 0.4), (0.9, 0.2, 0.2)]),
        )
    part = st.get("part", {}).get((l, c), 0 if (l, c) in st["empty"] else 1)
    kind = q.choice("bbcp")
    n = q.randint(4, 7)
    pw = ww / n
    ph = lh * q.uniform(0.58, 0.82)
    base = q.random()
    cs = [
        hsv(base + q.choice([0, 0.03, 0.5, 0.3]) * q.random(), q.uniform(0.45, 1), q.uniform(0.5, 1))
        for _ in range(q.choice((1, 1, 2, 3)))
    ]
    lab = q.random() < 0.65
    lc = hsv(q.random(), 0.3, 0.97)
    order = list(range(n))
    q.shuffle(order)
    keep = set(order[: int(round(part * n))])
    yb = q.uniform(-0.16, -0.04)
    for i in sorted(keep, key=lambda i: -abs(x0 + (i + 0.5) * pw - s.cam.p[0])):
        px = x0 + (i + 0.5) * pw
        col = cs[i % len(cs)]
        hh = ph * q.uniform(0.96, 1.03)
        if kind == "c":
            s.p3(
                [
                    (px - pw * 0.4, yb, z),
                    (px + pw * 0.4, yb, z),
                    (px + pw * 0.4, yb, z + hh * 0.75),
                    (px - pw * 0.4, yb, z + hh * 0.75),
                ],
                col,
            )
            s.p3(
                [
                    (px - pw * 0.18, yb, z + hh * 0.75),
                    (px + pw * 0.18, yb, z + hh * 0.75),
                    (px + pw * 0.14, yb, z + hh),
                    (px - pw * 0.14, yb, z + hh),
                ],
                mul(col, 0.7),
            )
            s.p3(
                [
                    (px - pw * 0.38, yb, z),
                    (px - pw * 0.2, yb, z),
                    (px - pw * 0.2, yb, z + hh * 0.75),
                    (px - pw * 0.38, yb, z + hh * 0.75),
                ],
                mul(col, 1.3),
                0.5,
            )
        else:
            s.box(px, yb + 0.1, z, pw * 0.9, 0.22, hh if kind == "b" else hh * 0.72, col, 0, 0.7)
        if lab:
            s.p3(
                [
                    (px - pw * 0.3, yb - 0.012, z + hh * 0.2),
                    (px + pw * 0.3, yb - 0.012, z + hh * 0.2),
                    (px + pw * 0.3, yb - 0.012, z + hh * 0.42),
                    (px - pw * 0.3, yb - 0.012, z + hh * 0.42),
                ],
                lc,
            )


def fill_store(st, g, r, crowd, many, edge):
    """what stands and lies before a shelf"""
    cam = g["cam"]
    cells = [(l, c) for l in range(g["nl"]) for c in range(g["ns"])]
    if r.random() < 0.5:
        st["empty"] = sorted(r.sample(cells, r.choice((1, 1, 1, 2, 2, 3))))
    v0 = max(cam.proj((0, -0.6, 0))[1], cam.proj((-1.5, -0.6, 0))[1], cam.proj((1.5, -0.6, 0))[1]) + 2
    S = slots(g, r, 6 if crowd else 4, v0 + 3, max(v0 + 6, 121), *edge)
    if r.random() < 0.4:
        p = S.pop()
        st["spill"] = dict(id=0, x=p[0], y=p[1], rad=r.uniform(0.3, 0.42))
    if r.random() < 0.33:
        p = S.pop()
        st["pile"] = dict(x=p[0], y=p[1], n=3, sz=r.uniform(0.36, 0.44))
    elif r.random() < 0.3:
        p = S.pop()
        st["boxes"] = [dict(id=0, x=p[0], y=p[1], sz=r.uniform(0.38, 0.48))]
    for i in range(many):
        if S:
            p = S.pop()
            st["people"].append(
                dict(id=i, x=p[0], y=p[1], vest=r.random() < 0.45, down=int(r.random() < 0.3), size=0.95)
            )
