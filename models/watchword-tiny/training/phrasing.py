"""How phrasings are written down: noun phrases, statements, questions, and the same negated. `{a|b}` are alternatives."""

import re

PHRASES = {}


def expand(text):
    """all the sentences that a pattern with {a|b} alternatives stands for"""
    m = re.search(r"\{([^{}]*)\}", text)
    if not m:
        return [re.sub(r"\s+", " ", text).strip()]
    return sum((expand(text[: m.start()] + part + text[m.end() :]) for part in m.group(1).split("|")), [])


PLURAL = ("people", "boxes", "cartons", "robots", "cars", "vehicles", "branches", "workers", "cardboard", "empty", "crashed",
          "pallets", "liquids", "shelves", "gaps", "persons", "shoppers", "customers", "forklifts", "goods")  # fmt: skip


def phrase(key, N="", C=(), Q=(), NC=(), NQ=(), noneg=False):
    """N noun phrases, C statements, Q questions, NC and NQ their negations; noneg: the nouns have no plain negation"""
    nouns = expand("{%s}" % N) if N else []
    said, asked, said_not, asked_not = (sum(map(expand, x), []) for x in (C, Q, NC, NQ))
    for n in nouns:
        many = n.split()[0] in PLURAL and not n.startswith(("a ", "an "))
        be = "are" if many else "is"
        bare = re.sub("^an? ", "", n)
        asked += [f"{be} there {n}", f"do you see {n}", f"can you see {n}", f"does the image show {n}", f"does the camera see {n}",
                  f"{be} {n} visible", f"can {n} be seen", f"does the picture contain {n}", f"have you got {n} in view",
                  f"could there be {n} here", f"would you say there {be} {n}", f"does it look like there {be} {n}",
                  f"{be} there {n} to be seen", f"are there any {n}" if many else f"is there any sign of {bare}"]  # fmt: skip
        asked += [f"{be} there {n} in the {w}" for w in ("image", "picture", "scene", "view", "frame")]
        said += [n, f"there {be} {n}", f"{n} {be} visible", f"{n} {'appear' if many else 'appears'}", f"the camera shows {n}",
                 f"the picture shows {n}", f"you can see {n}", f"you see {n}", f"i can see {n}", f"we have {n}", f"we see {n} here",
                 f"{n} can be seen", f"{n} in view", f"{n} in the picture", f"it looks like there {be} {n}", f"looks like {n}"]  # fmt: skip
        if not noneg:
            any_ = n if many else "any " + bare
            asked_not += [f"is the {w} free of {any_}" for w in ("scene", "view", "picture", "image", "area")]
            asked_not += [f"is it true that there is no {bare}", f"is there no {bare}"]
            said_not += [
                f"there {be} no {bare}",
                f"no {bare} {be} visible",
                f"no {bare}",
                f"no {bare} in sight",
                f"no {bare} in view",
            ]
    if key in PHRASES:
        for mine, more in zip(PHRASES[key], (asked, said, asked_not, said_not)):
            mine += more
    else:
        PHRASES[key] = [asked, said, asked_not, said_not]
