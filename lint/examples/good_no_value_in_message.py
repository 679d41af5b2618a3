# as: src/lockhouse/identity/example.py
"""Names the field, the rule, the type and the size, none of which is the value."""

from lockhouse.errors import Invalid


def parse(value: str, path: str, log, err: Invalid) -> None:
    if len(value) > 254:
        raise Invalid(path, f"at most 254 characters, got {len(value)}")
    if not isinstance(value, str):
        raise Invalid(path, "text", got=type(value).__name__)
    log.info("parsed", size=len(value), path=path)
    raise Invalid(path, "an address", got="something else", hint=f"{path}: {err.text}")
