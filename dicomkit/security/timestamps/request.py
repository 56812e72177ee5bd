"""Queries for a certified time-stamp (RFC 3161 2.4.1)."""

from __future__ import annotations

from dataclasses import dataclass

from asn1crypto import tsp  # type: ignore[import-untyped]  # asn1crypto has no types

from dicomkit.errors import SignatureError
from dicomkit.security.asn1 import HASH_SIZES, hash_algorithm, hash_name, load, reading
from dicomkit.security.signatures.mac import digest

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Final

__all__ = ["TimestampRequest"]

_NONCE_BITS: Final = 64
_LONGEST_POLICY: Final = 128
_WHAT: Final = "the time-stamp query"


@dataclass(frozen=True, slots=True)
class TimestampRequest:
    """A query for a certified time-stamp.

    Attributes:
        hash: the algorithm of `imprint` as a MAC Algorithm (0400,0015); of others the object identifier.
        imprint: digest of what is to be stamped.
        nonce: a number that the answer must repeat, or None.
        certificates: whether the answer is to have the certificate of the authority with it.
        policy: object identifier of the policy that the answer must follow, or None.
    """

    hash: str
    imprint: bytes
    nonce: int | None = None
    certificates: bool = False
    policy: str | None = None

    @classmethod
    def make(
        cls,
        imprint_of: bytes,
        *,
        hash: str = "SHA256",
        nonce: bool = True,
        certificates: bool = True,
        policy: str | None = None,
    ) -> TimestampRequest:
        """A new query.

        Args:
            imprint_of: what is to be stamped: the value of a signature, without a pad byte.
            hash: "SHA256", "SHA384", "SHA512", "RIPEMD160", "SHA1" or "MD5". A stamp by MD5 is not accepted later.
            nonce: add a random number, which proves that the answer is new.
            certificates: ask for the certificate of the authority in the answer.
            policy: object identifier of a policy of the authority.

        Raises:
            SignatureError: the hash is none of these or not to be had here, or the policy is no object identifier.
        """
        if hash not in HASH_SIZES:
            raise SignatureError(f"{hash!r} is no hash for time-stamps: there are {', '.join(HASH_SIZES)}")
        if policy is not None and not _is_identifier(policy):
            raise SignatureError(f"{policy!r} is no object identifier, so no policy of a time-stamp authority")
        number = None
        if nonce:
            import secrets

            number = secrets.randbits(_NONCE_BITS) or 1
        return cls(hash, digest([imprint_of], hash), number, certificates, policy)

    def encode(self) -> bytes:
        """The query in DER, as it goes to the authority or into a .tsq file.

        Raises:
            SignatureError: a field cannot be encoded.
        """
        try:
            query = tsp.TimeStampReq(
                {
                    "version": 1,
                    "message_imprint": {"hash_algorithm": hash_algorithm(self.hash), "hashed_message": self.imprint},
                    "cert_req": self.certificates,
                }
            )
            if self.policy is not None:
                query["req_policy"] = self.policy
            if self.nonce is not None:
                query["nonce"] = self.nonce
            encoded: bytes = query.dump()
        except Exception as error:  # asn1crypto raises all kinds for values that are none
            raise SignatureError(f"{_WHAT} cannot be made: {error}") from error
        return encoded

    @classmethod
    def decode(cls, data: bytes) -> TimestampRequest:
        """Read a query. Extensions of it are left out.

        Raises:
            SignatureError: it is none, or has an extension that must not be left out.
        """
        query = load(tsp.TimeStampReq, data, _WHAT)
        with reading(_WHAT):
            version = int(query["version"])
            if version != 1:
                raise SignatureError(f"{_WHAT} is of version {version}, not 1")
            imprint = query["message_imprint"]
            name = hash_name(imprint["hash_algorithm"])
            hashed: bytes = imprint["hashed_message"].native
            if len(hashed) != HASH_SIZES.get(name, len(hashed)):
                raise SignatureError(f"{_WHAT} cannot be read: {len(hashed)} bytes are no digest by {name}")
            nonce = query["nonce"].native
            policy = None if query["req_policy"].native is None else query["req_policy"].dotted
            certificates = bool(query["cert_req"].native)
            for extension in query["extensions"]:
                if extension["critical"].native:
                    identifier = extension["extn_id"].dotted
                    raise SignatureError(f"{_WHAT} has an extension that is critical and not known: {identifier}")
        return cls(name, hashed, nonce, certificates, policy)


def _is_identifier(text: str) -> bool:
    """Whether it is an object identifier with dots (X.660)."""
    parts = text.split(".")
    if len(text) > _LONGEST_POLICY or not all(part.isascii() and part.isdecimal() for part in parts):
        return False
    return len(parts) > 1 and int(parts[0]) <= 2 and (parts[0] == "2" or int(parts[1]) < 40)
