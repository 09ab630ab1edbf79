"""Code names: a readable label for each person, unique on the site, that says nothing about anyone."""

from __future__ import annotations

import duckdb
import pyarrow as pa

# Curated so that no pair can wound or amuse at somebody's cost: landscape, weather and craft; no people, bodies, moods or judgements.
FIRST = (
    "Amber Ash Aspen Autumn Bay Birch Blue Bracken Bramble Bright Brook Cedar Chalk Cherry Clay Clear Clover Coast Copper Coral Cotton Crystal "
    "Dawn Dune East Elder Elm Ember Fern Field Flax Flint Forest Frost Garden Ginger Glass Golden Granite Grass Green Harbour Harvest Hazel Heath Heather "
    "High Hill Holly Indigo Iris Island Ivory Ivy Jade Juniper Lake Larch Laurel Lavender Lime Linen Marble Maple Marsh May Meadow Mint Mist Moon Moss "
    "North Oak Ochre Olive Opal Orchard Pearl Pebble Pine Plum Poplar Quartz Rain Reed River Rose Rowan Rush Russet Saffron Sage Sand Scarlet Sea Shell "
    "Silver Sky Slate Snow South Spring Star Stone Summer Sun Tide Teal Thyme Valley Velvet Violet Water West White Wild Willow Wind Winter Wood Yarrow"
).split()
SECOND = (
    "Anchor Arch Barn Basket Beacon Bell Bench Boat Book Bowl Bridge Candle Canoe Castle Chair Clock Cloud Compass Copse Cottage Creek Curlew Dove Drum "
    "Feather Ferry Finch Fountain Gate Glade Globe Grove Harp Haven Heron Horizon Island Jetty Kettle Kestrel Kite Ladder Lamp Lane Lantern Lark Leaf Linnet "
    "Loom Mill Mirror Mountain Nest Oar Otter Paddle Path Petal Pier Plover Pond Puffin Quay Quill Quilt Ribbon Ridge Robin Sail Seed Shore Spindle Spire "
    "Spoon Stile Stream Swallow Swift Table Tern Thimble Thistle Thread Tower Trail Tree Vale Vessel Walk Wagtail Wharf Wheel Whistle Window Wren"
).split()


def give(cursor: duckdb.DuckDBPyConnection) -> None:
    """Gives every person without one a code name, inside the caller's transaction; a name already taken is drawn again."""
    new = [row[0] for row in cursor.execute("select distinct person from people where person not in (select person from code_name) order by person").fetchall()]
    if not new:
        return
    taken = {row[0] for row in cursor.execute("select name from code_name").fetchall()}
    named = []
    for person in new:
        draw = person.int  # the hash itself draws, so that a rebuild gives the same names
        draw, first = divmod(draw, len(FIRST))
        draw, second = divmod(draw, len(SECOND))
        name = f"{FIRST[first]} {SECOND[second]}"
        while name in taken:
            draw, number = divmod(draw, 9_973)
            name = f"{FIRST[first]} {SECOND[second]} {number + 2}"
            draw = draw or len(taken)
        taken.add(name)
        named.append((person, name))
    cursor.register("named", pa.table({"person": [str(p) for p, _ in named], "name": [n for _, n in named]}))
    cursor.execute("insert into code_name select person::uuid, name from named")
    cursor.unregister("named")
