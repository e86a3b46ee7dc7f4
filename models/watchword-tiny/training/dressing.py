"""A core phrasing as people write it: beginnings, ends, punctuation, capitals."""

BEFORE_Q = [""] * 20 + ["please tell me, ", "now, ", "in the image, ", "look, ", "check: ", "hey, ", "look at the image. ", "question: ", "tell me: ",
    "quick question: ", "excuse me, ", "from what you can see, ", "looking at this picture, ", "be honest: ", "so, ", "as far as you can see, ",
    "good morning, ", "in this picture, ", "please look closely: ", "i wonder, ", "could you tell me, ", "please answer: ", "hello, ", "and ",
    "i am the manager of this store and i need to know: ", "please have a careful look at the camera picture and tell me: "]  # fmt: skip
AFTER_Q = [""] * 18 + [
    " now",
    " right now",
    " please",
    " currently",
    " in this image",
    " at the moment",
    " today",
    " here",
    " or not",
    ", please",
    " by any chance",
    " at present",
    " in this picture",
    " as far as you can tell",
]
ENDING = [
    " answer yes or no.",
    " answer yes or no",
    " yes or no?",
    " answer with yes or no.",
    " reply yes or no.",
    " just say yes or no.",
    " please answer only yes or no.",
    " (yes or no)",
    " answer with one word: yes or no.",
]
BEFORE_S = [""] * 12 + ["is it true that ", "is it true that ", "is it the case that ", "check if ", "check whether ", "tell me if ", "alert me when ", "alert me if ",
    "notify me when ", "warn me if ", "let me know if ", "please check whether ", "is the following true: ", "does the image show that ", "is this statement true: ",
    "watch for ", "condition: ", "report when ", "can you tell if ", "true or false: ", "i think ", "please tell me whether ", "could you please check whether ",
    "i would like to know whether ", "would you say that ", "send me a message when ", "raise an alarm if ", "inform the staff as soon as ", "make sure to tell me if ",
    "is it correct that ", "do you think that ", "call me when ", "in this picture ", "right now ", "it is true that ", "we want to know if ", "as the manager i want an alert whenever ",
    "please keep an eye on the camera and tell me as soon as ", "trigger when ", "the rule is: ", "statement: ", "can you confirm that ", "does it look like "]  # fmt: skip
AFTER_S = [""] * 20 + [
    " now",
    " right now",
    " in the picture",
    " at the moment",
    " here",
    " currently",
    ", right",
    " in this image",
    " again",
    " today",
]
ASKING = ("is ", "does ", "can ", "would ", "do ", "could ")


def dress(text, statement, r):
    """a core phrasing as people write it: with or without a beginning, an end, a question mark, a demand for yes or no"""
    if statement:
        before = r.choice(BEFORE_S)
        t = before + text + r.choice(AFTER_S)
        end = (
            ("?" if r.random() < 0.6 else "")
            if before.startswith(ASKING)
            else r.choice(["", ".", ".", "?", "!"] if r.random() < 0.5 else ["", "."])
        )
    else:
        t = r.choice(BEFORE_Q) + text + r.choice(AFTER_Q)
        end = r.choice(["?", "?", "?", "?", "", "."])
    return t + end + (r.choice(ENDING) if r.random() < 0.22 else "")


def capitals(text, r):
    """the same sentence in any capitalisation"""
    u = r.random()
    if u < 0.45:
        return text[:1].upper() + text[1:]
    return text if u < 0.8 else text.upper() if u < 0.92 else " ".join(w[:1].upper() + w[1:] for w in text.split(" "))
