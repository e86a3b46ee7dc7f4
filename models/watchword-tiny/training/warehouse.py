"""The warehouse: a hall with an emergency exit."""

import math
import random

from .placing import slots
from .space import Cam, hsv, mul
from .things import floor_tex


def wh_geo(seed):
    """a hall with an emergency exit, seen from the front or from above, with a rack or a dock door beside the exit"""
    r = random.Random(f"{seed}:geo")
    view = r.choice(["front", "front", "front", "ceiling"])
    an = r.uniform(-0.28, 0.28)
    by = r.uniform(2.2, 2.8)
    dist = r.uniform(5.0, 5.8)
    cz = r.uniform(3.8, 4.5) if view == "ceiling" else r.uniform(2.4, 3.4)
    pos = (math.sin(an) * dist, -math.cos(an) * dist + 1, cz)
    cam = Cam(pos, (r.uniform(-0.2, 0.2), 0.8, r.uniform(0.55, 0.8)), r.uniform(0.92, 1.05), r.uniform(-0.03, 0.03))
    side = r.choice(["rack", "rack", "dock", None])
    return dict(
        cam=cam,
        by=by,
        dx=r.choice((-1, 1)) * r.uniform(1.3, 2.3),
        dw=r.uniform(1.25, 1.5),
        dh=r.uniform(2.0, 2.25),
        rack=side == "rack",
        dock=side == "dock",
    )


def draw_wh(s, st, g):
    r = s.R("bg")
    s.cam = g["cam"]
    by, dx, dw, dh = (g["by"], g["dx"], g["dw"], g["dh"])
    fl = hsv(r.choice([0.1, 0.55, 0.6, r.random()]), r.uniform(0, 0.14), r.uniform(0.45, 0.75))
    wl = hsv(r.choice([0.1, 0.55, 0.6, r.random()]), r.uniform(0, 0.28), r.uniform(0.5, 0.92))
    s.c.set_source_rgb(*wl)
    s.c.paint()
    floor_tex(s, r, fl, mul(fl, 0.9), -8, by, -14, 14, r.uniform(1.2, 2.2), r.random() < 0.7)
    if r.random() < 0.6:
        [s.line3((-14, by - 0.01, k * 0.5), (14, by - 0.01, k * 0.5), mul(wl, 0.88)) for k in range(1, 12)]
    s.p3([(-14, by - 0.01, 0), (14, by - 0.01, 0), (14, by - 0.01, 0.12), (-14, by - 0.01, 0.12)], mul(wl, 0.6))
    mk = r.choice([(0.95, 0.78, 0.1), (0.95, 0.95, 0.92)])
    if r.random() < 0.85:
        for sg in (-1, 1):
            x = dx * 0.2 + sg * r.uniform(1.9, 2.6)
            s.p3([(x - 0.06, -8, 0.002), (x + 0.06, -8, 0.002), (x + 0.06, by, 0.002), (x - 0.06, by, 0.002)], mk)
    dc = r.choice([(0.15, 0.45, 0.3), (0.7, 0.15, 0.12), (0.3, 0.4, 0.6), (0.75, 0.75, 0.72), (0.85, 0.8, 0.6)])
    fw = lambda a, b, c, d, y=by - 0.02: [(a, y, b), (c, y, b), (c, y, d), (a, y, d)]
    s.p3(fw(dx - dw / 2 - 0.1, 0, dx + dw / 2 + 0.1, dh + 0.08), (0.3, 0.3, 0.32))
    s.p3(fw(dx - dw / 2, 0, dx + dw / 2, dh, by - 0.03), dc)
    s.p3(fw(dx - dw * 0.3, dh * 0.62, dx + dw * 0.3, dh * 0.88, by - 0.04), (0.75, 0.85, 0.92), 0.8)
    s.p3(fw(dx - dw * 0.42, dh * 0.44, dx + dw * 0.42, dh * 0.49, by - 0.04), (0.9, 0.9, 0.9))
    s.p3(fw(dx - 0.55, dh + 0.14, dx + 0.55, dh + 0.52, by - 0.05), (0.05, 0.62, 0.25))
    s.p3(fw(dx - 0.36, dh + 0.22, dx - 0.02, dh + 0.44, by - 0.06), (1, 1, 1))
    s.p3(fw(dx + 0.1, dh + 0.28, dx + 0.4, dh + 0.38, by - 0.06), (1, 1, 1))
    s.p3(
        [
            (dx - dw / 2 - 0.1, by - 1.0, 0.003),
            (dx + dw / 2 + 0.1, by - 1.0, 0.003),
            (dx + dw / 2 + 0.1, by, 0.003),
            (dx - dw / 2 - 0.1, by, 0.003),
        ],
        (0.1, 0.6, 0.3),
        0.28,
    )
    door = s.bbox([(dx - dw / 2, by, 0), (dx + dw / 2, by, 0), (dx, by, dh + 0.5)])
    s.note("exb" if st.get("exit_blocked") else "exit", door, s.cam.view((dx, by, 1))[2])
    if g["dock"]:
        sg = -1 if dx > 0 else 1
        x0, x1, top = sg * 0.7 - 0.3, sg * 3.3 - 0.3, 2.7
        s.p3(fw(x0 - sg * 0.12, 0, x1 + sg * 0.12, top + 0.12), (0.85, 0.72, 0.15))
        s.p3(fw(x0, 0, x1, top, by - 0.03), (0.6, 0.62, 0.65))
        for k in range(1, 9):
            s.line3((x0, by - 0.04, k * 0.3), (x1, by - 0.04, k * 0.3), (0.45, 0.47, 0.5), 0.8)
    if g["rack"]:
        sg = -1 if dx > 0 else 1
        rc = r.choice([(0.15, 0.3, 0.7), (0.9, 0.45, 0.1), (0.3, 0.5, 0.35)])
        x0 = sg * r.uniform(2.4, 2.9)
        for b in range(2):
            for lv in range(3):
                for i in range(3):
                    if r.random() < 0.8:
                        s.box(
                            x0 + sg * (b * 1.5 + 0.1) + (i - 1) * 0.45,
                            by - 0.45,
                            0.1 + lv * 0.85,
                            0.4,
                            0.5,
                            r.uniform(0.35, 0.6),
                            mul(
                                r.choice([(0.76, 0.57, 0.36), (0.8, 0.78, 0.72), (0.5, 0.6, 0.75)]), r.uniform(0.8, 1.1)
                            ),
                            0,
                            0.65,
                        )
                s.box(x0 + sg * (b * 1.5 + 0.1), by - 0.45, 0.02 + lv * 0.85, 1.45, 0.6, 0.07, rc)
            for e in (-0.72, 0.72):
                s.box(x0 + sg * (b * 1.5 + 0.1) + e, by - 0.72, 0, 0.07, 0.07, 2.6, rc)


def fill_warehouse(st, g, r, crowd, many, edge):
    """what stands and lies in a hall, most of it not before the exit"""
    cam = g["cam"]
    v0 = cam.proj((0, g["by"] - 1.3, 0))[1] + 2
    S = slots(g, r, 7 if crowd else 5, v0 + 3, 122, *edge)
    du = cam.proj((g["dx"], g["by"], 0))[0]
    S.sort(key=lambda p: abs(cam.proj((p[0], p[1], 0))[0] - du) < 26)
    free = [p for p in S if abs(cam.proj((p[0], p[1], 0))[0] - du) >= 24]
    r.shuffle(free)
    near = [p for p in S if p not in free]
    if r.random() < 0.42:
        st["exit_blocked"] = r.choice(["cartons", "cartons", "pallet"])
    if r.random() < 0.28 and free:
        p = free.pop()
        st["forklift"] = dict(x=p[0], y=max(p[1], -1.0), yaw=r.choice((0, math.pi)) + r.uniform(-0.6, 0.6))
    for i in range(r.choice((0, 1, 1, 1, 2, 3))):
        if free:
            p = free.pop()
            st["robots"].append(dict(id=i, x=p[0], y=p[1], fallen=int(r.random() < 0.45)))
    for i in range(many):
        q = free or near
        if q:
            p = q.pop()
            st["people"].append(dict(id=i, x=p[0], y=p[1], vest=r.random() < 0.5, down=int(r.random() < 0.25)))
    if free and r.random() < 0.4:
        p = free.pop()
        st["boxes"] = [dict(id=0, x=p[0], y=p[1], sz=r.uniform(0.5, 0.62))]
    if free and r.random() < 0.35:
        p = free.pop()
        st["spill"] = dict(id=0, x=p[0], y=p[1], rad=r.uniform(0.4, 0.55))
    if free and r.random() < 0.3:
        p = free.pop()
        st["pallets"] = [dict(id=0, x=p[0], y=p[1])]
