"""Phrasings about shelves, floors and light."""

from .phrasing import phrase

phrase(
    "empty",
    "an empty shelf|an empty shelf section|a bare shelf|an empty section|an empty spot on the shelf|empty shelves|a gap on the shelf|a shelf without products|a sold out section|an empty compartment|an out of stock product",
    C=[
        "{a|the|one} {shelf|shelf section|section|part of the shelf|row} is {empty|bare|sold out|completely empty|out of stock}",
        "{some|the} {shelves|shelf sections|sections} are {empty|bare|sold out|out of stock}",
        "{something|a product|an item} is {out of stock|sold out|missing from the shelf}",
        "the {shelf|rack} has {an empty section|a gap|bare spots|empty spaces}",
        "the {shelf|shelves|rack} {needs|need} {restocking|to be restocked|a refill|refilling}",
        "{the aisle|a shelf|the shelf|a section} {runs empty|becomes empty|is running empty|has run out of products}",
        "the shelf section is empty",
    ],
    Q=[
        "is {any|a|the|one} {shelf|shelf section|section|part of the shelf|row|of the shelves} {empty|bare|sold out|completely empty|out of stock}",
        "are {any|some|the} {shelves|shelf sections|sections|spaces on the shelf} {empty|bare|sold out|out of stock}",
        "is {anything|something|a product|any product} {out of stock|sold out|missing from the shelf}",
        "does {the|any} {shelf|rack} have {an empty section|a gap|bare spots|empty spaces|empty sections}",
        "do the shelves have {gaps|empty sections|bare spots}",
        "does {the|any} shelf {need restocking|need to be restocked|need a refill|look empty}",
        "has {any|a} {shelf|section} run empty",
        "is restocking needed",
        "should {someone|staff|we} {restock|refill} the {shelf|shelves}",
        "is {stock|something} missing",
    ],
    NC=["{no shelf|no section|no shelf section} is empty", "the {shelf|shelves} {have no gaps|have no empty sections}"],
    NQ=["is {no shelf|no section} empty", "are {none of the shelves|no shelves} empty"],
)
phrase(
    "empty",
    "an empty bay|an empty slot on the shelf|missing products|a hole in the shelf|gaps on the shelf|empty places on the shelf|a shelf with nothing on it|an empty rack|an empty space on the shelf|unfilled shelf space|a section with no products|a stockout",
    C=[
        "{a|the|one|some} {shelf|section|compartment|bay|slot|rack} {has nothing left|has nothing on it|has no products|has no goods|has been emptied|is unfilled|is out of products|has run out|is all gone|went empty|got empty}",
        "{the|some} {goods|products|items} {are|have} {sold out|all gone|run out|missing}",
        "{stock|goods} {ran out|has run out|is gone|has sold out} {|here|on the shelf}",
        "we {need to|must|should|have to} {restock|refill|fill up} {the shelf|a shelf|this section|the shelves|here}",
        "{please|someone should|staff should} {restock|refill} {|the shelf|the shelves|this section}",
        "{nothing|no product} is left on {the|one|a} shelf",
        "{part|a part} of the {shelf|rack} is {bare|empty}",
        "we {are|ran} out of {stock|products|something}",
    ],
    Q=[
        "{has|did} {the|any|a} {shelf|section|compartment} {been emptied|run out|sold out|go empty|become empty}",
        "{do|must|should} we {restock|refill|fill up} {the shelf|a shelf|this section|here}",
        "{is there|do you see|do we have} {space|a gap|an empty place|room|an opening} {on the shelf|between the products|where products should be}",
        "are we {out of|short of|missing} {stock|products|anything|something}",
        "are {any|some} {goods|products|items} {missing|sold out|gone}",
        "are there {gaps|holes|bare spots|empty spots|empty places} {on the shelf|on the shelves|in the rack}",
        "does {a|any|the} {section|compartment} {lack products|have no products|have nothing on it}",
        "which is it: is a section empty",
        "did {something|a product} {run out|sell out}",
    ],
    NC=[
        "no {gaps|holes|empty sections|bare spots} on the {shelf|shelves}",
        "nothing is {missing|out of stock|sold out}",
    ],
    NQ=["is nothing {missing|out of stock|sold out}", "are there no {gaps|empty sections|bare spots}"],
)
phrase(
    "stocked",
    "a fully stocked shelf|a full shelf|a well filled shelf|a shelf full of products",
    noneg=True,
    C=[
        "{the|all} {shelves|sections|shelf sections} are {full|stocked|fully stocked|well stocked|completely full|filled}",
        "{the|every|each} {shelf|section|shelf section|rack} is {full|stocked|fully stocked|well stocked|filled}",
        "everything is {stocked|in stock|fully stocked}",
        "the shelf is full of products",
        "the shelves are full of {goods|products|items}",
        "all products are in stock",
        "the {shelf|aisle} has been restocked",
    ],
    Q=[
        "are {the|all|all the} {shelves|sections|shelf sections} {full|stocked|fully stocked|well stocked|completely full|filled}",
        "is {the|every|each|the whole} {shelf|section|shelf section|rack} {full|stocked|fully stocked|well stocked|filled}",
        "is everything {stocked|in stock|fully stocked}",
        "are all products {in stock|available}",
        "has the shelf been {restocked|refilled}",
    ],
)
phrase(
    "stocked",
    "a completely filled shelf|fully stocked shelves|full shelves|a filled rack|a shelf without gaps",
    noneg=True,
    C=[
        "the {shelf|rack|whole shelf} {is full|is filled up|is stocked up|looks full|looks well stocked|has everything|is complete|is fully filled}",
        "all {compartments|bays|slots|rows} {have products|are filled|are full|hold goods}",
        "{goods|products} {fill|are in} every {section|slot|compartment}",
        "nothing needs restocking",
        "no restocking is needed",
        "there {are|is} {enough products|enough stock|plenty of goods} on {the|every} shelf",
    ],
    Q=[
        "is the {shelf|rack|whole shelf} {full|filled up|stocked up|complete}",
        "does the {shelf|rack} look {full|well stocked|complete}",
        "do all {sections|compartments|slots} {have products|hold goods|contain products}",
        "{have|are} the shelves {been refilled|been restocked|filled up}",
        "is there {enough stock|plenty of goods} on every shelf",
        "is every {product|slot} {in stock|filled}",
    ],
)
phrase(
    "spill",
    "a spill|a puddle|a liquid spill|spilled liquid|a wet spot|a puddle on the floor|a spill on the floor|liquid on the floor|a stain on the floor|a spill on the ground|a slippery spot|a leak on the floor",
    C=[
        "{something|liquid|a liquid|a drink} {has been spilled|is spilled|was spilled|has spilled|leaked} {|on the floor|on the ground}",
        "the {floor|ground} is {wet|slippery|dirty}",
        "there is {water|oil|paint|liquid|something wet} on the {floor|ground}",
        "someone {spilled something|has spilled a drink}",
        "the floor needs {cleaning|mopping|to be cleaned}",
        "{a spill|a puddle} {is on|covers} the floor",
    ],
    Q=[
        "{has|was} {something|anything|any liquid|liquid|a drink} {been spilled|spilled|leaked} {|on the floor|on the ground}",
        "is the {floor|ground} {wet|slippery|dirty}",
        "is there {water|oil|paint|any liquid|something wet} on the {floor|ground}",
        "did {someone|somebody|anyone} spill {something|a drink|liquid}",
        "does the floor need {cleaning|mopping|to be cleaned}",
        "has someone spilled something",
    ],
    NC=["the {floor|ground} is {clean|dry}", "the floor is free of spills"],
    NQ=["is the {floor|ground} {clean|dry|free of spills|free of liquid}"],
)
phrase(
    "spill",
    "a wet patch|a wet floor|a pool of liquid|a mess on the floor|spilled juice|spilled milk|water on the floor|a slip hazard|a leak|something spilled|an oil spot|a dirty spot on the floor|spillage|a splash on the floor",
    C=[
        "{someone|somebody|a customer} {spilled|has spilled|dropped|made} {a liquid|juice|milk|something wet|a puddle|a mess} {|on the floor}",
        "{the floor|it} {needs to be mopped|must be mopped|is soaked|is wet here|is not dry|has a puddle|has a spill|has a wet spot}",
        "{people|customers|someone} {could|might|may} slip {|here|on the floor}",
        "{a cleanup|cleaning|a mop|mopping} is {needed|required} {|here|on the floor}",
        "{juice|milk|oil|water|liquid|a drink} {is|lies|runs|spreads} {on|over|across} the {floor|ground|tiles}",
        "{please|someone must|staff should} {mop|clean} the floor",
        "there was a spill",
    ],
    Q=[
        "{could|might|can} {people|someone|customers|anyone} slip {|here|on the floor}",
        "{do we need|is there need for|should someone do} {a cleanup|cleaning|mopping}",
        "{is|has} {juice|milk|oil|water|a drink} {on the floor|spilled on the floor|been spilled}",
        "is the floor {soaked|not dry|covered with liquid|messy}",
        "must {the floor|something} be {mopped|cleaned up}",
        "did {a drink|liquid|something} {spill|leak} {|here|on the floor}",
        "is there {a mess|liquid|something to mop up} on the {floor|ground|tiles}",
    ],
    NC=["{the floor is|it is} {clean and dry|safe to walk on|not wet}"],
    NQ=["is the floor {clean and dry|safe to walk on|not wet|without spills}"],
)
phrase(
    "aisle_blocked",
    "a blocked aisle|boxes in the aisle|an obstruction in the aisle|boxes blocking the aisle|a pile of boxes in the aisle|an obstructed aisle|cartons in the aisle|a stack of boxes in front of the shelf",
    noneg=True,
    C=[
        "the {aisle|walkway|shelf} is {blocked|obstructed|blocked by boxes|cluttered|blocked with boxes|not passable}",
        "{boxes|cartons|cardboard boxes|a pile of boxes} {block|are blocking|is blocking|obstruct} the {aisle|walkway|shelf}",
        "something {blocks|is blocking|obstructs} the {aisle|walkway}",
        "someone left boxes in the aisle",
        "customers cannot get through the aisle",
    ],
    Q=[
        "is {the|an|any} {aisle|walkway|shelf aisle} {blocked|obstructed|blocked by boxes|cluttered|blocked with boxes|impassable}",
        "{are|do} {boxes|cartons|cardboard boxes|any boxes} {blocking|block|obstructing} the {aisle|walkway|shelf}",
        "is {something|anything} {blocking|obstructing|in the way in} the {aisle|walkway}",
        "are there boxes in the {aisle|walkway}",
    ],
    NC=["the {aisle|walkway} is {clear|free|passable|open}"],
    NQ=[
        "is the {aisle|walkway} {clear|free|passable|unobstructed|open}",
        "can {people|shoppers|customers} {walk|pass|get} through the aisle",
    ],
)
phrase(
    "aisle_blocked",
    "a cluttered aisle|boxes in the way|an aisle full of boxes|stacked boxes in the aisle|a heap of cartons in the way|cardboard blocking the walkway|goods standing in the aisle|a barrier of boxes",
    noneg=True,
    C=[
        "the {aisle|walkway|passage|path|way} is {not free|not clear|jammed|full of boxes|closed off by boxes|blocked off|obstructed by cartons}",
        "{boxes|cartons|goods|cardboard boxes|packages} {stand|are standing|are piled up|are stacked|sit} in the {aisle|walkway|way|passage}",
        "{shoppers|people|customers} {cannot|can not|can hardly} {pass|get past|walk through|get through} {|the aisle|here}",
        "a {pile|stack|heap} of {boxes|cartons} {blocks|is blocking|obstructs} {the aisle|the way|the passage|the shelf}",
    ],
    Q=[
        "is the {aisle|walkway|passage|path|way} {full of boxes|jammed|blocked off|obstructed by cartons|not free}",
        "{are|do} {boxes|cartons|goods|packages} {standing in|piled up in|stacked in|stand in} the {aisle|walkway|way|passage}",
        "does a {pile|stack|heap} of {boxes|cartons} {block|obstruct} the {aisle|way|passage|shelf}",
        "is {access to the shelf|the way to the shelf} blocked",
    ],
    NC=[
        "the {aisle|walkway|passage|path} is {not blocked|unobstructed|free of boxes}",
        "{customers|people|shoppers} can {pass|get through|walk through} {the aisle|freely}",
    ],
    NQ=[
        "is the {passage|path|way} {clear|free|open|not blocked}",
        "can {people|shoppers|customers|everyone} {get past|pass freely|walk through the aisle}",
    ],
)
phrase(
    "box_floor",
    "a box on the floor|a cardboard box|boxes on the floor|a loose box|a carton on the floor|a cardboard box on the ground|a box lying around|cardboard boxes|a box on the ground",
    noneg=True,
    C=[
        "{a box|a carton|a cardboard box|boxes} {is on the floor|was left on the floor|has been left on the ground|is lying around|lies on the floor}",
        "someone left a box on the floor",
        "boxes are {on the floor|lying around}",
    ],
    Q=[
        "{is|was|has} {a|any|the} {box|carton|cardboard box} {on the floor|left on the floor|lying around|been left on the ground|on the ground}",
        "are {boxes|any boxes|cartons} {on the floor|lying around|on the ground}",
        "did someone leave a box on the floor",
    ],
    NC=["the floor is free of boxes", "there are no boxes on the floor"],
    NQ=["is the floor free of boxes"],
)
phrase(
    "box_floor",
    "a package on the floor|a parcel on the ground|a carton lying around|boxes standing on the floor|a crate on the floor|cardboard on the floor|a stray box|cartons on the ground|a brown box",
    noneg=True,
    C=[
        "{a parcel|a package|a carton|a box|cartons|boxes} {stands on the floor|sits on the floor|is standing there|is standing on the ground|got left behind|was forgotten on the floor|is in the picture|lie on the floor}",
        "somebody {forgot|left|dropped|put} a {box|carton|parcel|package} {on the floor|on the ground|here}",
    ],
    Q=[
        "{does|did} {a box|a carton|a parcel|somebody} {stand on the floor|lie on the ground|leave a box|drop a box|put a box on the floor}",
        "is {a parcel|a package|a carton|a box} {standing on the floor|sitting on the floor|lying there|lying on the ground|in the picture}",
        "did {somebody|someone} {forget|leave|put} a {carton|box|parcel|package} {on the floor|here|on the ground}",
        "are there {cartons|boxes|parcels|packages} {standing around|on the floor|on the ground}",
    ],
    NC=["no {box|carton|boxes} {is|are|lies} on the floor"],
    NQ=["is no box on the floor"],
)
phrase(
    "store",
    "a store shelf|a shelf with products|a retail shelf|a supermarket shelf|a shop",
    noneg=True,
    C=["this is {a store|a shop|a supermarket|a retail store}", "the camera is in a {store|shop|supermarket}"],
    Q=["is this {a store|a shop|a supermarket|a retail store|inside a shop}"],
)
phrase(
    "store",
    "a market|a grocery store|store shelves|shop shelves|a sales room|the inside of a store",
    noneg=True,
    C=[
        "{we are|this is|it is} {in|inside} a {store|shop|supermarket|market}",
        "{this|it} {looks like|is} {the inside of a store|a grocery store|a sales area}",
    ],
    Q=[
        "{are we|is this|is it} {in|inside} a {store|shop|supermarket|market}",
        "does {this|it} look like a {store|shop|supermarket|market}",
        "is {this|it} {a grocery store|a sales area|the inside of a store}",
    ],
)
phrase(
    "dark",
    "a dark scene|a dark image|a poorly lit scene|a dark room|bad lighting|a badly lit place|poor lighting|darkness",
    noneg=True,
    C=[
        "{it|the image|the scene|the picture|the room|the place|the area} is {dark|too dark|badly lit|poorly lit|dim}",
        "the {lights are off|light is off|lighting is bad|lighting is poor|lights are switched off}",
        "it is night",
        "it gets dark",
        "the light is too low",
    ],
    Q=[
        "is {it|the image|the scene|the picture|the room|the place|the area} {dark|too dark|badly lit|poorly lit|dim}",
        "{are the lights off|is the light off|is it night|is it night time|are the lights switched off|is the lighting bad|is the lighting poor|is it too dark to see}",
    ],
    NC=["{it|the image|the scene|the room|the place|the area} is {bright|well lit}", "the lights are on"],
    NQ=[
        "is {it|the image|the scene|the picture|the place|the area} {bright|well lit}",
        "are the lights {on|switched on}",
    ],
)
phrase(
    "dark",
    "a gloomy picture|a night scene|low light|no light|weak light|an unlit room|too little light|a black picture|night|insufficient lighting",
    noneg=True,
    C=[
        "{it|the picture|the scene|the room|the hall|the store} {is gloomy|is unlit|is very dark|is hardly lit|has no light|lies in the dark|needs more light|is pretty dark|went dark|is not lit}",
        "{the lamps|lamps|lights} {are out|went out|have gone out|are not on}",
        "{somebody|someone} {switched|turned} off the {light|lights}",
        "there is {not enough|too little|hardly any} light",
    ],
    Q=[
        "{is|was} the {light|lighting} {switched off|turned off|weak|insufficient|out|too low}",
        "{did|have} the lights {go out|gone out|been switched off|been turned off}",
        "is {it|the hall|the store|the picture} {gloomy|unlit|very dark|hardly lit|not lit|pretty dark}",
        "is there {not enough|too little|hardly any} light",
        "does the {scene|picture|room|place} {need more light|look dark|lie in the dark}",
    ],
    NC=[
        "{there is|we have} {enough|plenty of} light",
        "{it|the hall|the store} is {light|bright|well lit|not dark}",
        "the lamps are on",
    ],
    NQ=[
        "is there {enough|plenty of} light",
        "is {it|the hall|the store} {light|bright|well lit|not dark}",
        "are the lamps on",
        "is the light on",
    ],
)
