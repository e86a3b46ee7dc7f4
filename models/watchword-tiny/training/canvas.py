"""Drawing in space with cairo: what is added is painted from far to near, and remembered with its box."""

import math
import random

import cairo

from .space import H, W, dot, mul, norm, sub


FACES = ((0, 1, 5, 4), (1, 2, 6, 5), (2, 3, 7, 6), (3, 0, 4, 7), (4, 5, 6, 7))


class Canvas:
    def __init__(s, seed, k):
        s.seed = seed
        s.w, s.h = (int(round(W * k)), int(round(H * k)))
        s.surf = cairo.ImageSurface(cairo.FORMAT_RGB24, s.w, s.h)
        s.c = cairo.Context(s.surf)
        s.c.scale(k, k)
        s.items = []
        s.ann = []
        r = s.R("light")
        s.light = norm((r.uniform(-0.6, 0.6), -r.uniform(0.3, 0.9), r.uniform(0.6, 1.2)))

    def R(s, name):
        return random.Random(f"{s.seed}:{name}")

    def fill(s, pts, col, a=1):
        if len(pts) < 3:
            return
        c = s.c
        c.move_to(*pts[0][:2])
        for p in pts[1:]:
            c.line_to(*p[:2])
        c.close_path()
        c.set_source_rgba(*col, a)
        c.fill()

    def stroke(s, pts, col, w=1, a=1, close=False, rnd=False):
        c = s.c
        c.move_to(*pts[0][:2])
        for p in pts[1:]:
            c.line_to(*p[:2])
        if close:
            c.close_path()
        c.set_line_cap(cairo.LINE_CAP_ROUND if rnd else cairo.LINE_CAP_BUTT)
        c.set_source_rgba(*col, a)
        c.set_line_width(w)
        c.stroke()

    def disc(s, x, y, r, col, a=1):
        s.c.arc(x, y, r, 0, 7)
        s.c.set_source_rgba(*col, a)
        s.c.fill()

    def ell(s, x, y, rx, ry, col, a=1):
        s.c.save()
        s.c.translate(x, y)
        s.c.scale(rx, ry)
        s.c.arc(0, 0, 1, 0, 7)
        s.c.restore()
        s.c.set_source_rgba(*col, a)
        s.c.fill()

    def p3(s, pts, col, a=1):
        s.fill(s.cam.poly(pts), col, a)

    def line3(s, a, b, col, w=0.7, al=0.6):
        p = s.cam.poly([a, b, b])
        if len(p) >= 2:
            s.stroke(p[:2], col, w, al)

    def grad(s, y0, y1, c0, c1):
        g = cairo.LinearGradient(0, y0, 0, y1)
        g.add_color_stop_rgb(0, *c0)
        g.add_color_stop_rgb(1, *c1)
        s.c.set_source(g)
        s.c.paint()

    def corners(s, x, y, z, dx, dy, dz, yaw=0):
        c, sn = (math.cos(yaw), math.sin(yaw))
        o = []
        for k in (0, 1):
            for a, b in ((-1, -1), (1, -1), (1, 1), (-1, 1)):
                X, Y = (a * dx / 2, b * dy / 2)
                o.append((x + X * c - Y * sn, y + X * sn + Y * c, z + k * dz))
        return o

    def box(s, x, y, z, dx, dy, dz, col, yaw=0, line=None, ff=None):
        o = s.corners(x, y, z, dx, dy, dz, yaw)
        ctr = (x, y, z + dz / 2)
        fs = []
        for i, f in enumerate(FACES):
            q = [o[j] for j in f]
            m = tuple((sum((p[k] for p in q)) / 4 for k in range(3)))
            n = norm(sub(m, ctr)) if i < 4 else (0, 0, 1)
            if dot(n, sub(s.cam.p, m)) > 0:
                fs.append((i, q, n))
        for i, q, n in fs:
            sh = 0.62 + 0.45 * max(0, dot(n, s.light))
            pp = s.cam.poly(q)
            s.fill(pp, mul(col, sh))
            if line and len(pp) > 2:
                s.stroke(pp, mul(col, line), 0.5, 0.8, True)
            if ff:
                ff(i, q, sh)

    def shadow(s, x, y, dx, dy, yaw=0, a=0.25):
        s.p3(s.corners(x, y, 0.003, dx * 1.15, dy * 1.15, 0, yaw)[:4], (0, 0, 0), a)

    def bbox(s, pts):
        q = [s.cam.proj(p) for p in pts]
        return (min((a[0] for a in q)), min((a[1] for a in q)), max((a[0] for a in q)), max((a[1] for a in q)))

    def note(s, key, bb, depth, colour=None, ref=None):
        """remember a drawn thing: kind, box in virtual pixels, distance, colour name, what it stands for"""
        s.ann.append((key, bb, depth, colour, ref))

    def add(s, pos, fn, bb=None, key=None, colour=None, ref=None):
        depth = s.cam.view(pos)[2]
        s.items.append((depth, fn))
        if key and bb:
            s.note(key, bb, depth, colour, ref)

    def flush(s):
        for d, fn in sorted(s.items, key=lambda t: -t[0]):
            fn()
        s.items = []

    def loc(s, x, y, h):
        a = s.cam.proj((x, y, 0))
        b = s.cam.proj((x, y, h))
        k = math.hypot(a[0] - b[0], a[1] - b[1]) / h
        return (a[0], a[1], k, math.atan2(b[0] - a[0], a[1] - b[1]), s.cam.f / a[2])
