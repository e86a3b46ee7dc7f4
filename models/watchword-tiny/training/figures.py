"""Persons and robots: flat figures that stand, walk or lie."""

import math

from .names import COLOURS
from .space import hsv, mul, paint


def person(s, o):
    r = s.R("p" + str(o["id"]))
    x, y, vest, down = (o["x"], o["y"], o["vest"], o.get("down", 0))
    h = r.uniform(1.62, 1.9) * o.get("size", 1)
    fx, fy, kv, tilt, kh = s.loc(x, y, h)
    sg0 = r.choice((-1, 1))
    a0 = sg0 * math.radians(r.uniform(78, 100))
    ang = tilt + (a0 - tilt) * down
    k0 = max(kv, 0.62 * kh)
    k = k0 + (kh * 0.97 - k0) * down
    skin = hsv(r.uniform(0.04, 0.09), r.uniform(0.3, 0.6), r.uniform(0.45, 0.95))
    pants = hsv(r.choice([0.6, 0.62, 0.1, r.random()]), r.uniform(0.1, 0.5), r.uniform(0.12, 0.45))
    vname, vcol = r.choice(
        [
            ("orange", (1, 0.48, 0.02)),
            ("yellow", (0.86, 1, 0.1)),
            ("yellow", (0.95, 0.95, 0.05)),
            ("orange", (1, 0.4, 0.05)),
        ]
    )
    tor = hsv(
        r.choice([r.uniform(0.48, 0.95), r.uniform(0.5, 0.7), r.random()]),
        r.uniform(0.05, 0.6),
        r.uniform(0.15, 0.8),
    )
    if tor[0] > 0.6 and tor[1] > 0.3 and (tor[2] < 0.4):
        tor = (0.3, 0.33, 0.6)
    if tor[0] > 0.6 and tor[1] > 0.6 and (tor[2] < 0.5):
        tor = (0.5, 0.5, 0.55)
    under = hsv(r.random(), r.uniform(0, 0.4), r.uniform(0.1, 0.7))
    hair = hsv(0.08, r.uniform(0, 0.6), r.uniform(0.05, 0.45))
    hat = r.random() < (0.6 if vest else 0.15)
    hatc = r.choice([(1, 0.85, 0.1), (0.95, 0.95, 0.95), (0.15, 0.35, 0.85), (0.9, 0.2, 0.1)])
    wid = r.uniform(0.95, 1.25)
    ph = o.get("phase", r.uniform(0, 6.28))
    amp = 0.16 if o.get("walk", r.random() < 0.5) else 0.05
    amp *= 1 - down
    if vest:
        tor = vcol
    lift = 0.1 * k * down

    def L(px, py):
        X, Y = (px * k, -py * k)
        c, sn = (math.cos(ang), math.sin(ang))
        return (fx + X * c - Y * sn, fy + X * sn + Y * c - lift)

    q = [L(-0.27, 0), L(0.27, 0), L(-0.27, h), L(0.27, h)]
    bb = (min((p[0] for p in q)), min((p[1] for p in q)), max((p[0] for p in q)), max((p[1] for p in q)))

    def draw():
        hip = 0.48 * h
        sh = 0.82 * h
        w = 0.21 * wid
        if down < 0.5:
            s.ell(fx, fy, 0.34 * k, 0.1 * k, (0, 0, 0), 0.3)
        else:
            m = L(0, h * 0.5)
            s.ell(m[0], m[1] + 0.12 * k, 0.55 * h * k, 0.16 * k, (0, 0, 0), 0.28)
        for sg in (-1, 1):
            sw = math.sin(ph) * amp * sg
            kx = sg * 0.1 + sw * 0.6
            s.stroke(
                [L(sg * w * 0.5, hip), L(kx, hip * 0.52), L(sg * 0.1 + sw * 1.5, 0.03)],
                mul(pants, 1 if sg > 0 else 0.82),
                0.17 * k,
                rnd=True,
            )
            s.stroke(
                [L(sg * 0.1 + sw * 1.5 - 0.02, 0.03), L(sg * 0.1 + sw * 1.5 + 0.06 * sg0, 0.03)],
                (0.08, 0.08, 0.09),
                0.09 * k,
                rnd=True,
            )
            aw = -math.sin(ph) * amp * sg * 1.2
            ax, ay = (sg * (w + 0.02), sh - 0.03)
            mx, my = (ax + sg * 0.05 + aw * 0.6, ay - 0.17 * h)
            ex, ey = (ax + sg * 0.05 + aw * 1.6, ay - 0.33 * h)
            s.stroke([L(ax, ay), L(mx, my)], under if vest else mul(tor, 0.85), 0.12 * k, rnd=True)
            s.stroke([L(mx, my), L(ex, ey)], under if vest else skin, 0.1 * k, rnd=True)
        s.fill(
            [
                L(-w * 0.92, hip - 0.04),
                L(w * 0.92, hip - 0.04),
                L(w * 1.1, sh),
                L(w * 0.5, sh + 0.06),
                L(-w * 0.5, sh + 0.06),
                L(-w * 1.1, sh),
            ],
            tor,
        )
        if vest:
            for yy in (0.56 * h, 0.66 * h):
                s.stroke([L(-w * 0.97, yy), L(w * 0.97, yy)], (0.95, 0.97, 0.92), 0.055 * k)
            for xx in (-0.55, 0.55):
                s.stroke([L(w * xx, 0.56 * h), L(w * xx, sh + 0.02)], (0.95, 0.97, 0.92), 0.045 * k)
        hx, hy = L(0, 0.92 * h)
        s.disc(hx, hy, 0.115 * k, skin)
        tx, ty = L(0, 0.945 * h)
        s.c.arc(tx, ty, 0.12 * k, math.pi + ang, 2 * math.pi + ang)
        s.c.set_source_rgb(*(hatc if hat else hair))
        s.c.fill()
        if hat:
            s.stroke([L(-0.15, 0.945 * h), L(0.15, 0.945 * h)], mul(hatc, 0.85), 0.035 * k)

    kind = ("d" if down > 0.5 else "p") + ("v" if vest else "n")
    s.add((x, y - 0.1, 0.5), draw, bb, kind, vname if vest else None, "lane" if o.get("lane") else None)
    return bb


def robot(s, o):
    r = s.R("r" + str(o["id"]))
    x, y, fl = (o["x"], o["y"], o.get("fallen", 0))
    h = r.uniform(1.3, 1.6) * o.get("size", 1)
    fx, fy, kv, tilt, kh = s.loc(x, y, h)
    style = r.choice("ABC")
    a1 = r.choice((-1, 1)) * math.radians(r.uniform(80, 98))
    a0 = tilt + math.radians(r.uniform(-3, 3))
    ang = a0 + (a1 - a0) * fl
    k0 = max(kv, 0.65 * kh)
    k = k0 + (kh * 0.97 - k0) * fl
    name, body = paint(r, o.get("paint") or COLOURS["robot"])
    trim = mul(body, 0.5)
    led = r.choice([(0.1, 0.9, 1), (0.2, 1, 0.4), (0.3, 0.6, 1)])
    w = r.uniform(0.28, 0.36)

    def L(px, py):
        X, Y = (px * k, -py * k)
        c, sn = (math.cos(ang), math.sin(ang))
        return (fx + X * c - Y * sn, fy + X * sn + Y * c - w * 0.7 * k * fl)

    q = [L(-w, 0), L(w, 0), L(-w, h), L(w, h)]
    bb = (min((p[0] for p in q)), min((p[1] for p in q)), max((p[0] for p in q)), max((p[1] for p in q)))
    arm = [r.uniform(0.1, 0.8), r.uniform(0.1, 0.8)]

    def circ(px, py, rad, col):
        X, Y = L(px, py)
        s.disc(X, Y, rad * k, col)

    def draw():
        m = L(0, h * 0.5 * fl)
        s.ell(m[0], m[1] + w * 0.6 * k * fl, (0.45 + 0.45 * fl) * k, 0.14 * k, (0, 0, 0), 0.3)
        s.fill([L(-w, 0.09), L(w, 0.09), L(w * 0.95, 0.34), L(-w * 0.95, 0.34)], trim)
        for xx in (-0.75, 0, 0.75):
            circ(xx * w, 0.09, 0.1, (0.06, 0.06, 0.07))
            circ(xx * w, 0.09, 0.045, (0.55, 0.55, 0.55))
        if style == "A":
            s.fill([L(-0.09, 0.3), L(0.09, 0.3), L(0.08, h * 0.7), L(-0.08, h * 0.7)], body)
            s.fill([L(-w * 0.95, h * 0.66), L(w * 0.95, h * 0.66), L(w * 0.95, h), L(-w * 0.95, h)], body)
            s.fill(
                [L(-w * 0.78, h * 0.7), L(w * 0.78, h * 0.7), L(w * 0.78, h * 0.97), L(-w * 0.78, h * 0.97)],
                (0.03, 0.05, 0.1),
            )
        elif style == "B":
            s.fill([L(-w * 0.85, 0.3), L(w * 0.85, 0.3), L(w * 0.68, h * 0.84), L(-w * 0.68, h * 0.84)], body)
            X, Y = L(0, h * 0.84)
            s.c.arc(X, Y, w * 0.68 * k, math.pi + ang, 2 * math.pi + ang)
            s.c.set_source_rgb(*body)
            s.c.fill()
            s.fill(
                [L(-w * 0.55, h * 0.7), L(w * 0.55, h * 0.7), L(w * 0.5, h * 0.88), L(-w * 0.5, h * 0.88)],
                (0.04, 0.05, 0.08),
            )
            s.stroke([L(-w * 0.74, h * 0.5), L(w * 0.74, h * 0.5)], led, 0.06 * k)
        else:
            s.fill([L(-0.12, 0.3), L(0.12, 0.3), L(0.12, h * 0.45), L(-0.12, h * 0.45)], trim)
            s.fill([L(-w * 0.75, h * 0.4), L(w * 0.75, h * 0.4), L(w * 0.9, h * 0.76), L(-w * 0.9, h * 0.76)], body)
            for sg, a in ((-1, arm[0]), (1, arm[1])):
                s.stroke(
                    [
                        L(sg * w * 0.95, h * 0.72),
                        L(sg * (w * 1 + 0.25 * math.sin(a)), h * 0.72 - 0.38 * math.cos(a)),
                    ],
                    trim,
                    0.1 * k,
                    rnd=True,
                )
            s.fill([L(-w * 0.58, h * 0.79), L(w * 0.58, h * 0.79), L(w * 0.58, h), L(-w * 0.58, h)], body)
            s.fill(
                [L(-w * 0.48, h * 0.83), L(w * 0.48, h * 0.83), L(w * 0.48, h * 0.96), L(-w * 0.48, h * 0.96)],
                (0.03, 0.04, 0.08),
            )
            s.disc(*L(0, h * 0.58), 0.07 * k, led)
        yy = {"A": 0.85, "B": 0.79, "C": 0.9}[style]
        for xx in (-0.27, 0.27):
            circ(xx * w, h * yy, 0.055, led)

    s.add((x, y - 0.1, 0.5), draw, bb, "rf" if fl > 0.5 else "ru", name)
    return bb
