"""The tokenizer: a lower-case BPE in which every token stands also capitalised and in capitals.

python3 -m training.tokenizer OUT. The model embeds all three alike, so that capitals never change an answer.
"""

import json
import random
import re
import sys

from .dressing import dress
from .language import (
    CAPTION,
    COLOUR_ASK,
    COLOUR_SAY,
    COUNT_OPEN,
    COUNT_YES,
    OTHER_COLOURS,
    PLACE_ASK,
    PLACE_OPEN,
    PLACE_SAY,
    TRAIN,
    caption,
)
from .names import COLOURS, FAMILIES, THINGS
from .outside import UNKNOWN, outside
from .phrases import PHRASES

SPECIAL = [
    "<|endoftext|>",
    "<|im_start|>",
    "<|im_end|>",
    "<end_of_utterance>",
    "<fake_token_around_image>",
    "<global-img>",
    "<image>",
]


def cap(token):
    """first letter of a token as a capital"""
    for i, c in enumerate(token):
        if "a" <= c <= "z":
            return token[:i] + c.upper() + token[i + 1 :]
    return token


def upper(token):
    return re.sub("[a-z]", lambda m: m.group().upper(), token)


def letters(token):
    return any("a" <= c <= "z" for c in token)


def with_capitals(spec):
    """add to a lower-case BPE the same merges for Capitalised and CAPITAL words"""
    vocab, merges, seen = dict(spec["model"]["vocab"]), [], set()

    def add(a, b):
        if (a, b) in seen or a not in vocab or b not in vocab:
            return
        seen.add((a, b))
        merges.append([a, b])
        vocab.setdefault(a + b, len(vocab))

    for pair in spec["model"]["merges"]:
        a, b = pair if isinstance(pair, list) else pair.split(" ")
        add(a, b)
        add(cap(a), b) if letters(a) else add(a, cap(b))
        add(upper(a), upper(b))
    spec["model"]["vocab"], spec["model"]["merges"] = vocab, merges
    return spec


def fold_table(vocab):
    """token id -> id of the same token in lower case"""
    table = list(range(len(vocab)))
    for token, i in vocab.items():
        low = re.sub("[A-Z]", lambda m: m.group().lower(), token)
        if token not in SPECIAL and low in vocab:
            table[i] = vocab[low]
    return table


def corpus(r):
    """sentences of every kind, in the proportions the tokenizer should care about"""
    out = [
        "user:",
        " yes",
        " no",
        "yes",
        "no",
        "\nassistant: yes",
        "\nassistant: no",
        "assistant:",
        UNKNOWN.lower(),
        " left",
        " right",
        " top",
        " middle",
        " bottom",
    ] * 2500
    out += [" %d" % i for i in range(6)] * 600
    for k in TRAIN:
        for g in range(4):
            for s in TRAIN[k][g]:
                out.append(dress(s, g in (1, 3), r))
    for k in COUNT_OPEN:
        out += COUNT_OPEN[k][0] * 3 + [t for t, _ in COUNT_YES[k]] * 2
    for thing in THINGS:
        out += PLACE_ASK[thing][0] + PLACE_SAY[thing][0] + PLACE_OPEN[thing][0] * 3
    for thing in COLOURS:
        for c in COLOURS[thing] + OTHER_COLOURS:
            out += [t.replace("X", c) for t in COLOUR_ASK[thing][0] + COLOUR_SAY[thing][0]] + [" " + c] * 30
    out += [dress(*outside(r), r) for _ in range(6000)] + CAPTION * 20
    for _ in range(3000):
        a = {k: int(r.random() < 0.3) for k in PHRASES}
        a.update(
            dict.fromkeys(FAMILIES, 0),
            n_people=r.choice((0, 1, 2, 3)),
            n_empty=r.choice((1, 2)),
            n_cars=r.choice((1, 2)),
            n_robots=1,
        )
        a[r.choice(FAMILIES)] = 1
        out.append(" " + caption(a))
    return out


def make_tokenizer(path, size=1100):
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

    tk = Tokenizer(models.BPE())
    tk.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tk.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    lower = [t.lower() for t in corpus(random.Random(1))]
    tk.train_from_iterator(
        lower,
        trainers.BpeTrainer(vocab_size=size, special_tokens=SPECIAL, initial_alphabet=alphabet, show_progress=False),
    )
    spec = with_capitals(json.loads(tk.to_str()))
    with open(path, "w") as f:
        json.dump(spec, f, ensure_ascii=False)
    tk = Tokenizer.from_file(path)
    fold = fold_table(tk.get_vocab())
    for s in random.Random(2).sample(lower, 3000):
        for t in (s.upper(), s.title() if "'" not in s else s, s[:1].upper() + s[1:]):
            assert [fold[i] for i in tk.encode(t).ids] == [fold[i] for i in tk.encode(s).ids], (s, t)
    print(
        "vocabulary",
        tk.get_vocab_size(),
        "folded",
        len(set(fold)),
        {s: tk.encode(s).ids for s in (" Yes", " No", "\nAssistant:", "User:", " 2", UNKNOWN, " left", " I")},
    )


if __name__ == "__main__":
    make_tokenizer(sys.argv[1])
