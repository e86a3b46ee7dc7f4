"""Phrasings about cars and what happens on a road."""

from .phrasing import phrase

phrase(
    "collision",
    "a collision|a car crash|a traffic accident|a crash|an accident|crashed cars|a car accident|a vehicle collision|a wreck|crashed vehicles|two crashed cars",
    C=[
        "{two|some|the} {cars|vehicles} {have crashed|have collided|crashed|collided|crash}",
        "{an accident|a crash|a collision} {has happened|has occurred|happened|occurs}",
        "a car {has crashed|crashed into another car|hit another car}",
        "cars have crashed into each other",
    ],
    Q=[
        "{have|did} {two|any|some|the} {cars|vehicles} {crashed|collided|crash|collide}",
        "{has|did|was} {an accident|a crash|a collision|there an accident} {happened|occurred|happen}",
        "did a car {crash|hit another car}",
        "have cars crashed into each other",
        "was there {an accident|a crash}",
    ],
)
phrase(
    "collision",
    "a pile-up|a smash|a fender bender|a car wreck|two cars that hit each other|a road accident|a crash on the road|damaged cars|cars that have collided|smashed cars|a car collision with smoke",
    C=[
        "{two|the} cars {hit each other|ran into each other|bumped into each other|are wrecked|smashed into each other|had an accident}",
        "there was {an accident|a crash|a collision|a smash} {|on the road|here}",
        "vehicles {collided|hit each other|have smashed}",
    ],
    Q=[
        "{did|have} {two|the|any|some} {cars|vehicles} {hit each other|run into each other|bumped into each other|smashed into each other|had an accident|have an accident}",
        "has there been {an accident|a crash|a collision|a smash}",
        "is there {an accident|a crash|a wreck} on the {road|street}",
        "are {two cars|cars|vehicles} {wrecked|damaged|smashed}",
    ],
)
phrase(
    "stalled",
    "a stalled car|a broken down car|a stopped car with a warning triangle|a warning triangle|a stranded vehicle|a car breakdown|a broken down vehicle|a hazard triangle|a car with an open hood|a red triangle on the road",
    C=[
        "a {car|vehicle} {has broken down|is stalled|has stalled|is stranded|broke down|is stuck|stopped with a warning triangle|has stopped in the lane}",
        "a warning triangle {is on the road|has been set up|stands on the road}",
        "a stalled car with warning triangle",
    ],
    Q=[
        "has a {car|vehicle} {broken down|stalled|stopped in the lane}",
        "is {a|any|the} {car|vehicle} {stalled|stranded|broken down|stuck|stopped with a warning triangle}",
        "is a warning triangle {on the road|set up|standing there}",
        "did a {car|vehicle} break down",
    ],
)
phrase(
    "stalled",
    "a car with a breakdown|a car that has broken down|a car stuck in the lane|a breakdown|a disabled vehicle|a car with its hood up|a triangle behind a car|an immobile car with a triangle|a car with hazard lights",
    C=[
        "{a|one|the} {car|vehicle} {stopped working|has its hood up|is disabled|will not start|has a breakdown|had a breakdown|died on the road|stands with an open hood|is immobile in the lane|needs a tow truck|needs towing}",
        "a {red|warning|hazard} triangle {has been put up|warns of a car|is behind a car|can be seen|is on the street}",
        "a driver has put up a warning triangle",
    ],
    Q=[
        "{does|did} {a|any|the} {car|vehicle} {need a tow truck|have a breakdown|stop working|need towing|have its hood up}",
        "is a {red|hazard|warning} triangle {behind a car|to be seen|on the street|put up}",
        "is {a|any|the} {car|vehicle} {disabled|immobile|with an open hood|out of order|broken}",
        "did a driver put up a warning triangle",
    ],
)
phrase(
    "tree_fallen",
    "a fallen tree|a tree on the road|a tree across the road|a tree lying on the road|a tree in the lane|a fallen tree on the road|a tree trunk on the road|a tree blocking the road|a downed tree",
    C=[
        "a tree {has fallen|has fallen on the road|fell on the road|lies on the road|blocks the road|is lying across the road|is blocking the road|came down|is on the street|lies across the lane}",
        "the road is blocked by a tree",
    ],
    Q=[
        "{has|did} a tree {fallen|fallen over|fallen on the road|come down|fall on the road|fall}",
        "is a tree {blocking|lying on|across|on|lying across} the {road|lane|street}",
        "is the road blocked by a tree",
    ],
)
phrase(
    "tree_fallen",
    "an uprooted tree|a toppled tree|a tree that came down|a tree over the road|a trunk across the lane|branches on the road|a tree on the street|a collapsed tree|timber across the road",
    C=[
        "a tree {toppled|toppled over|came down on the road|is down|blocks the street|lies over the road|lies across the street|was uprooted|stops the traffic|covers the road|is in the way}",
        "{a trunk|branches|a big tree} {lies|lie|is|are} {on|across|over} the {road|street|lane}",
        "a tree must be {removed|cleared} from the road",
    ],
    Q=[
        "{did|has} a tree {topple|toppled|toppled over|come down on the road|been uprooted}",
        "is a tree {down|over the road|in the way|stopping the traffic|covering the road|on the ground}",
        "{does|do} {a tree|a trunk|branches} {lie on|block|cover|lie across} the {road|street|lane}",
        "must a tree be {removed|cleared} from the road",
    ],
)
phrase(
    "ped_lane",
    "a pedestrian on the road|a person in the lane|a pedestrian in the lane|a person on the road|someone walking on the road|a pedestrian on the street|a person standing in the lane|a human on the road|somebody in the lane",
    C=[
        "{someone|a pedestrian|a person|somebody} is {on the road|in the lane|walking on the road|standing in the lane|crossing the road|walking in the lane|on the street}",
        "a {person|pedestrian} {walks|stands|steps} {on the road|in the lane|into the lane}",
    ],
    Q=[
        "is {anyone|someone|a pedestrian|a person|somebody} {on|in|walking on|standing on|crossing|walking in} the {road|street|lane}",
        "did {someone|a pedestrian} step {onto the road|into the lane}",
    ],
)
phrase(
    "ped_lane",
    "a walker on the road|a human in the lane|somebody on the street|a person on the carriageway|a person among the traffic|someone in the traffic lane|a man on the road|a pedestrian in the roadway|a person walking in traffic",
    C=[
        "{a man|a woman|somebody|a walker|someone|a human} {walks|is|stands|strolls|steps|is walking} {on the carriageway|in the roadway|in the traffic lane|on the street|in the middle of the road|onto the road|where cars drive}",
        "{a pedestrian|someone} {crosses|is crossing} the {street|lane|road}",
    ],
    Q=[
        "{does|did} {a pedestrian|someone|anyone|a person} {walk|stand|step|cross} {on the road|in the lane|onto the road|the road|the street|in the middle of the road}",
        "is {a man|a woman|a walker|someone|anyone} {on the carriageway|in the roadway|in the traffic lane|in the middle of the road|where cars drive}",
        "are {people|pedestrians} {on the road|in the lane|on the carriageway|in the street}",
    ],
    NC=["no {pedestrian|person} is {on the road|in the lane}"],
    NQ=["is the {lane|road} free of {pedestrians|people}"],
)
phrase(
    "hazard",
    "a traffic hazard|a road hazard|a hazard on the road|a danger in the lane|a hazard in the lane|an obstacle on the road|a traffic danger|an obstruction in the lane|a dangerous traffic situation|any traffic hazard|an obstacle in the lane|a traffic incident",
    C=[
        "the {road|lane|street} is {blocked|dangerous|obstructed|unsafe|not clear}",
        "{something|an obstacle} {is blocking|blocks|obstructs} the {road|lane|street|traffic}",
        "{drivers|traffic} {should|must} {stop|be warned|slow down}",
        "the traffic is in danger",
        "a hazard is on the road",
    ],
    Q=[
        "is the {road|lane|street} {blocked|dangerous|obstructed|unsafe}",
        "is {something|anything} {blocking|obstructing|in the way on} the {road|lane|street|traffic}",
        "{should|must} {drivers|traffic} {stop|be warned|slow down}",
        "is {the traffic|traffic} {in danger|blocked}",
        "is there any danger on the road",
    ],
    NC=["the {road|lane|street} is {clear|free|safe|open}"],
    NQ=["is the {road|lane|street} {clear|free|safe|open|passable}"],
)
phrase(
    "hazard",
    "something dangerous on the road|a dangerous obstacle|a blocked lane|a blocked road|trouble on the road|an incident on the road|a danger to drivers|a danger for traffic|a problem on the road|an unsafe road|anything dangerous on the road",
    C=[
        "{drivers|cars|traffic} {cannot|can not} {pass|get through|drive on} {|safely}",
        "the {road|lane|street|traffic} is {disturbed|disrupted|not passable|not safe|impassable|not free}",
        "there is {trouble|danger|an incident|a problem|something in the way} on the {road|street|lane}",
        "{it is|driving is} {dangerous|unsafe} {to drive here|here|on this road}",
        "{warn|slow down} the {drivers|traffic}",
        "cars have to {stop|brake|slow down|swerve}",
    ],
    Q=[
        "{can not|can} {drivers|cars} be in danger {|here}",
        "{do|must|should} {cars|drivers} {have to brake|brake|swerve|be careful|take care} {|here}",
        "is there {trouble|danger|an incident|a problem|something in the way|something dangerous} on the {road|street|lane}",
        "is {it|driving|the traffic} {dangerous|unsafe|disturbed|disrupted} {|here|on this road}",
        "are {drivers|cars} {in danger|at risk}",
    ],
    NC=[
        "{traffic|cars|the traffic} can {pass|flow|drive} {|freely|safely}",
        "nothing {blocks|is on|is in the way on} the {road|lane}",
    ],
    NQ=[
        "can {cars|traffic|drivers} {pass|drive|get through} {|freely|safely}",
        "is the {road|street|lane} {not blocked|unobstructed|without danger|in order}",
        "is it safe to drive {|here}",
    ],
)
phrase(
    "car",
    "a car|cars|a vehicle|an automobile|any car|at least one car|vehicles|a motor vehicle",
    C=[
        "a {car|vehicle} is {here|on the road|in view|driving here|on the street}",
        "cars are {on the road|here|driving}",
        "a {car|vehicle} {passes|comes into view}",
    ],
    Q=[
        "is {a|any|the} {car|vehicle} {here|on the road|in view|driving here|on the street}",
        "are {cars|vehicles|any cars} {on the road|here|driving|in the lane}",
    ],
)
phrase(
    "car",
    "a passenger car|traffic|an auto|a car on the road|a vehicle on the street|a car or vehicle|a sedan|cars in view|a parked or driving car",
    C=[
        "a {car|vehicle} {drives by|is driving|stands on the road|can be seen|is on its way|approaches|is in the picture}",
        "there is traffic on the {road|street}",
        "cars {can be seen|are in view|drive by}",
    ],
    Q=[
        "is a {car|vehicle} {driving|standing on the road|to be seen|approaching|in the picture|passing}",
        "is there traffic on the {road|street}",
        "do {cars|vehicles} {drive|pass|appear}",
        "can you {find|spot|make out} {a car|cars|a vehicle}",
    ],
    NC=[
        "{no car|no cars|no vehicle} {is|are} {here|on the road}",
        "the {road|street} is {empty of cars|without cars|free of cars}",
    ],
    NQ=["is the {road|street} {empty of cars|without cars|free of cars|without traffic}"],
)
phrase(
    "road",
    "a road|a street|traffic lanes|a lane|an outdoor scene",
    noneg=True,
    C=["this is {a road|a street|outdoors|an outdoor scene|a highway}", "the camera is {outside|outdoors}"],
    Q=["is this {a road|a street|outdoors|an outdoor scene|a highway|outside}"],
)
phrase(
    "road",
    "a roadway|a country road|a traffic scene|the open road|a road outside|an outside view",
    noneg=True,
    C=[
        "{this|it} {looks like|is} {a roadway|a country road|a traffic scene|the outside|a traffic camera}",
        "we are {outside|outdoors|at a road|on the street}",
    ],
    Q=[
        "is {this|it} {a roadway|a country road|a traffic scene|the outside|a traffic camera}",
        "are we {outside|outdoors|at a road|on the street}",
        "does {this|it} look like a {road|street|highway}",
    ],
)
