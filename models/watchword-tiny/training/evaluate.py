"""Measure an exported checkpoint. python3 -m training.evaluate CHECKPOINT HELDOUT [--clips DIR] [--managers FILE] [--robust] [--suffix _quantized]"""

import argparse
import io
import json
import os
import subprocess
import time

import numpy as np
import onnxruntime as ort
from PIL import Image
from tokenizers import Tokenizer

from .names import ATTRS, COUNTS

POST = "<end_of_utterance>\nAssistant:"
# the questions of the shipped rules, roughly; used on the clips
RULES = dict(
    empty="Is a shelf empty?", robot_fallen="Is a robot lying on the floor?", spill="Is there a spill on the floor?",
    exit_blocked="Is the emergency exit blocked?", hazard="Is there a traffic hazard on the road?", person="Is a person present?",
    nohivis="Is there a person without a hi-vis vest?", collision="Have cars crashed?", person_down="Is a person lying on the floor?",
    tree_fallen="Has a tree fallen on the road?", forklift="Is there a forklift?", dark="Is it dark?",
    aisle_blocked="Is the aisle blocked by boxes?",
)  # fmt: skip


class Model:
    """the three graphs through onnxruntime; the image prefix is computed once per picture"""

    def __init__(self, folder, suffix, threads=1):
        opt = ort.SessionOptions()
        opt.intra_op_num_threads, opt.inter_op_num_threads, opt.log_severity_level = threads, 1, 3
        load = lambda f: ort.InferenceSession(f"{folder}/onnx/{f}{suffix}.onnx", opt)
        self.vision, self.embed, self.decoder = (
            load(f) for f in ("vision_encoder", "embed_tokens", "decoder_model_merged")
        )
        self.tk = Tokenizer.from_file(folder + "/tokenizer.json")
        cfg = json.load(open(folder + "/config.json"))
        t = cfg["text_config"]
        self.size, self.layers, self.eos = cfg["vision_config"]["image_size"], t["num_hidden_layers"], t["eos_token_id"]
        n = json.load(open(folder + "/processor_config.json"))["image_seq_len"]
        pre = "<|im_start|>User:<fake_token_around_image><global-img>" + "<image>" * n + "<fake_token_around_image>"
        self.pre = self.tk.encode(pre).ids
        self.at = np.array(self.pre) == cfg["image_token_id"]
        self.pre_emb = self.emb(self.pre)
        self.none = [np.zeros((1, t["num_key_value_heads"], 0, t["head_dim"]), np.float32)] * (2 * self.layers)
        said = {i: self.tk.decode([i]).strip().lower() for i in range(self.tk.get_vocab_size())}
        self.yes, self.no = ([i for i, w in said.items() if w == word] for word in ("yes", "no"))
        self.cache = {}

    def emb(self, ids):
        return self.embed.run(None, {"input_ids": np.array([ids], np.int64)})[0]

    def decode(self, x, past, before):
        feed = dict(
            inputs_embeds=x,
            attention_mask=np.ones((1, before + x.shape[1]), np.int64),
            position_ids=np.arange(before, before + x.shape[1])[None],
        )
        for i in range(self.layers):
            feed[f"past_key_values.{i}.key"], feed[f"past_key_values.{i}.value"] = past[2 * i], past[2 * i + 1]
        out = self.decoder.run(None, feed)
        return out[0][0], out[1:]

    def look(self, picture):
        """longest edge to twice the tile, then squeezed to the tile, as preprocessor_config.json says"""
        picture = picture.convert("RGB")
        k = 2 * self.size / max(picture.size)
        if k != 1:
            picture = picture.resize((round(picture.width * k), round(picture.height * k)), Image.BILINEAR)
        a = np.asarray(picture.resize((self.size, self.size), Image.BILINEAR), np.float32)
        px = ((a / 255 - 0.5) / 0.5).transpose(2, 0, 1)[None, None]
        f = self.vision.run(
            None, dict(pixel_values=px, pixel_attention_mask=np.ones((1, 1, self.size, self.size), bool))
        )[0]
        x = self.pre_emb.copy()
        x[0, self.at] = f[0]
        return self.decode(x, self.none, 0)[1]

    def ask(self, seen, question):
        """score, mass and the first token of the answer"""
        if question not in self.cache:
            self.cache[question] = self.emb(self.tk.encode(question + POST).ids)
        logits = self.decode(self.cache[question], seen, len(self.pre))[0][-1]
        p = np.exp(logits - logits.max())
        p /= p.sum()
        yes, no = float(p[self.yes].sum()), float(p[self.no].sum())
        return yes / (yes + no + 1e-12), yes + no, self.tk.decode([int(p.argmax())]).strip()

    def say(self, seen, question, limit=40):
        x, before, out = self.emb(self.tk.encode(question + POST).ids), len(self.pre), []
        while len(out) < limit:
            logits, seen = self.decode(x, seen, before)
            before += x.shape[1]
            token = int(logits[-1].argmax())
            if token == self.eos:
                break
            out.append(token)
            x = self.emb([token])
        return self.tk.decode(out).strip()


def jpeg(p, quality):
    data = io.BytesIO()
    p.save(data, "JPEG", quality=quality)
    return Image.open(data)


def crop(p, k=0.95):
    w, h = p.size
    x, y = round(w * (1 - k) / 2), round(h * (1 - k) / 2)
    return p.crop((x, y, w - x, h - y)).resize((w, h), Image.BILINEAR)


DISTURB = {
    "as is": lambda p: p,
    "30 % brighter": lambda p: p.point(lambda v: min(255, int(v * 1.3))),
    "30 % darker": lambda p: p.point(lambda v: int(v * 0.7)),
    "JPEG quality 40": lambda p: jpeg(p, 40),
    "turned by 1 degree": lambda p: p.rotate(1, Image.BILINEAR),
    "5 % cropped": crop,
}


def read(path):
    return [json.loads(line) for line in open(path)]


def answers(model, folder, rows, change=lambda p: p):
    """score, mass, first word for each row; every picture is looked at once"""
    by, out = {}, [None] * len(rows)
    for j, row in enumerate(rows):
        by.setdefault(row["picture"], []).append(j)
    for name, idx in by.items():
        seen = model.look(change(Image.open(f"{folder}/{name}")))
        for j in idx:
            out[j] = model.ask(seen, rows[j]["question"])
    return out


def right(row, a):
    """the product's verdict is the expected one: enough mass, and the right side"""
    return a[1] >= 0.5 and (a[0] > 0.5) == (row["answer"] == "Yes")


def balanced(rows, got):
    """per category: balanced accuracy and recalls of yes, of no in the family, of no elsewhere"""
    table = {}
    for row, a in zip(rows, got):
        yes = row["answer"] == "Yes"
        side = "yes" if yes else "no"
        d = table.setdefault(row["category"], {"yes": [], "no": [], "pos": [], "neg": [], "out": []})
        d[side].append(right(row, a))
        if "kind" in row:
            d[row["kind"]].append(right(row, a))
    mean = lambda v: float(np.mean(v)) if v else float("nan")
    out = {}
    for k, d in table.items():
        pos, neg = (d["pos"], d["neg"] or d["out"]) if d["pos"] or d["neg"] else (d["yes"], d["no"])
        both = [m for m in (mean(pos), mean(neg)) if m == m]
        out[k] = dict(
            ba=float(np.mean(both)),
            yes=mean(pos),
            no=mean(neg),
            elsewhere=mean(d["out"]),
            n=len(d["yes"]) + len(d["no"]),
        )
    return out


def calibration(rows, got):
    score = np.array([a[0] for a in got])
    truth = np.array([r["answer"] == "Yes" for r in rows])
    conf, ok = np.maximum(score, 1 - score), (score > 0.5) == truth
    bins = [(conf > lo) & (conf <= lo + 0.05) for lo in np.arange(0.5, 1, 0.05)]
    return float(sum(abs(conf[b].mean() - ok[b].mean()) * b.mean() for b in bins if b.any()))


def heldout(model, folder):
    rows = read(folder + "/questions.jsonl")
    got = answers(model, folder, rows)
    table = balanced(rows, got)
    for k, t in sorted(table.items(), key=lambda t: t[1]["ba"]):
        print(
            f"  {k:14s} BA {t['ba']:.3f}  yes {t['yes']:.3f}  no in family {t['no']:.3f}  no elsewhere {t['elsewhere']:.3f}  n {t['n']}"
        )
    print(f"questions {len(rows)}: mean BA {np.mean([t['ba'] for t in table.values()]):.4f}, lowest {min(t['ba'] for t in table.values()):.3f},",
          f"accuracy {np.mean([right(r, a) for r, a in zip(rows, got)]):.4f}, ECE {calibration(rows, got):.4f},",
          f"unknown {np.mean([a[1] < 0.5 for a in got]):.4f}")  # fmt: skip
    places = read(folder + "/places.jsonl")
    for k, t in balanced(places, answers(model, folder, places)).items():
        print(f"  {k:14s} BA {t['ba']:.3f} yes {t['yes']:.3f} no {t['no']:.3f} n {t['n']}")
    for name in ("counts", "words"):
        rows2 = read(f"{folder}/{name}.jsonl")
        got2 = answers(model, folder, rows2)
        for c in sorted({r["category"] for r in rows2}):
            pick = [(r, a) for r, a in zip(rows2, got2) if r["category"] == c]
            print(f"  {c:14s} exact {np.mean([a[2] == r['answer'] for r, a in pick]):.3f} n {len(pick)}", end="")
            small = [a[2] == r["answer"] for r, a in pick if r["answer"] in "0123"]
            print(f"  (0 to 3: {np.mean(small):.3f} n {len(small)})" if c == "count" else "")
    rows3 = read(folder + "/outside.jsonl")
    got3 = answers(model, folder, rows3)
    print(
        f"outside {len(rows3)}: unknown {np.mean([a[1] < 0.5 for a in got3]):.4f};",
        "said instead:",
        [(r["question"], round(a[0], 2)) for r, a in zip(rows3, got3) if a[1] >= 0.5][:6],
    )
    rows4 = read(folder + "/partly.jsonl")
    t4 = balanced(rows4, answers(model, folder, rows4))
    print(
        "partly hidden or cut:",
        {k: (round(t["yes"], 2), round(t["no"], 2)) for k, t in t4.items()},
        "yes recall",
        round(float(np.nanmean([t["yes"] for t in t4.values()])), 3),
        "no recall",
        round(float(np.nanmean([t["no"] for t in t4.values()])), 3),
    )
    return rows, got


def managers(model, folder, path, n=20):
    """sentences written by hand: recall on pictures where the thing is and where it is not"""
    truth = json.load(open(folder + "/truth.json"))
    from .questions import INSIDE

    seen, results = {}, []
    for key, polarity, sentence in json.load(open(path)):
        j = (ATTRS + COUNTS).index(key)
        home = [r for r in truth if key in INSIDE[r["family"]]]
        recalls, unknown = [], []
        for value in (1, 0):
            pool = [r for r in home if r["attr"][j] == value]
            if key in ("nohivis",) and value == 0 and polarity == 0:
                pool = [r for r in pool if r["attr"][ATTRS.index("person")] == 1]
            if key == "robot_fallen" and value == 0 and polarity == 0:
                pool = [r for r in pool if r["attr"][ATTRS.index("robot")] == 1]
            ok = []
            for r in pool[:n]:
                if r["picture"] not in seen:
                    seen[r["picture"]] = model.look(Image.open(f"{folder}/{r['picture']}"))
                a = model.ask(seen[r["picture"]], sentence)
                ok.append(a[1] >= 0.5 and (a[0] > 0.5) == (value == polarity))
                unknown.append(a[1] < 0.5)
            recalls.append(float(np.mean(ok)))
        results.append((key, sentence, *recalls, float(np.mean(unknown))))
    good = [min(p, q) >= 0.9 for _, _, p, q, _ in results]
    print(
        f"manager sentences: {sum(good)} of {len(good)} right on at least 90 % of both sides; mean BA {np.mean([(p + q) / 2 for _, _, p, q, _ in results]):.3f}"
    )
    for key, sentence, p, q, u in results:
        print(f"  {key:14s} there {p:.2f} not there {q:.2f} unknown {u:.2f}  {sentence}")


def clips(model, folder):
    """events under the rule 3 of the last 4 looks at 4 a second, and agreement with the truth"""
    for file in sorted(f for f in os.listdir(folder) if f.endswith(".json")):
        script = json.load(open(f"{folder}/{file}"))
        command = [
            "ffmpeg",
            "-loglevel",
            "error",
            "-i",
            f"{folder}/{script['clip']}.mp4",
            "-vf",
            "fps=4",
            "-f",
            "rawvideo",
            "-pix_fmt",
            "rgb24",
            "-",
        ]
        frames = np.frombuffer(subprocess.run(command, capture_output=True, check=True).stdout, np.uint8).reshape(
            -1, 360, 640, 3
        )
        recent, on, events, agree = {k: [] for k in RULES}, dict.fromkeys(RULES, False), {}, {}
        inside = lambda t, spans: any(a <= t < b for a, b in spans)
        for i, frame in enumerate(frames):
            t = i / 4
            seen = model.look(Image.fromarray(frame))
            for k, q in RULES.items():
                score, mass, _ = model.ask(seen, q)
                yes = mass >= 0.5 and score > 0.5
                recent[k] = (recent[k] + [yes])[-4:]
                if not inside(t, script["undecided"].get(k, [])):
                    agree.setdefault(k, []).append(yes == inside(t, script["truth"].get(k, [])))
                if not on[k] and sum(recent[k]) >= 3:
                    on[k] = True
                    events.setdefault(k, []).append(t)
                elif on[k] and sum(recent[k]) <= 1:
                    on[k] = False
        low = {k: round(float(np.mean(v)), 3) for k, v in agree.items() if np.mean(v) < 0.995}
        print(
            f"  {script['clip']}: scripted {[(x['predicate'], x['start']) for x in script['incidents']]} events {events} agreement {np.mean([np.mean(v) for v in agree.values()]):.4f} below .995: {low}",
            flush=True,
        )


def timing(folder, suffix, picture):
    """milliseconds on one core"""
    m = Model(folder, suffix, 1)
    p, q = Image.open(picture), "Is the emergency exit blocked by boxes?"
    for _ in range(10):
        m.ask(m.look(p), q)
    look, ask = [], []
    for _ in range(60):
        a = time.perf_counter()
        s = m.look(p)
        b = time.perf_counter()
        m.ask(s, q)
        look.append(b - a)
        ask.append(time.perf_counter() - b)
    print(
        f"one thread{suffix}: look (resize, encode, prefix) median {1e3 * np.median(look):.1f} ms best {1e3 * min(look):.1f}, question median {1e3 * np.median(ask):.2f} ms best {1e3 * min(ask):.2f}"
    )


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("checkpoint")
    ap.add_argument("heldout")
    ap.add_argument("--suffix", default="_quantized")
    ap.add_argument("--clips")
    ap.add_argument("--managers")
    ap.add_argument("--robust", action="store_true")
    ap.add_argument("--compare", action="store_true", help="with fp32")
    arg = ap.parse_args()
    model = Model(arg.checkpoint, arg.suffix, 1)
    rows, got = heldout(model, arg.heldout)
    for name in sorted({r["picture"] for r in rows})[:6]:
        print("  ", name, model.say(model.look(Image.open(f"{arg.heldout}/{name}")), "Describe the image."))
    if arg.compare:
        other = answers(Model(arg.checkpoint, "", 1), arg.heldout, rows)
        verdict = lambda a: "unknown" if a[1] < 0.5 else a[0] > 0.5
        print(
            f"fp32 and int8 agree on {np.mean([verdict(a) == verdict(b) for a, b in zip(got, other)]):.4f}, same first word {np.mean([a[2] == b[2] for a, b in zip(got, other)]):.4f}"
        )
    if arg.robust:
        some = [r for j, r in enumerate(rows) if j % 2 == 0]
        for name, change in DISTURB.items():
            t = balanced(some, answers(model, arg.heldout, some, change))
            print(f"  {name:20s} mean BA {np.mean([x['ba'] for x in t.values()]):.4f}", flush=True)
    if arg.managers:
        managers(model, arg.heldout, arg.managers)
    if arg.clips:
        clips(model, arg.clips)
    timing(arg.checkpoint, arg.suffix, f"{arg.heldout}/{rows[0]['picture']}")


if __name__ == "__main__":
    main()
