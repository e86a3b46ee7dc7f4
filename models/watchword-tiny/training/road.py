"""The road, and what can happen on it: a crash, a breakdown, a fallen tree."""

import math
import random

from .space import Cam, H, W, hsv, mul
from .things import car


def road_geo(seed):
    r = random.Random(f"{seed}:geo")
    lanes = 2
    lw = r.uniform(3.2, 3.6)
    hw = lanes * lw / 2
    an = r.uniform(-0.5, 0.5)
    d0 = r.uniform(8.2, 9.4)
    cz = r.uniform(4.0, 5.4)
    return dict(
        cam=Cam(
            (math.sin(an) * d0, -d0 * math.cos(an) + 1.5, cz),
            (r.uniform(-0.4, 0.4), r.uniform(2.0, 2.8), 0.2),
            r.uniform(1.05, 1.2),
            r.uniform(-0.03, 0.03),
        ),
        lw=lw,
        hw=hw,
        lanes=lanes,
    )


def draw_road(s, st, g):
    r = s.R("bg")
    s.cam = g["cam"]
    hw = g["hw"]
    yard = r.random() < 0.4
    sky = hsv(r.uniform(0.54, 0.62), r.uniform(0.1, 0.5), r.uniform(0.75, 1))
    gr = (
        mul((0.62, 0.6, 0.56), r.uniform(0.8, 1.1))
        if yard
        else r.choice(
            [
                hsv(r.uniform(0.22, 0.33), r.uniform(0.3, 0.55), r.uniform(0.4, 0.6)),
                hsv(0.11, r.uniform(0.2, 0.4), r.uniform(0.5, 0.7)),
            ]
        )
    )
    rd = hsv(0.6, r.uniform(0, 0.08), r.uniform(0.3, 0.48))
    s.c.set_source_rgb(*sky)
    s.c.paint()
    s.p3([(-200, -30, 0), (200, -30, 0), (200, 300, 0), (-200, 300, 0)], gr)
    s.p3(
        [(-hw - 1.3, -30, 0.001), (hw + 1.3, -30, 0.001), (hw + 1.3, 200, 0.001), (-hw - 1.3, 200, 0.001)], mul(rd, 1.4)
    )
    s.p3([(-hw, -30, 0.002), (hw, -30, 0.002), (hw, 200, 0.002), (-hw, 200, 0.002)], rd)
    mk = r.choice([(0.94, 0.94, 0.92), (0.97, 0.82, 0.3)])
    for x in (-hw, hw):
        s.p3([(x - 0.08, -30, 0.003), (x + 0.08, -30, 0.003), (x + 0.08, 200, 0.003), (x - 0.08, 200, 0.003)], mk)
    for y in range(-12, 60, 5):
        s.p3([(-0.08, y, 0.003), (0.08, y, 0.003), (0.08, y + 2.4, 0.003), (-0.08, y + 2.4, 0.003)], mk)
    for i in range(r.randint(0, 3)):
        x, y = (r.uniform(-hw, hw - 1), r.uniform(-5, 18))
        w = r.uniform(0.4, 1)
        s.p3(
            [(x, y, 0.0025), (x + w, y, 0.0025), (x + w, y + w * 2, 0.0025), (x, y + w * 2, 0.0025)],
            mul(rd, r.choice([0.9, 1.08])),
            0.6,
        )
    if yard or r.random() < 0.3:
        for i in range(3):
            bx = r.choice((-1, 1)) * (hw + r.uniform(6, 9))
            bc = hsv(r.random(), r.uniform(0, 0.35), r.uniform(0.5, 0.85))
            yy = r.uniform(10, 30)
            hh = r.uniform(3, 8)
            ww = r.uniform(4, 7)
            s.add((bx, yy, 2), lambda bx=bx, bc=bc, yy=yy, hh=hh, ww=ww: s.box(bx, yy, 0, ww, 6, hh, bc))
    for i in range(r.randint(0, 4)):
        x = r.choice((-1, 1)) * (hw + r.uniform(3, 7))
        y = r.uniform(6, 28)
        h = r.uniform(3, 5)
        lc = [(r.uniform(-0.9, 0.9), h * r.uniform(0.6, 1), r.uniform(0.5, 1)) for _ in range(7)]
        gg = hsv(r.uniform(0.22, 0.36), r.uniform(0.4, 0.75), r.uniform(0.3, 0.55))

        def d(x=x, y=y, h=h, lc=lc, gg=gg):
            fx, fy, kv, t, kh = s.loc(x, y, h)
            s.fill(
                [
                    (fx - 0.15 * kh, fy),
                    (fx + 0.15 * kh, fy),
                    (fx + 0.08 * kh, fy - h * 0.6 * kv),
                    (fx - 0.08 * kh, fy - h * 0.6 * kv),
                ],
                (0.35, 0.24, 0.15),
            )
            for i, (a, b, q) in enumerate(lc):
                s.disc(fx + a * kh, fy - b * kv, q * kh, mul(gg, 0.8 + 0.06 * i))

        s.add((x, y, 1), d)


def draw_tree(s, o, g):
    r = s.R("tree")
    hw = g["hw"]
    y = o["y"]
    a = r.uniform(-0.25, 0.25)
    sd = r.choice((-1, 1))
    x0 = sd * (hw + r.uniform(0.2, 0.8))
    ln = r.uniform(5, 6.5)
    dx, dy = (-sd * math.cos(a) * ln, math.sin(a) * ln)
    wd = r.uniform(0.28, 0.4)
    tr = mul((0.42, 0.29, 0.17), r.uniform(0.8, 1.2))
    br = [(r.uniform(0.3, 1), r.uniform(-1.3, 1.3), r.uniform(0.5, 1.1)) for _ in range(r.randint(12, 17))]
    gg = hsv(r.uniform(0.22, 0.36), r.uniform(0.45, 0.8), r.uniform(0.3, 0.55))
    bb = s.bbox([(x0, y, 0), (x0 + dx, y + dy, 0), (x0 + dx, y + dy, 1.2), (x0 + dx, y + dy + 1, 0)])

    def d():
        s.p3(
            [
                (x0, y - wd - 0.2, 0.01),
                (x0 + dx, y + dy - 0.9, 0.01),
                (x0 + dx, y + dy + 0.5, 0.01),
                (x0, y + wd, 0.01),
            ],
            (0, 0, 0),
            0.25,
        )
        s.p3(
            [
                (x0, y - wd, 0.05),
                (x0 + dx, y + dy - wd * 0.3, 0.05),
                (x0 + dx, y + dy + wd * 0.3, 0.5),
                (x0, y + wd, 0.55),
            ],
            tr,
        )
        s.p3(
            [(x0, y - wd * 0.1, 0.4), (x0 + dx, y + dy, 0.4), (x0 + dx, y + dy + 0.1, 0.5), (x0, y + wd, 0.57)],
            mul(tr, 1.3),
        )
        for t, off, q in br:
            bx, by_ = (x0 + dx * t, y + dy * t)
            p0 = s.cam.proj((bx, by_, 0.3))
            p1 = s.cam.proj((bx + off * 0.3 - 0.3 * sd, by_ + off * 0.7, 0.35 + abs(off) * 0.5))
            s.stroke([p0, p1], mul(tr, 0.9), max(0.7, 0.12 * s.cam.f / p0[2]))
            s.disc(p1[0], p1[1], q * 0.6 * s.cam.f / p1[2], mul(gg, 0.7 + 0.5 * t), 0.97)

    s.add((x0 + dx / 2, y - 0.6, 0.3), d, bb, "tree")


def draw_crash(s, o):
    r = s.R("crash")
    x, y = (o["x"], o["y"])
    a1 = math.pi / 2 + r.uniform(0.4, 0.9) * r.choice((-1, 1))
    a2 = a1 + r.choice((-1, 1)) * r.uniform(0.7, 1.5)
    off = r.uniform(2.0, 2.4)
    aa = r.uniform(-0.5, 0.5) + r.choice((0, math.pi))
    x2, y2 = (x + off * math.cos(aa), y + off * math.sin(aa))
    b1 = car(s, dict(id="k1", x=x, y=y, yaw=a1), None)
    b2 = car(s, dict(id="k2", x=x2, y=y2, yaw=a2, hood=1), None)
    mx, my = ((x + x2) / 2, (y + y2) / 2 - 0.8)
    both = (min(b1[0], b2[0]), min(b1[1], b2[1]), max(b1[2], b2[2]), max(b1[3], b2[3]))
    s.note("crash", both, s.cam.view((mx, my, 0.7))[2])
    db = [
        (
            mx + r.gauss(0, 1.2),
            my - 0.4 + r.gauss(0, 0.8),
            r.uniform(0.12, 0.32),
            r.choice([(0.1, 0.1, 0.1), (0.85, 0.85, 0.85), (0.6, 0.1, 0.1)]),
        )
        for _ in range(r.randint(12, 20))
    ]
    s.items.append(
        (
            900000.0,
            lambda: [
                s.p3([(a, b, 0.01), (a + q, b + q * 0.3, 0.01), (a + q * 0.4, b + q, 0.01)], cc) for a, b, q, cc in db
            ],
        )
    )
    sm = [(r.gauss(0, 0.45), r.uniform(0.9, 3), r.uniform(0.35, 0.8)) for _ in range(10)]
    sc = r.uniform(0.45, 0.85)
    ph = o.get("phase", 0)

    def smoke():
        for i, (a, z, q) in enumerate(sm):
            p = s.cam.proj((mx + a + 0.2 * math.sin(ph + i), my, z + 0.25 * math.sin(ph * 0.7 + i * 2)))
            s.disc(p[0], p[1], q * s.cam.f / p[2], (sc, sc, sc), 0.33)

    s.add((mx, my - 2.5, 1), smoke)


def draw_stall(s, o):
    car(s, dict(id="st", x=o["x"], y=o["y"], yaw=math.pi / 2, hood=1, blink=1), "stall")
    x, y = (o["x"] + o.get("tx", 0), o["y"] - 3.6)
    fx, fy, kv, t, kh = s.loc(x, y, 1)
    k = kh * 1.35
    L = lambda a, b: (fx + a * k, fy - b * k)

    def d():
        s.ell(fx, fy, 0.5 * k, 0.08 * k, (0, 0, 0), 0.3)
        s.fill([L(-0.55, 0), L(0.55, 0), L(0, 0.95)], (0.95, 0.06, 0.05))
        s.fill([L(-0.27, 0.15), L(0.27, 0.15), L(0, 0.62)], (0.98, 0.97, 0.93))

    s.add((x, y, 0.4), d, (fx - 0.55 * k, fy - 0.95 * k, fx + 0.55 * k, fy), "tri")


def fill_road(st, g, r, crowd, many, edge):
    """at most one incident, cars and people at the side"""
    cam = g["cam"]
    hw, lw = (g["hw"], g["lw"])
    ev = r.choice(["crash", "stall", "tree", "ped", "ped", None, None, None, None])
    ln = r.choice((-1, 1))
    if ev == "crash":
        st["crash"] = dict(x=ln * lw * 0.3, y=r.uniform(-0.3, 1.8), phase=r.uniform(0, 6))
    if ev == "stall":
        st["stall"] = dict(x=ln * lw / 2, y=r.uniform(0.8, 2.6), tx=r.uniform(-0.4, 0.4))
    if ev == "tree":
        st["tree"] = dict(y=r.uniform(-1, 2.2))
    if ev == "ped" or (ev and r.random() < 0.1):
        st["people"].append(
            dict(
                id=0,
                x=r.uniform(0.5, hw - 0.7) * (-ln if ev != "ped" else ln),
                y=r.uniform(-2.8, -0.2),
                vest=r.random() < 0.3,
                lane=1,
                size=1.3,
            )
        )
    occ = [ln] if ev in ("crash", "stall", "ped") else []
    for i, l in enumerate((-1, 1)):
        if l in occ and ev != "ped" or ev == "crash":
            continue
        if ev == "ped" and l == ln:
            continue
        if r.random() < 0.42:
            st["cars"].append(
                dict(
                    id=i,
                    x=l * lw / 2,
                    y=r.uniform(3.2, 6) if ev == "tree" and r.random() < 0.99 else r.uniform(-1.0, 5),
                    yaw=math.pi / 2 * (1 if l > 0 else -1) + r.uniform(-0.04, 0.04),
                )
            )
    for i in range(r.choice((0, 0, 0, 1, 1, 2)) + 2 * crowd):
        l = r.choice((-1, 1))
        st["people"].append(
            dict(id=1 + i, x=l * (hw + r.uniform(0.9, 1.7)), y=r.uniform(-1.6, 0.8), vest=r.random() < 0.5, size=1.3)
        )
    for p in list(st["people"]):
        a = cam.proj((p["x"], p["y"], 0))
        b = cam.proj((p["x"], p["y"], 1.8))
        if not (0 < a[0] < W and a[1] < H + 4 and (b[1] > 0)):
            st["people"].remove(p)
    for c in list(st["cars"]):
        a = cam.proj((c["x"], c["y"], 0.6))
        if not (4 < a[0] < W - 4 and 10 < a[1] < H - 2):
            st["cars"].remove(c)
