# as: src/lockhouse/identity/example.py
"""Tells a person's value to whoever reads the error or the log."""

from lockhouse.errors import Invalid


def parse(raw_email: bytes, value: str, event, log) -> None:
    if not raw_email:
        raise Invalid("/email", f"an address, got {raw_email!r}")  # finds: no-value-in-message
    if value == "-":
        raise Invalid("/email", "an address", got=value)  # finds: no-value-in-message
    if value == "":
        raise ValueError("bad address %s" % value)  # finds: no-value-in-message
    if value == "+":
        raise ValueError("bad address {}".format(event.traits["email"]))  # finds: no-value-in-message
    log.info("parsed", phone=event.phone)  # finds: no-value-in-message
    log.warning(f"odd {value.strip().lower()}")  # finds: no-value-in-message
    raise Invalid("/email", f"an address, got {str(value)}")  # finds: no-value-in-message
