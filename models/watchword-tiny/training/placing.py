"""Where things may stand so that each can be seen."""


def slots(g, r, n, v0, v1, u0=26, u1=214):
    """n floor positions spread over the picture width, in random order"""
    w = (u1 - u0) / n
    o = []
    for i in range(n):
        p = g["cam"].ground(u0 + w * (i + r.uniform(0.3, 0.7)), r.uniform(v0, v1))
        o.append(p)
    r.shuffle(o)
    return o


def declutter(st, cam, limit):
    """drop optional objects that would hide more than `limit` of another"""

    def bb(x, y, w, h, flat=0):
        a = cam.proj((x, y, 0))
        k = cam.f / a[2]
        t = cam.proj((x, y, max(h, 0.01)))[1]
        return (a[0] - w / 2 * k, min(t, a[1] - flat * k), a[0] + w / 2 * k, a[1] + flat * k)

    L = []
    if st.get("forklift"):
        o = st["forklift"]
        L.append((bb(o["x"], o["y"], 2.6, 2.0, 0.3), "forklift", None))
    if st.get("pile"):
        o = st["pile"]
        L.append((bb(o["x"], o["y"], 1.3, 0.8, 0.1), "pile", None))
    if st.get("stall"):
        o = st["stall"]
        L.append((bb(o["x"], o["y"] - 1.5, 2.6, 1.6, 0.8), "stall", None))
        L.append((bb(o["x"], o["y"] - 3.6, 1.8, 1.2, 0.1), "stall", None))
    if st.get("crash"):
        o = st["crash"]
        L.append((bb(o["x"], o["y"], 5.5, 2, 0.8), "crash", None))
    for k in ("robots", "people"):
        for o in st[k]:
            dn = o.get("down", 0) or o.get("fallen", 0)
            L.append((bb(o["x"], o["y"], 1.8 if dn else 0.6, 0.5 if dn else 1.6 * o.get("size", 1), 0.15), k, o))
    for o in st["boxes"]:
        L.append((bb(o["x"], o["y"], o["sz"] * 1.3, o["sz"], 0.1), "boxes", o))
    if st.get("spill"):
        o = st["spill"]
        L.append((bb(o["x"], o["y"], o["rad"] * 2.5, 0, o["rad"] * 0.5), "spill", None))
    for o in st["pallets"]:
        L.append((bb(o["x"], o["y"], 1.4, 1.2, 0.2), "pallets", o))
    keep = []
    for b, k, o in L:
        A = (b[2] - b[0]) * (b[3] - b[1])
        bad = False
        for c, k2, o2 in keep:
            ov = max(0, min(b[2], c[2]) - max(b[0], c[0])) * max(0, min(b[3], c[3]) - max(b[1], c[1]))
            if k != k2 or o is not None:
                if ov > limit * min(A, (c[2] - c[0]) * (c[3] - c[1])):
                    bad = True
        if not bad:
            keep.append((b, k, o))
            continue
        if o is not None:
            st[k].remove(o)
        else:
            st.pop(k, None)
