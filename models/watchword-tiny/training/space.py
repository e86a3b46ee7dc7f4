"""Vectors, colours by name and the pinhole camera. Metres; z is up; the picture is W x H virtual pixels."""

import colorsys
import math

W, H = (240, 135)


def sub(a, b):
    return (a[0] - b[0], a[1] - b[1], a[2] - b[2])


def dot(a, b):
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]


def cross(a, b):
    return (a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0])


def norm(a):
    l = math.sqrt(dot(a, a)) or 1
    return (a[0] / l, a[1] / l, a[2] / l)


def hsv(h, s, v):
    return colorsys.hsv_to_rgb(h % 1, max(0, min(1, s)), max(0, min(1, v)))


def mul(c, k):
    return tuple((max(0, min(1, x * k)) for x in c))


PAINT = dict(
    red=((0.985, 1.015), (0.75, 0.95), (0.6, 0.9)),
    blue=((0.57, 0.63), (0.6, 0.9), (0.55, 0.95)),
    green=((0.34, 0.42), (0.5, 0.85), (0.4, 0.75)),
    white=((0, 1), (0, 0.03), (0.9, 0.98)),
    black=((0, 1), (0, 0.1), (0.1, 0.2)),
    grey=((0.55, 0.65), (0, 0.06), (0.5, 0.64)),
    yellow=((0.135, 0.155), (0.8, 0.95), (0.88, 0.98)),
    orange=((0.055, 0.085), (0.85, 0.97), (0.9, 1)),
    brown=((0.055, 0.075), (0.75, 0.85), (0.42, 0.54)),
)


def paint(r, names):
    """a colour name of the list and one shade of it"""
    name = r.choice(names)
    return (name, hsv(*(r.uniform(a, b) for a, b in PAINT[name])))


def lerp(a, b, t):
    return tuple((a[k] + (b[k] - a[k]) * t for k in range(len(a))))


class Cam:
    def __init__(s, pos, target, f, roll=0):
        s.p = pos
        s.fw = norm(sub(target, pos))
        r = norm(cross(s.fw, (0, 0, 1)))
        u = cross(r, s.fw)
        c, sn = (math.cos(roll), math.sin(roll))
        s.r = tuple((c * a + sn * b for a, b in zip(r, u)))
        s.u = tuple((-sn * a + c * b for a, b in zip(r, u)))
        s.f = f * H
        s.cx = W / 2
        s.cy = H / 2

    def view(s, p):
        d = sub(p, s.p)
        return (dot(d, s.r), dot(d, s.u), dot(d, s.fw))

    def proj(s, p):
        x, y, z = s.view(p)
        z = max(z, 0.15)
        return (s.cx + s.f * x / z, s.cy - s.f * y / z, z)

    def ground(s, u, v):
        a, b = ((u - s.cx) / s.f, (s.cy - v) / s.f)
        d = tuple((s.fw[k] + a * s.r[k] + b * s.u[k] for k in range(3)))
        if d[2] > -0.02:
            return None
        t = -s.p[2] / d[2]
        return (s.p[0] + t * d[0], s.p[1] + t * d[1])

    def poly(s, pts):
        v = [s.view(p) for p in pts]
        out = []
        n = len(v)
        N = 0.15
        for i in range(n):
            a, b = (v[i], v[(i + 1) % n])
            if a[2] >= N:
                out.append(a)
            if (a[2] >= N) != (b[2] >= N):
                t = (N - a[2]) / (b[2] - a[2])
                out.append(tuple((a[k] + t * (b[k] - a[k]) for k in range(3))))
        return [(s.cx + s.f * x / z, s.cy - s.f * y / z) for x, y, z in out]
