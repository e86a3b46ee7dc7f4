"""Boxes, pallets, forklifts, cars and spills."""

import math

from .names import COLOURS
from .space import hsv, lerp, mul, paint


def carton(s, id, x, y, sz, z=0, key="carton", yaw=None):
    r = s.R("c" + str(id))
    col = mul((0.78, 0.57, 0.35), r.uniform(0.85, 1.12))
    yaw = r.uniform(-0.6, 0.6) if yaw is None else yaw
    dx, dy, dz = (sz * r.uniform(0.9, 1.15), sz * r.uniform(0.9, 1.15), sz * r.uniform(0.75, 1.0))

    def ff(i, q, sh):
        s.p3(
            [lerp(q[0], q[1], 0.43), lerp(q[0], q[1], 0.57), lerp(q[3], q[2], 0.57), lerp(q[3], q[2], 0.43)],
            mul((0.9, 0.8, 0.6), sh),
            0.85,
        )

    def draw():
        if z == 0:
            s.shadow(x, y, dx, dy, yaw)
        s.box(x, y, z, dx, dy, dz, col, yaw, 0.65, ff)

    bb = s.bbox(s.corners(x, y, z, dx, dy, dz, yaw))
    s.add((x, y, z + dz / 2), draw, bb, key)
    return (bb, dz)


def pile(s, id, x, y, n, sz, key):
    r = s.R("pile" + str(id))
    bbs = []
    for i in range(n):
        b, dz = carton(
            s,
            f"{id}.{i}",
            x + (i - (n - 1) / 2) * sz * 1.05 + r.uniform(-0.04, 0.04),
            y + r.uniform(-0.1, 0.1),
            sz * r.uniform(0.9, 1.1),
            key=None,
            yaw=r.uniform(-0.25, 0.25),
        )
        bbs.append(b)
    if n > 2:
        for i in range(n - 1 if r.random() < 0.5 else 1):
            b, _ = carton(
                s,
                f"{id}.t{i}",
                x + (i - (n - 2) / 2) * sz * 1.05,
                y - 0.02,
                sz * 0.9,
                z=sz * 0.86,
                key=None,
                yaw=r.uniform(-0.2, 0.2),
            )
            bbs.append(b)
    bb = (min((b[0] for b in bbs)), min((b[1] for b in bbs)), max((b[2] for b in bbs)), max((b[3] for b in bbs)))
    s.note(key, bb, s.cam.view((x, y, 0.3))[2])
    return bb


def pallet(s, id, x, y, key="pallet"):
    r = s.R("pl" + str(id))
    w = r.uniform(1.05, 1.25)
    tint = r.choice(
        [mul((0.76, 0.57, 0.36), r.uniform(0.8, 1.1)), (0.85, 0.86, 0.9), hsv(r.uniform(0.5, 0.65), 0.35, 0.8)]
    )
    wood = mul((0.65, 0.45, 0.25), r.uniform(0.9, 1.2))
    lv = r.choice((2, 3))
    lh = r.uniform(0.34, 0.46)
    yaw = r.uniform(-0.15, 0.15)
    hs = [r.uniform(0.92, 1.08) for _ in range(lv)]

    def draw():
        s.shadow(x, y, w, w, yaw)
        s.box(x, y, 0, w, w, 0.06, mul(wood, 0.55), yaw)
        s.box(x, y, 0.07, w, w, 0.06, wood, yaw)
        for l in range(lv):

            def ff(i, q, sh):
                for t in (0.5,) if i < 4 else ():
                    s.stroke(
                        [s.cam.proj(lerp(q[0], q[1], t)), s.cam.proj(lerp(q[3], q[2], t))], mul(tint, 0.6 * sh), 0.5
                    )

            s.box(x, y, 0.14 + l * lh, w * 0.97, w * 0.97, lh * 0.98, mul(tint, hs[l]), yaw, 0.6, ff)

    bb = s.bbox(s.corners(x, y, 0, w, w, 0.14 + lv * lh, yaw))
    s.add((x, y, 0.5), draw, bb, key)
    return bb


def forklift(s, o):
    r = s.R("fk")
    x, y, yaw = (o["x"], o["y"], o["yaw"])
    name, col = paint(r, COLOURS["forklift"])
    load = r.random() < 0.4
    fh = r.uniform(0.1, 0.6)
    c, sn = (math.cos(yaw), math.sin(yaw))
    P = [
        (-0.75, 0, 0.25, 0.55, 1.05, 0.75, col),
        (0, 0, 0.25, 1.0, 1.0, 0.5, col),
        (-0.1, 0, 0.75, 0.5, 0.5, 0.35, (0.12, 0.12, 0.13)),
        (0.68, 0.33, 0.1, 0.1, 0.09, 1.95, (0.15, 0.15, 0.17)),
        (0.68, -0.33, 0.1, 0.1, 0.09, 1.95, (0.15, 0.15, 0.17)),
        (0.68, 0, 1.1, 0.06, 0.75, 0.08, (0.2, 0.2, 0.22)),
        (1.25, 0.25, fh, 1.05, 0.12, 0.07, (0.25, 0.25, 0.27)),
        (1.25, -0.25, fh, 1.05, 0.12, 0.07, (0.25, 0.25, 0.27)),
        (-0.5, 0.45, 0.9, 0.07, 0.07, 1.0, (0.1, 0.1, 0.1)),
        (-0.5, -0.45, 0.9, 0.07, 0.07, 1.0, (0.1, 0.1, 0.1)),
        (0.35, 0.45, 0.75, 0.07, 0.07, 1.15, (0.1, 0.1, 0.1)),
        (0.35, -0.45, 0.75, 0.07, 0.07, 1.15, (0.1, 0.1, 0.1)),
        (-0.08, 0, 1.9, 1.0, 1.0, 0.07, (0.12, 0.12, 0.13)),
        (0.4, 0.5, 0, 0.5, 0.16, 0.5, (0.05, 0.05, 0.05)),
        (0.4, -0.5, 0, 0.5, 0.16, 0.5, (0.05, 0.05, 0.05)),
        (-0.7, 0.5, 0, 0.42, 0.16, 0.42, (0.05, 0.05, 0.05)),
        (-0.7, -0.5, 0, 0.42, 0.16, 0.42, (0.05, 0.05, 0.05)),
    ]
    if load:
        P.append((1.25, 0, fh + 0.07, 0.9, 0.9, r.uniform(0.4, 0.6), mul((0.76, 0.57, 0.36), 1)))
    pr = sorted(
        (
            (
                s.cam.view((x + a * c - b * sn, y + a * sn + b * c, z + dz / 2))[2],
                x + a * c - b * sn,
                y + a * sn + b * c,
                z,
                dx,
                dy,
                dz,
                cl,
            )
            for a, b, z, dx, dy, dz, cl in P
        ),
        key=lambda t: -t[0],
    )

    def draw():
        s.shadow(x, y, 2, 1.1, yaw)
        for d, px, py, z, dx, dy, dz, cl in pr:
            s.box(px, py, z, dx, dy, dz, cl, yaw)

    bb = s.bbox(s.corners(x, y, 0, 2.2, 1.1, 2, yaw))
    s.add((x, y, 0.8), draw, bb, "forklift", name)
    return bb


def car(s, o, key="car"):
    r = s.R("car" + str(o["id"]))
    x, y, yaw = (o["x"], o["y"], o["yaw"])
    name, col = paint(r, COLOURS["car"])
    c, sn = (math.cos(yaw), math.sin(yaw))
    Lg = r.uniform(3.9, 4.5)
    Wd = 1.8
    ch = r.uniform(0.55, 0.7)
    P = [
        (0, 0, 0.28, Lg, Wd, 0.55, col),
        (-0.25, 0, 0.83, Lg * 0.52, Wd * 0.86, ch * 0.78, (0.14, 0.19, 0.26)),
        (-0.25, 0, 0.83 + ch * 0.78, Lg * 0.46, Wd * 0.8, 0.1, mul(col, 1.05)),
    ]
    if o.get("hood"):
        P.append((Lg / 2 - 0.9, 0, 0.95, 0.12, Wd * 0.85, 1.0, mul(col, 0.9)))
    for a in (-0.32, 0.32):
        for b in (-1, 1):
            P.append((a * Lg, b * Wd * 0.47, 0, 0.62, 0.2, 0.62, (0.05, 0.05, 0.05)))
    for b in (-0.7, 0.7):
        P.append((Lg / 2, b * Wd / 2, 0.5, 0.06, 0.3, 0.18, (1, 0.97, 0.8)))
        P.append((-Lg / 2, b * Wd / 2, 0.5, 0.06, 0.3, 0.18, (0.85, 0.08, 0.05)))
    if o.get("blink"):
        for a in (-1, 1):
            for b in (-0.9, 0.9):
                P.append((a * Lg / 2, b * Wd / 2, 0.62, 0.2, 0.3, 0.26, (1, 0.62, 0.05)))
    pr = sorted(
        (
            (
                round(z * 3) * -0.5 + s.cam.view((x + a * c - b * sn, y + a * sn + b * c, z + dz / 2))[2],
                x + a * c - b * sn,
                y + a * sn + b * c,
                z,
                dx,
                dy,
                dz,
                cl,
            )
            for a, b, z, dx, dy, dz, cl in P
        ),
        key=lambda t: -t[0],
    )

    def draw():
        s.shadow(x, y, Lg, Wd, yaw)
        for d, px, py, z, dx, dy, dz, cl in pr:
            s.box(px, py, z, dx, dy, dz, cl, yaw)

    bb = s.bbox(s.corners(x, y, 0, Lg, Wd, 1.45, yaw))
    s.add((x, y, 0.7), draw, bb, key, name)
    return bb


def spill(s, o):
    r = s.R("sp" + str(o["id"]))
    x, y, rad = (o["x"], o["y"], o["rad"] * o.get("grow", 1))
    name, col = paint(r, [o["col"]] if o.get("col") else COLOURS["spill"])
    if name == "blue":
        col = lerp(col, (0.5, 0.75, 1), 0.5)
    ph = [r.uniform(0, 6.3) for _ in range(3)]
    pts = []
    for i in range(30):
        t = i / 30 * 2 * math.pi
        q = rad * (1 + 0.2 * math.sin(2 * t + ph[0]) + 0.14 * math.sin(3 * t + ph[1]) + 0.07 * math.sin(5 * t + ph[2]))
        pts.append((x + q * math.cos(t) * 1.25, y + q * math.sin(t) * 0.95, 0.004))
    f = lambda k, dx=0, dy=0: [(x + (p[0] - x) * k + dx, y + (p[1] - y) * k + dy, 0.004) for p in pts]
    bb = s.bbox(pts)
    s.note("spill", bb, 1e6, name)

    def draw():
        s.p3(f(1.03), mul(col, 0.55), 0.9)
        s.p3(f(0.96), col, 0.95)
        s.p3(f(0.35, -rad * 0.35, rad * 0.3), (1, 1, 1), 0.6)

    s.items.append((1000000.0, draw))
    return bb


def floor_tex(s, r, c0, c1, y0, y1, x0, x1, step, tile=True):
    s.p3([(x0, y0, 0), (x1, y0, 0), (x1, y1, 0), (x0, y1, 0)], c0)
    if tile:
        x = x0
        while x < x1:
            s.line3((x, y0, 0), (x, y1, 0), c1)
            x += step
        y = y0
        while y < y1:
            s.line3((x0, y, 0), (x1, y, 0), c1)
            y += step
