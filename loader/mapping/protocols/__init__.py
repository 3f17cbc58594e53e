"""Messages as SDKs send them, made into rows: the same over HTTP and from an archive of them."""

from loader.mapping.protocols.common import ORIGINAL_TIME, Made, filled

__all__ = ["ORIGINAL_TIME", "Made", "filled"]
