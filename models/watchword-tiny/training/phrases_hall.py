"""Phrasings about robots, forklifts and exits."""

from .phrasing import phrase

phrase(
    "robot",
    "a robot|a mobile robot|robots|an autonomous robot|a machine on wheels|a delivery robot|at least one robot|any robot|a service robot|an autonomous machine",
    C=[
        "a robot is {here|present|in the area|around|working here|in the warehouse|nearby|on camera}",
        "robots are {here|present|in the warehouse}",
        "a robot {enters|shows up|comes into view}",
    ],
    Q=[
        "is {a|the|any} robot {here|present|in the area|around|working here|in the warehouse|nearby|on camera}",
        "are {robots|any robots} {here|present|in the warehouse|around}",
        "can you spot a robot",
        "do you notice a robot",
    ],
)
phrase(
    "robot",
    "a cleaning robot|a helper robot|a self-driving robot|an automaton|a bot|a droid|an agv|robots in the hall|a rolling robot",
    C=[
        "a {robot|bot} {moves around|drives around|is rolling|stands there|is at work|can be seen|is in the picture|is in view}",
        "we have a robot {here|in the hall}",
    ],
    Q=[
        "is {a|the|any} {robot|bot} {moving around|driving around|at work|standing there|in the picture|in view|to be seen|rolling}",
        "do we have a robot {here|in view}",
        "can you {find|make out} {a robot|the robot|robots}",
        "does a robot {appear|show up}",
    ],
    NC=["{no robot|no robots} {is|are} here"],
    NQ=["is the {hall|area|warehouse} {without robots|free of robots}"],
)
phrase(
    "robot_fallen",
    "a fallen robot|a robot lying on the floor|a tipped over robot|a robot on its side|a toppled robot|a robot that fell over|a robot that has fallen|a knocked over robot|a robot lying down|an overturned robot",
    C=[
        "{a|the|one} robot {has fallen|has fallen over|fell over|tipped over|has tipped over|toppled over|is lying on the floor|is lying on its side|is down|falls over|is on its side|has been knocked over|lies on the ground|is not upright}",
        "a robot {needs help getting up|must be put upright}",
        "the robot is on the floor",
    ],
    Q=[
        "{has|did} {a|the|any|one} robot {fallen|fallen over|tipped over|toppled|fallen down|fall over|tip over|fall down|been knocked over}",
        "is {a|the|any|one} robot {lying down|on its side|lying on the floor|tipped over|knocked over|down|on the floor|overturned|lying on its side|on the ground}",
        "does {a|the} robot need to be put upright",
    ],
    NC=["{all robots are|every robot is|the robot is} {upright|standing|standing up}", "no robot has fallen"],
    NQ=["{are all robots|is every robot|is the robot} {upright|standing|standing up|still standing}"],
)
phrase(
    "robot_fallen",
    "a robot on the ground|a collapsed robot|a robot that tipped|a tumbled robot|a robot lying flat|a robot in trouble on the floor|a capsized robot|a robot lying on its back",
    C=[
        "{a|the|our|one} {robot|bot} {keeled over|is lying there|lies on its side|has toppled|has keeled over|fell down|tumbled|has tumbled|crashed to the floor|is overturned|cannot stand up|went down|is not standing|fell on its side|has tipped}",
        "someone {must|should|has to} {pick up|lift|set up} the robot",
    ],
    Q=[
        "{did|has} {a|the|our|any} {robot|bot} {keel over|tumble|topple|topple over|tumbled|keeled over|toppled over|go down|tip}",
        "is {a|the|our|any} {robot|bot} {lying flat|lying there|not standing|on its back|fallen|toppled}",
        "does {a|the|our} robot {lie on the floor|lie on its side|lie on the ground|need to be picked up|need picking up}",
        "must {a|the} robot be {picked up|lifted|set upright}",
    ],
    NC=["{the|our|every} robot {stands|stands upright|did not fall|has not fallen}"],
    NQ=[
        "{does|do} {the robot|every robot} stand {|upright}",
        "{is|are} {the robot|all robots} {on its wheels|on their wheels|ok and upright}",
    ],
)
phrase(
    "forklift",
    "a forklift|a fork lift|a forklift truck|a lift truck|an industrial truck|any forklift|a pallet lifter|a fork truck",
    C=[
        "a forklift is {here|present|in the area|parked here|operating|driving|in the warehouse|nearby|in view}",
        "a forklift {enters|shows up|comes into view|drives in}",
        "the forklift is here",
    ],
    Q=[
        "is {a|the|any} forklift {here|present|in the area|parked here|operating|driving|in the warehouse|nearby|in view}",
        "do you notice a forklift",
        "can you spot a forklift",
        "are forklifts {here|present|around}",
    ],
)
phrase(
    "forklift",
    "a fork-lift|a stacker truck|a lifting truck|forklifts|a forklift in the hall|a pallet truck|a warehouse truck|a vehicle with forks",
    C=[
        "{a|the} {forklift|lift truck|stacker} {stands there|is parked|is at work|can be seen|is driving around|is in the hall|is in the picture|moves}",
        "we have a forklift {here|in the hall}",
    ],
    Q=[
        "is {a|the|any} {forklift|lift truck|stacker} {parked|at work|driving around|in the hall|in the picture|moving|standing there}",
        "do we have a forklift {here|in view}",
        "can you {find|make out} {a forklift|the forklift}",
        "does a forklift {appear|show up}",
    ],
    NC=["no forklift is here"],
    NQ=["is the {hall|area|warehouse} {without a forklift|free of forklifts}"],
)
phrase(
    "exit_blocked",
    "a blocked exit|a blocked emergency exit|an obstructed exit|a blocked door|boxes in front of the exit|a blocked fire exit|an obstacle in front of the exit|something in front of the exit|goods in front of the door",
    noneg=True,
    C=[
        "{the|an} {exit|emergency exit|exit door|fire exit|door|escape route} is {blocked|obstructed|blocked by boxes|not accessible|not free|blocked by a pallet|barred}",
        "{boxes|goods|a pallet|something|cartons} {is blocking|are blocking|block|blocks|is in front of} the {exit|emergency exit|door|fire exit}",
        "nobody can use the exit",
    ],
    Q=[
        "is {the|an|any} {exit|emergency exit|exit door|fire exit|door|escape route} {blocked|obstructed|blocked by boxes|not accessible|blocked by a pallet|barred}",
        "{are|is} {boxes|goods|a pallet|something|anything|any boxes} {blocking|obstructing|in front of|standing in front of} the {exit|emergency exit|door|fire exit|exit door}",
    ],
    NC=["the {exit|emergency exit|exit door|fire exit} is {clear|free|accessible|unobstructed|usable}"],
    NQ=[
        "is the {exit|emergency exit|exit door|fire exit} {clear|free|accessible|unobstructed|usable}",
        "can the {exit|emergency exit} be used",
    ],
)
phrase(
    "exit_blocked",
    "a blocked way out|stuff in front of the exit|cartons in front of the emergency exit|a pallet in front of the door|an escape route full of boxes|an obstructed fire door|a barricaded exit|an exit that cannot be used|boxes at the emergency exit",
    noneg=True,
    C=[
        "{the|our} {emergency exit|fire exit|exit|fire door|way out|escape route|emergency door} is {not clear|barricaded|covered by boxes|blocked off|shut in by boxes|obstructed by goods|unusable|not usable|jammed|full of boxes}",
        "{stuff|cartons|boxes|a pallet|goods|material|something} {stands|stand|sits|has been put|was left|is stored|is parked} in front of the {exit|emergency exit|fire door|emergency door|way out}",
        "{people|nobody|staff} {cannot|can not|could not} {leave|get out|reach the exit} {|through the exit|in an emergency}",
    ],
    Q=[
        "is {the|our} {emergency exit|fire exit|exit|fire door|way out|escape route|emergency door} {barricaded|covered by boxes|blocked off|obstructed by goods|unusable|not clear|jammed|full of boxes}",
        "{does|has} {stuff|something|a pallet|anything|someone} {stand in front of|block|been left in front of|blocked|obstruct} the {exit|emergency exit|fire door|emergency door|way out}",
        "{are|is} {cartons|stuff|things|material} {standing|stored|left} in front of the {exit|emergency exit|fire door}",
    ],
    NC=[
        "the {fire door|way out|escape route|emergency door} is {clear|free|not blocked|usable}",
        "nothing {blocks|is in front of|stands in front of} the {exit|emergency exit|fire door}",
    ],
    NQ=[
        "is the {fire door|way out|escape route|emergency door} {clear|free|not blocked|usable}",
        "can {people|everyone|staff} {use|reach|leave through} the {exit|emergency exit|fire door}",
        "is nothing in front of the {exit|emergency exit}",
    ],
)
phrase(
    "exit",
    "an exit|an emergency exit|an exit door|an exit sign|a fire exit|a door|a green exit sign",
    C=["{an|the} {exit|exit door|exit sign} is in view", "the door has an exit sign"],
    Q=["is {the|an} {exit|exit door|exit sign} in view", "do you notice an exit"],
)
phrase(
    "exit",
    "a fire door|an emergency door|a way out|a green sign over a door|an escape door|a door with an exit sign",
    C=["{the|an} {emergency exit|fire exit|emergency door} {is in view|can be seen|is there|is in the picture}"],
    Q=[
        "is {the|an} {emergency exit|fire exit|emergency door|fire door} {in view|there|in the picture|to be seen}",
        "does the place have {an exit|an emergency exit|a fire exit}",
        "can you {find|spot|make out} {the exit|an exit|the emergency exit}",
    ],
)
phrase(
    "warehouse",
    "a warehouse|a storage hall|an industrial hall|a warehouse hall",
    noneg=True,
    C=[
        "this is {a warehouse|a storage hall|an industrial hall|a logistics hall}",
        "the camera is in a {warehouse|hall}",
    ],
    Q=["is this {a warehouse|a storage hall|an industrial hall|a factory hall|a logistics hall}"],
)
phrase(
    "warehouse",
    "a depot|a storehouse|a logistics hall|a factory hall|a storage building|the inside of a warehouse",
    noneg=True,
    C=[
        "{we are|this is|it is} {in|inside} a {warehouse|hall|depot|storage hall}",
        "{this|it} {looks like|is} {the inside of a warehouse|a depot|a storage building}",
    ],
    Q=[
        "{are we|is this|is it} {in|inside} a {warehouse|hall|depot|storage hall}",
        "does {this|it} look like a {warehouse|hall|depot}",
        "is {this|it} {a depot|a storage building|the inside of a warehouse}",
    ],
)
