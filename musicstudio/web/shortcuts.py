"""The keyboard as the help sheet tells it. What binds the keys: static/js/keys.js, and list.js on pages with a list."""

Rows = list[tuple[str, tuple[str, ...]]]
JUDGE: Rows = [
    ("Your stars; 0 for none", ("1", "to", "5")),
    ("Favourite", ("F",)),
    ("Tag", ("T",)),
    ("Put into a collection", ("L",)),
    ("Compare 2 to 4 that are selected, or the takes of the row", ("C",)),
    ("Download as ZIP", ("D",)),
    ("Approve", ("A",)),
    ("Reject", ("X",)),
    ("Select", ("S",)),
    ("Select on, up or down", ("Shift", "↑", "↓")),
    ("Clear the selection", ("Esc",)),
]
COMPARE: Rows = [
    ("Hear that take, at the same second", ("1", "to", "4")),
    ("Back to the take heard before", ("B",)),
    ("Loop from here, to here", ("I", "O")),
    ("No loop", ("L",)),
    ("Approve, reject what sounds", ("A", "X")),
    ("Pick what sounds, in a round", ("V",)),
]


def keyboard(mod: str) -> list[tuple[str, Rows]]:
    """Sections of (what it does, its keys); `mod` is what the key before K is called on the person's machine."""
    return [
        (
            "Listen",
            [
                ("Play or pause", ("Space",)),
                ("Next, previous track; plays on if something plays", ("J", "K")),
                ("Back or on by 5 seconds", ("←", "→")),
                ("Back or on by 1 second", ("Shift", "←", "→")),
                ("Open the track page", ("Enter",)),
            ],
        ),
        (
            "Find and make",
            [
                ("Search or jump to anything", (mod, "K")),
                ("Search in the list", ("/",)),
                ("New prompt", ("N",)),
                ("Generate, while composing", (mod, "↵")),
                ("Undo what the message says", ("Z",)),
            ],
        ),
        (
            "Discuss: on the track page",
            [
                ("Comment at this second", ("M",)),
                ("Comment before, after", ("[", "]")),
                ("Look closer, less close", ("+", "-")),
                ("Send, while writing", (mod, "↵")),
            ],
        ),
        ("Judge: the row with the focus, or all that are selected", JUDGE),
        ("Compare, and vote in a round", COMPARE),
        (
            "Go",
            [
                ("Home", ("G", "then", "H")),
                ("Library", ("G", "then", "L")),
                ("Queue, for admins", ("G", "then", "Q")),
                ("Compare", ("G", "then", "C")),
                ("Budgets", ("G", "then", "B")),
                ("Rounds", ("G", "then", "C")),
                ("The project", ("G", "then", "P")),
                ("Settings, for admins", ("G", "then", "S")),
                ("These shortcuts", ("?",)),
            ],
        ),
    ]
