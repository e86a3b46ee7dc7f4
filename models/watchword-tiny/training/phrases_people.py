"""Phrasings about people, lying people and vests."""

from .phrasing import phrase

phrase(
    "person",
    "a person|a human|a human being|people|somebody|anyone|someone|anybody|at least one person|a man or woman|any person|a person in the picture",
    C=[
        "{someone|somebody|a person|a human} is {here|there|present|in the area|in view|in front of the camera|in the room|on camera}",
        "people are {here|present|in the area|around|in view}",
        "a person {enters|shows up|comes into view|walks by|is detected}",
        "somebody {enters|walks by|is around}",
    ],
    Q=[
        "is {someone|somebody|anyone|anybody|a person|a human} {here|there|present|in the area|around|in view|in front of the camera|in the room|on camera}",
        "are {people|any people|humans} {here|present|in the area|around|in view}",
        "do you notice {a person|anybody|people}",
        "has {a person|someone} been detected",
    ],
    NC=["{nobody|no one} is {here|present|there|in view|around}", "the {area|place} is {deserted|free of people}"],
    NQ=["is {nobody|no one} {here|present|there|in view|around}", "is the {area|place} {deserted|free of people}"],
)
phrase(
    "person",
    "a shopper|a customer|a worker|an employee|a visitor|staff|a pedestrian or worker|a passer-by|an individual|a man|a woman|a guy|a colleague|customers|shoppers|workers",
    C=[
        "{someone|somebody|a person|a customer|a worker} {is standing here|walks around|is walking|has come in|is in the picture|is in the frame|can be spotted|passes by|came by|is about|stands there}",
        "{the place|this place|the area} is {occupied|not empty of people}",
        "we have {a visitor|company|somebody here|customers}",
        "people can be seen",
        "i see {someone|somebody|a person}",
    ],
    Q=[
        "is {someone|somebody|anyone|a customer|a worker|any person} {standing here|walking around|walking|passing by|in the picture|in the frame|to be seen|about}",
        "did {someone|somebody|a person|anyone} {come in|walk in|enter|show up|come by|pass}",
        "does {anyone|anybody|a person} {appear|show up|stand there}",
        "can you {spot|find|make out} {a person|anyone|somebody|people}",
        "who is there: is there anyone",
        "do we have {visitors|customers|people} {|here|in view}",
        "is the {area|place} {occupied|visited}",
    ],
    NC=[
        "{there is nobody|nobody} {|to be seen|in the picture}",
        "the {area|place|scene} is without people",
        "no people are here",
    ],
    NQ=["is {there nobody|nobody to be seen}", "is the {area|place|scene} {without people|empty of people}"],
)
phrase(
    "person_down",
    "a person lying on the floor|a fallen person|a person lying down|an injured person|a person on the ground|someone lying on the floor|a collapsed person|a worker lying on the floor|somebody on the ground|a person who has fallen|an unconscious person",
    C=[
        "{someone|somebody|a person|a worker|a customer} {has fallen|has fallen down|fell|has collapsed|is lying down|is lying on the floor|is lying on the ground|is on the floor|lies on the floor|fell down|collapses|is down}",
        "a person needs help on the floor",
        "there is {somebody|someone} lying {here|on the ground}",
        "a human is lying on the floor",
    ],
    Q=[
        "{has|did} {someone|somebody|a person|a worker|anyone|anybody|a customer} {fallen|fallen down|collapsed|fallen over|fall down|collapse}",
        "is {someone|somebody|a person|a worker|anyone|anybody|a human} {lying down|lying on the floor|lying on the ground|on the floor|down|lying there|injured|unconscious}",
        "did {someone|a person} fall",
    ],
    NC=["{everyone|everybody} is {standing|on their feet|upright}", "nobody {is lying on the floor|has fallen}"],
    NQ=["is {everyone|everybody} {standing|on their feet|upright}", "has {nobody|no one} fallen"],
)
phrase(
    "person_down",
    "someone down|a customer on the floor|a man lying down|a woman on the floor|a person who collapsed|a body on the floor|a motionless person|an employee on the ground|somebody lying flat|a medical emergency|a person who fell",
    C=[
        "{someone|a customer|an employee|a man|a woman|a colleague} {fell over|has passed out|passed out|collapsed|has collapsed|tripped and fell|is hurt|is lying there|lies flat|is on the ground|fainted|needs an ambulance|needs first aid|lies down}",
        "{a person|someone} {fell|is lying} {to the ground|on the tiles|flat on the floor}",
        "a human lies on the {ground|floor}",
    ],
    Q=[
        "{did|has} {a customer|an employee|a man|a woman|someone|anybody} {faint|fall over|collapse|pass out|fallen to the ground|fainted|passed out}",
        "does {someone|anyone|a person} {need first aid|need an ambulance|need medical help|lie on the floor|lie on the ground}",
        "is {someone|a customer|an employee|anyone} {hurt|lying flat|flat on the floor|motionless on the floor|on the ground|knocked down}",
        "is there a {man|woman|body} on the floor",
    ],
    NC=["{everyone|everybody} {stands|is standing up|is up}", "no one lies on the floor"],
    NQ=["{does everyone stand|is everyone standing up|are all people on their feet|are all people standing}"],
)
phrase(
    "nohivis",
    "a person without a safety vest|a worker without a vest|a worker without a hi vis vest|someone not wearing a vest|a person with no vest|a worker without hi-vis|a worker without a high visibility vest|somebody without a reflective vest|a person without hi-vis clothing|a worker who is not wearing a vest",
    noneg=True,
    C=[
        "{a worker|someone|a person|somebody} is {not wearing|without|missing} a {safety vest|vest|hi vis vest|hi-vis vest|reflective vest|high visibility vest}",
        "{a worker|someone|a person} {does not wear|wears no|has no} {safety vest|hi-vis vest|vest|hi vis}",
        "a person enters without a vest",
        "someone violates the vest rule",
    ],
    Q=[
        "is {a worker|someone|a person|anyone|anybody|somebody} {not wearing|without|missing} a {safety vest|vest|hi vis vest|hi-vis vest|reflective vest|high visibility vest}",
        "is {anyone|a worker} {violating the vest rule|unprotected}",
        "did someone forget {the|a} {vest|safety vest}",
    ],
    NC=["{everyone|everybody|every worker} {wears|is wearing} a {vest|safety vest|hi-vis vest}"],
    NQ=[
        "is {everyone|everybody|every worker} wearing a {vest|safety vest|hi-vis vest|reflective vest}",
        "are all {people|workers} wearing {vests|a safety vest}",
    ],
)
phrase(
    "nohivis",
    "an employee without a vest|somebody lacking a vest|people without vests|workers without safety vests|a worker missing hi-vis|someone without protective clothing|a worker without a warning vest|a man without a vest|a person in normal clothes|a person out of uniform vest",
    noneg=True,
    C=[
        "{an employee|a colleague|a man|a woman|a worker|someone|somebody} {forgot|has forgotten|lacks|is lacking|took off|goes without|works without|walks around without|came without|has come without} {the|a|their|his} {vest|safety vest|hi-vis vest|high vis vest|warning vest}",
        "{not everyone|not everybody} {wears|is wearing|has} a {vest|safety vest|hi-vis vest}",
        "{people|workers} {are working|walk} without {vests|a vest|safety vests}",
    ],
    Q=[
        "{does|did} {an employee|someone|anyone|a worker|anybody} {lack|forget|work without|walk around without|go without} {the|a|their|his} {vest|safety vest|hi-vis vest|warning vest|high vis vest}",
        "are {people|workers|there people|there workers} {without vests|not wearing vests|without a vest|working without vests}",
        "who forgot the vest: is anyone without one",
        "is {an employee|a man|a woman} {without|missing|not wearing} a {vest|safety vest|warning vest}",
    ],
    NC=["{all|all the} {people|workers} {wear|are wearing} {vests|safety vests|a vest}", "nobody is without a vest"],
    NQ=[
        "{does|do} {everyone|everybody|all workers|all people} {wear|have} {a vest|a safety vest|vests}",
        "is {everyone|everybody} {in|dressed in} {a vest|hi-vis|safety vests}",
        "is nobody without a vest",
    ],
)
phrase(
    "hivis",
    "a person in a safety vest|a worker with a vest|a worker in hi-vis|someone in a reflective vest|a person wearing a safety vest|a worker in a high visibility vest|a person with a hi vis vest",
    noneg=True,
    C=[
        "{a worker|someone|a person|somebody} {wears|is wearing|has} a {safety vest|vest|hi vis vest|hi-vis vest|reflective vest|high visibility vest}"
    ],
    Q=[
        "is {a worker|someone|a person|anyone|somebody} wearing a {safety vest|vest|hi vis vest|hi-vis vest|reflective vest|high visibility vest}",
        "does {anyone|somebody} wear a vest",
    ],
)
phrase(
    "hivis",
    "someone in hi-vis|a person in an orange or yellow vest|workers in vests|an employee in a vest|a reflective vest|a hi-vis vest|a safety vest|a warning vest|a high visibility vest|people in safety vests|somebody with a vest",
    noneg=True,
    C=[
        "{an employee|a colleague|a man|somebody|a worker} {is in|is dressed in|has put on|has got|works in} {a vest|a safety vest|hi-vis|a hi-vis vest|high vis|a warning vest}",
        "a vest is worn",
        "{a safety vest|a vest|hi-vis clothing} {can be seen|is visible|is worn by someone}",
    ],
    Q=[
        "{does|did} {anyone|someone|somebody|an employee|a worker} {wear|have|put on} {a vest|a safety vest|hi-vis|a hi-vis vest|a warning vest}",
        "is {anyone|someone|a worker|an employee} {in|dressed in|wearing} {hi-vis|a warning vest|high vis|a vest|protective clothing}",
        "is a {vest|safety vest|hi-vis vest} {worn|visible|to be seen}",
    ],
)
