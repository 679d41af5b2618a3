"""Made-up people's names and places: common words of three countries, put together by a seeded draw."""

from __future__ import annotations

from typing import Final, NamedTuple


class Land(NamedTuple):
    """One country of the shop.

    Attributes:
        phones: number prefixes that regulators keep free for films and examples, as (prefix, width of the rest).
        cities: (name, postcode prefix).
    """

    country: str
    first: tuple[str, ...]
    last: tuple[str, ...]
    streets: tuple[str, ...]
    cities: tuple[tuple[str, str], ...]
    phones: tuple[tuple[str, int], ...]
    currency: str


# Prefixes for drama and examples: Bundesnetzagentur (Mitteilung 148/2021), Ofcom ("numbers for drama use"),
# NANPA (555-0100 to 555-0199). Mail domains are those of RFC 2606: nobody can be reached by accident.
GERMANY: Final = Land(
    country="DE",
    first=(
        "Anna", "Lukas", "Emma", "Jonas", "Mia", "Felix", "Hanna", "Paul", "Lena", "Maximilian", "Sophie", "Elif",
        "Mehmet", "Katharina", "Jürgen", "Sabine", "Björn", "Zoë", "Aleksandra", "Tobias",
    ),
    last=(
        "Schmidt", "Müller", "Schneider", "Fischer", "Weber", "Meyer", "Wagner", "Becker", "Schulz", "Hoffmann",
        "Çelik", "Koch", "Bauer", "Richter", "Klein", "Wolf", "Schröder", "Neumann", "Schwarz", "Nowak",
    ),
    streets=("Lindenstraße", "Hauptstraße", "Bahnhofstraße", "Gartenweg", "Am Kanal", "Schleusenufer"),
    cities=(("Berlin", "10"), ("Hamburg", "20"), ("Köln", "50"), ("München", "80"), ("Frankfurt", "60")),
    phones=(("+493023125", 3), ("+494066969", 3), ("+492214710", 3), ("+498999998", 3), ("+496990009", 3)),
    currency="EUR",
)  # fmt: skip
BRITAIN: Final = Land(
    country="GB",
    first=(
        "Olivia", "George", "Amelia", "Harry", "Isla", "Oliver", "Priya", "Mohammed", "Siobhán", "Rhys", "Grace",
        "Alfie", "Freya", "Callum", "Zara", "Ewan", "Aisha", "Tomasz", "Beatrix", "Rupert",
    ),
    last=(
        "Smith", "Jones", "Taylor", "Brown", "Williams", "Wilson", "Patel", "Khan", "O'Connor", "MacDonald", "Evans",
        "Walker", "Wright", "Hughes", "Ali", "Ward-Price", "Begum", "Robinson", "Lewis", "Clarke",
    ),
    streets=("High Street", "Church Lane", "Station Road", "Mill Lane", "Lock Keeper's Row", "Albert Road"),
    cities=(("London", "SE1"), ("Manchester", "M1"), ("Birmingham", "B2"), ("Edinburgh", "EH1"), ("Bristol", "BS1")),
    phones=(("+44207946", 4), ("+44161496", 4), ("+44121496", 4), ("+44131496", 4), ("+44117496", 4)),
    currency="GBP",
)  # fmt: skip
STATES: Final = Land(
    country="US",
    first=(
        "James", "Mary", "Liam", "Sofía", "Noah", "Ava", "Jamal", "Emily", "Mateo", "Grace", "Wei", "Ashley",
        "DeShawn", "Hannah", "Carlos", "Madison", "Tyler", "Nia", "Ethan", "Guadalupe",
    ),
    last=(
        "Johnson", "Garcia", "Miller", "Davis", "Rodriguez", "Martinez", "Lee", "Thompson", "White", "Nguyen",
        "Jackson", "Perez", "Harris", "Okafor", "Young", "Kim", "Rivera", "Campbell", "Cohen", "Washington",
    ),
    streets=("Main St", "Oak Ave", "Maple Dr", "2nd St", "Canal St", "Sunset Blvd"),
    cities=(("New York", "100"), ("Chicago", "606"), ("Austin", "787"), ("Seattle", "981"), ("Denver", "802")),
    phones=tuple((f"+1{area}55501", 2) for area in ("212", "312", "512", "206", "303", "415", "617", "404", "702")),
    currency="USD",
)  # fmt: skip
LANDS: Final = (GERMANY, BRITAIN, STATES)
SHARES: Final = (5, 3, 2)
"""How many of ten people live in each."""
MAIL: Final = ("mail.example.com", "post.example.net", "inbox.example.org")
