"""The transfer syntaxes that can be decoded, as dcmsend lists them."""

from __future__ import annotations

from dicomkit.errors import UnsupportedTransferSyntax
from dicomkit.pixels.codecs.registry import codec_for, handling
from dicomkit.standard.transfer_syntax import TransferSyntax

__all__ = ["decoder_lines"]


def decoder_lines() -> list[str]:
    """The lines of `--list-decoders`."""
    native, decoded = [], []
    for syntax in TransferSyntax.all():
        kind = handling(syntax)
        if kind == "native":
            native.append(f"- {syntax.uid.name}")
        elif kind == "codec" and _is_there(syntax):
            decoded.append(f"- {syntax.uid.name}")
    return [
        "Transfer syntaxes supported natively:",
        *native,
        "",
        "Transfer syntaxes supported by decoders:",
        *decoded,
    ]


def _is_there(syntax: TransferSyntax) -> bool:
    try:
        codec_for(syntax)
    except UnsupportedTransferSyntax:
        return False
    return True
