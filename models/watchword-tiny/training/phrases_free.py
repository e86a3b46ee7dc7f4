"""Looser sentences, as people talk: duties, consequences, relative clauses, idioms."""

from .phrasing import phrase

phrase(
    "empty",
    C=[
        "{customers|shoppers|people} {cannot find|can not find|do not find|miss} {a product|their product|products|what they want}",
        "{a|one|the|some} {board|facing|fixture|compartment|bay|row} is {bare|cleared out|picked clean|completely sold|looking empty|pretty empty}",
        "{there is nothing left|nothing is left|there is no product left} {on one shelf|in one section|in a compartment|to buy|to sell|on the shelf}",
        "{we have|we have got|there is} {an out-of-stock situation|a stockout|a shortage on the shelf|a hole between the products}",
        "{somebody|someone|staff|we} {must|should|has to|have to|need to} {bring new goods|fill the gap|fill up the shelf|restock here|refill this section}",
        "{one section|one part|a part} of the {shelf|unit|rack} {looks|is looking|seems} {empty|bare|pretty empty|rather empty}",
        "the {product|stuff|item} has {sold out|run out|gone}",
    ],
    Q=[
        "is {any|a|one} {facing|board|fixture|bay|compartment} {bare|cleared out|picked clean|completely sold}",
        "do {i|we|they} {have to|need to} {send somebody with goods|bring new goods|refill here|restock|fill up this shelf}",
        "have we {got a stockout|got an out-of-stock|run out of a product|sold out somewhere}",
        "should {new goods|more goods|new products} be brought {|here|to this shelf}",
        "is {something|anything} {sold out|gone|used up} on {this|the} {shelf|rack|unit}",
        "is one {section|part|place} of the {shelf|unit|rack} {looking empty|without goods|bare}",
    ],
)
phrase(
    "stocked",
    noneg=True,
    C=[
        "everything on the {shelf|rack|unit} is {topped up|filled up|complete|there}",
        "{nothing|no product} is missing {|on the shelf|from the shelf|on the rack}",
        "the {whole|entire} {unit|shelf|rack} is {nicely filled|filled|full|topped up}",
        "all {the shelves|our shelves|sections} are {topped up|complete|nicely filled}",
        "every {facing|compartment|bay|place} {is filled|has products|is full}",
    ],
    Q=[
        "is the {whole|entire} {unit|shelf|rack} {nicely filled|filled|complete|topped up}",
        "is everything on the {shelf|rack|unit} {topped up|filled up|complete}",
        "can {i|we} {say|report|tell everyone} that all {shelves|the shelves|sections} are full",
        "is {nothing|no product} missing {|on the shelf|from the shelf}",
        "does every {compartment|bay|facing} have products",
    ],
)
phrase(
    "spill",
    C=[
        "{careful|watch out|attention} there is {liquid|something wet|a puddle} on the {floor|tiles|ground}",
        "{a bottle|a jar|a can|a glass} {broke|has burst|fell} and {its contents are|the contents are|everything is} {on the floor|all over the floor}",
        "{somebody|someone|a customer} could {slip|slip on the floor|slip here|slide on the wet floor}",
        "{we|you|they} {have to|must|need to|should} {put out a wet floor sign|mop up|mop the floor|wipe the floor|clean up a puddle}",
        "{somebody|someone|the cleaner} {has to|must|should|needs to} {come with a mop|mop here|wipe up the liquid|clean up this puddle}",
        "there is some kind of {puddle|liquid} {|that has to be wiped up|to be mopped}",
    ],
    Q=[
        "{do we|do i|should we|must we} {have to|need to} {put out a wet floor sign|mop up|mop the floor|wipe the floor}",
        "does {anyone|somebody|someone|the cleaner} {need to|have to} {come with a mop|bring a bucket|mop up|wipe the floor|clean up a puddle}",
        "could {somebody|someone|a customer} slip {|here|on the floor|on something wet}",
        "is there {some kind of|some|a sort of} {puddle|liquid|wet spot} {|to be wiped up|to mop up|that must be mopped}",
        "did a {bottle|jar|can} {break|burst|leak}",
        "are the {contents of a bottle|contents of a jar} on the floor",
    ],
)
phrase(
    "person",
    C=[
        "{somebody|someone|a man|a woman|a shopper|a customer|an employee} is {hanging around|standing around|walking about|standing there|moving around|waiting here}",
        "{somebody|someone} {hangs about|stands around|has come|walked in|is about}",
        "we are not alone {|here}",
        "{a member of staff|a visitor|a client|one customer} is {here|around|there|in view}",
    ],
    Q=[
        "is {somebody|someone|a shopper|a customer|a visitor|an employee|a member of staff} {hanging around|standing around|walking about|standing there|moving around|about}",
        "has {anyone|somebody|someone} {walked in|come in|entered the view|walked into the picture}",
        "are there {customers or staff|staff or customers|any humans around}",
        "is at least one {human|customer|member of staff|employee} {here|around|there|in view}",
    ],
    NC=[
        "the {place|aisle|area|scene} is {totally|completely|entirely} {deserted|empty of people}",
        "there is {not a soul|no human being} {here|around|in sight}",
        "we are alone",
    ],
    NQ=[
        "is {this|the} {place|aisle|area|scene} {totally|completely|entirely} {deserted|empty of people}",
        "are we alone {|here}",
        "is there {not a soul|no human being} {here|around}",
    ],
)
phrase(
    "person_down",
    C=[
        "{a customer|an employee|someone|a shopper|a colleague} {has collapsed|collapsed|broke down|is stretched out|is flat on the ground|is flat on the floor|does not get up|is not getting up}",
        "{somebody|someone|one of us|one of our people} {had a fall|took a fall|has had a fall|tripped and fell}",
        "{call an ambulance|we need an ambulance|we need a doctor} for {someone|somebody|a person} {lying there|on the floor|on the ground}",
    ],
    Q=[
        "is {somebody|someone|a customer|an employee} {stretched out|flat} on the {floor|ground}",
        "did {somebody|someone|a customer|one of us} {have a fall|take a fall|trip and fall|collapse}",
        "{should|must|do} {i|we} {call an ambulance|get help|call a doctor} for {someone|somebody|a person} {lying there|on the floor|on the ground}",
        "has {a customer|an employee|one of us} {collapsed|had a fall|broken down}",
    ],
)
phrase(
    "aisle_blocked",
    C=[
        "{shoppers|customers|people} {have to|must} {climb over|step over|walk around} {boxes|cartons|cardboard}",
        "{somebody|someone|the delivery man} {dumped|left|piled up|dropped} {a stack of|a pile of|some} {cartons|boxes} in the {aisle|walkway}",
        "{our|the} {aisle|walkway} is {obstructed|jammed|closed off} by {a pile of goods|boxes|cartons}",
    ],
    Q=[
        "did {somebody|someone|the delivery man} {dump|leave|pile up} {a stack of|a pile of|some} {cartons|boxes} in the {aisle|walkway}",
        "do {shoppers|customers|people} {have to|need to} {climb over|step over|walk around} {boxes|cartons}",
        "is {our|the} {aisle|walkway} {obstructed|jammed|closed off} {|by boxes|by a pile}",
    ],
    NC=[
        "{you|everybody|customers} can {walk through|pass|get through} {|the aisle} without {trouble|any trouble|a problem}"
    ],
    NQ=[
        "can {you|everybody|customers|i} {walk through|pass through|get through} {|the aisle} without {trouble|any trouble|a problem}"
    ],
)
phrase(
    "robot",
    C=[
        "{our|an|the} {autonomous|automatic|mechanical} {machine|colleague|worker} is {here|in view|in the picture|somewhere here}",
        "one of {the|our} robots is {here|in the hall|in this part of the hall|in the picture}",
    ],
    Q=[
        "is one of {the|our} robots {here|in the hall|in this area|in the picture|around}",
        "is {our|an|the} {autonomous|automatic|mechanical} {machine|colleague|worker} {here|around|in view}",
    ],
)
phrase(
    "robot_fallen",
    C=[
        "{the|a|our} {robot|machine|bot} {has taken a fall|took a tumble|keeled over|went down|is flat on its side|cannot get up|can not get up|lies there helpless|is down}",
        "{somebody|someone|we} {must|has to|have to|should} {set|put|lift|pick} {the|a} robot {up|upright|back up|on its wheels}",
        "{the|a|one} {machine|robot} {tipped over|toppled|fell on its side} and {cannot get up|stays down|lies there}",
        "one of our robots {fell over|is lying there|is on its side}",
    ],
    Q=[
        "{did|has} {the|a|our} {robot|machine} {take a fall|taken a tumble|keel over|gone down|end up on its side}",
        "does {somebody|someone|anyone} {have to|need to} {set|put|lift|pick} {the|a} robot {up|upright|back up}",
        "is one of {the|our} robots {flat on its side|lying there|helpless on the floor|down|on its side}",
    ],
    NC=["all {the robots|our robots|robots} are {still upright|standing|on their wheels}"],
    NQ=["are all {the robots|our robots|robots} {still upright|standing|on their wheels}"],
)
phrase(
    "forklift",
    C=[
        "{a|one|the} {fork truck|lift truck|forklift truck} is {operating|working|standing|driving} {here|in the hall|in this area}"
    ],
    Q=[
        "is {a|any|one} {fork truck|lift truck|forklift truck|forklift} {operating|working|standing|driving} {here|in the hall|in this area}"
    ],
)
phrase(
    "exit_blocked",
    C=[
        "{nobody|no one|people} {could not|could|can} {get out|escape} {because|since} the {door|exit} is {blocked|obstructed|piled up}".replace(
            "{nobody|no one|people} {could not|could|can}", "{nobody could|no one could|people could not|nobody can}"
        ),
        "{there are|somebody put|someone placed|somebody parked} {boxes|a pallet|goods} {before|in front of|at} the {emergency exit|fire exit|escape door}",
        "the {fire inspector|inspector|fire brigade} would {complain|be angry|object} {because of the boxes|about the exit|about the blocked door}",
        "the {escape door|fire door|exit} is {piled up|cluttered|stacked} with {stuff|boxes|things}",
    ],
    Q=[
        "did {somebody|someone} {park|put|leave|place} {a pallet|boxes|goods|cartons} {before|in front of|at} the {emergency exit|fire exit|escape door}",
        "would the {fire inspector|inspector|fire brigade} {complain|object|be angry} {|about the exit|about this door}",
        "is the {escape door|fire door|exit} {piled up|cluttered|stacked} with {stuff|boxes|things}",
        "would {people|we|somebody} {be trapped|not get out} {in a fire|if it burned}",
    ],
    NC=["the {exit|fire exit|escape door} is {completely|fully} {free|clear|free of obstacles|unobstructed}"],
    NQ=["is {our|the} {exit|fire exit|escape door} {completely|fully} {free|clear|free of obstacles|unobstructed}"],
)
phrase(
    "nohivis",
    C=[
        "there is {a guy|a man|a woman|somebody|someone|a worker|one person} {|here|in the hall|in view} who {has no vest on|wears no vest|does not wear a vest|has no safety vest|is without a vest}",
        "{somebody|someone|a worker|a man} {breaks|is breaking|ignores} the {rule about vests|vest rule|rule that everybody wears a vest}",
        "{somebody|someone|a man|a guy} {works|is working|walks around|stands there} in {normal|ordinary|street|everyday} clothes",
        "{a guy|a man|someone} has {no vest|no safety vest|no hi-vis vest} on",
    ],
    Q=[
        "is there {a guy|a man|somebody|anyone|a worker|one person} {|here|in the hall} who {has no vest on|wears no vest|does not wear a vest|has no safety vest|is without a vest}",
        "is {somebody|someone|anybody|a worker} {breaking|ignoring|violating} the {rule about vests|vest rule|rule that everybody wears a vest|safety rule about vests}",
        "is {anybody|somebody|someone} {working|walking around|standing there} in {normal|ordinary|street|everyday} clothes",
        "has {anybody|somebody|someone|a man} {no vest|no safety vest} on",
    ],
    NC=["every {single person|worker|person here} has a {vest|safety vest|hi-vis vest} on"],
    NQ=["does {every single person|each person|every worker|everyone} have a {vest|safety vest|hi-vis vest} on"],
)
phrase(
    "hivis",
    C=["{a worker|somebody|someone|a man} {has his|has a|has the} {yellow|orange|yellow or orange|safety} vest on"],
    Q=[
        "{can you see|is there|do you see} {a worker|somebody|someone} who has {his|a|the} {vest|yellow vest|orange vest|safety vest} on"
    ],
)
phrase(
    "box_floor",
    C=[
        "{a box|a carton|a cardboard box|a parcel} {was|has been} {forgotten|dropped|put down|left} on the {floor|ground}",
        "{somebody|someone} should {put away|pick up|remove|clear away} {a box|the box|the carton} {|on the floor}",
        "{a box|a carton} {sits|is sitting|stands} on the {floor|ground}",
    ],
    Q=[
        "is {a box|a carton|a cardboard box} {sitting|standing|forgotten|left behind} on the {floor|ground}",
        "should {somebody|someone} {put away|pick up|remove|clear away} {a box|a carton} {|on the floor}",
        "did {somebody|someone} {forget|drop|leave} {a box|a carton|a parcel} on the {floor|ground}",
    ],
)
phrase(
    "collision",
    C=[
        "{two|some|the} {cars|vehicles} {have banged into|banged into|have bumped into|drove into|slammed into} each other",
        "{the police|police|an ambulance} {must come|has to come|is needed} because of {a crash|an accident|a collision}",
    ],
    Q=[
        "did {two|some|the} {cars|vehicles} {bang into|bump into|drive into|slam into} each other",
        "{must|should} {the police|police} come because of {a crash|an accident|a collision}",
        "do {the police|we} have to {come|call somebody} because of {an accident|a collision}",
    ],
)
phrase(
    "stalled",
    C=[
        "{a driver|somebody|someone} {had a breakdown|has broken down|put out a warning triangle|set up a triangle|opened the bonnet}",
        "{a|some|one} car is {stuck|standing there|stranded} with {its bonnet open|an open bonnet|its hood up|flashing lights|a triangle}",
    ],
    Q=[
        "did {a driver|somebody|someone} {have a breakdown|break down|put out a triangle|set up a warning triangle}",
        "is {some|a|one|any} car {stuck|stranded|standing there} with {its bonnet open|an open hood|its hood up|a triangle behind it}",
        "is {the|a} {bonnet|hood} of {a|the} car open",
    ],
)
phrase(
    "tree_fallen",
    C=[
        "{the storm|the wind|a storm} {has thrown|threw|has blown|blew} {a tree|a trunk} {onto|on|across} the {road|street|lane}"
    ],
    Q=[
        "{did|has} {the storm|the wind|a storm} {throw|thrown|blow|blown|knock} a tree {onto|on|across|over} the {road|street|lane}"
    ],
)
phrase(
    "ped_lane",
    C=[
        "{somebody|someone|a fool|a man|a pedestrian|some idiot} is {walking|standing|running} {right |}in the middle of the {road|street|lane}"
    ],
    Q=[
        "is {somebody|someone|a fool|a man|a pedestrian|anyone} {walking|standing|running} {right |}in the middle of the {road|street|lane}"
    ],
)
phrase(
    "hazard",
    C=[
        "there is {something|anything} {on the road|on the street} {that could cause an accident|that endangers drivers|which drivers could hit|dangerous}",
        "{drivers|cars} {could crash|could have an accident|are in danger|must be warned}",
    ],
    Q=[
        "is there {something|anything} {on the road|on the street} {that could cause a crash|that endangers drivers|which drivers could hit|dangerous}",
        "{could|might} {drivers|cars} {crash here|have an accident|hit something}",
        "must {drivers|cars|we warn drivers} be {warned|careful}".replace("|we warn drivers", ""),
    ],
    NC=[
        "the {road|street} is clear {|and traffic can flow|so that traffic can flow|for driving}",
        "traffic can {flow|pass} {freely|without danger}",
    ],
    NQ=[
        "is the {road|street} clear {for traffic|so that cars can pass|for driving}",
        "can {traffic|cars} {flow|pass} {freely|without danger}",
    ],
)
phrase(
    "dark",
    C=[
        "{somebody|someone|they} forgot to {turn on the lights|switch on the lights|turn the light on}",
        "{i|you|we|one} can {hardly|barely} see {anything|a thing|something}",
        "the {lights|lamps} are {off|switched off|out}",
    ],
    Q=[
        "did {somebody|someone|they} forget to {turn on the lights|switch on the lights|switch the light on}",
        "are the {lights|lamps} {off|switched off|out}",
        "can {i|you|one} {hardly|barely} see {anything|something}",
    ],
)
