"""How dcmsign signs: keys, tags and options of a command line, and what is said of them before the library signs."""

from __future__ import annotations

from dicomkit.cli.dcmsign_failure import (
    CANNOT_READ_INPUT_FILE,
    CANNOT_READ_TAG_FILE,
    CANNOT_WRITE_SUPPORT_FILE,
    CREATION_FAILED,
    SYNTAX_ERROR,
    SYNTAX_ERROR_IN_TAG_FILE,
    Failure,
)
from dicomkit.cli.dcmsign_tags import TagFileError, find_item, read_tag_file, tag_of_option

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable
    from typing import Any, Final

    from dicomkit.cli.log import Log
    from dicomkit.cli.options import Options
    from dicomkit.dataset.dataset import Dataset
    from dicomkit.media.transfer import Part
    from dicomkit.security.signatures.profiles import Profile
    from dicomkit.standard.user_dictionary import Dictionary

__all__ = ["Signing"]

AUTHORIZATION: Final = (
    "The Authorization RSA Digital Signature Profile requires that any",
    "attributes whose values are verifiable by the technician or physician",
    "(e.g., their values are displayed to the technician or physician) must",
    "be included in the signature. Please assure this using --tag options.",
)

VERIFICATION_FLAG: Final = 0x0040A493
VERIFICATION: Final = 5  # purpose (PS3.16 CID 7007)


class Signing:
    """What a command line wants to be signed.

    Args:
        argument: files of key and certificate, and for an item its location.
        options: the options.
        dictionary: of the user.
        log: for warnings.

    Raises:
        Failure: the tags are no tags.
    """

    def __init__(self, argument: tuple[str, ...], options: Options, dictionary: Dictionary | None, log: Log) -> None:
        self.key_file, self.certificate_file, *location = argument
        self.location: str | None = location[0] if location else None
        self.options = options
        self.dictionary = dictionary
        self.log = log
        self.profile: str | None = options.get("profile")
        self.mac: str = options.get("mac", "RIPEMD160")
        if self.profile == "authorization_rsa":
            for line in AUTHORIZATION:
                log.warn(line)
        self.tags = self._tags()
        self.key: Any = None  # Any: cryptography is not imported before it is needed
        self.certificate: Any = None

    def _tags(self) -> list[int] | None:
        """The tags of the options and the tag file; None without any."""
        tags: list[int] = []
        path = self.options.get("tag_file")
        if path is not None:
            try:
                tags += read_tag_file(path, self.dictionary, self.log)
            except TagFileError as error:
                self.log.error(str(error))
                raise Failure(SYNTAX_ERROR_IN_TAG_FILE, _giving_up(path), "fatal") from error
            except OSError as error:
                self.log.error(f"file not found: {path}")
                raise Failure(CANNOT_READ_TAG_FILE, _giving_up(path), "fatal") from error
        names = self.options.get("tags")
        for name in names or ():
            tag = tag_of_option(name, self.dictionary)
            if tag is None:
                raise Failure(SYNTAX_ERROR, f"unknown attribute tag '{name}'", "fatal")
            tags.append(tag)
        return tags if path is not None or names is not None else None

    def load_keys(self) -> None:
        """Read the files of the certificate and the key.

        Raises:
            Failure: one of them cannot be read.
        """
        from dicomkit.security.keys.signing_key import load_certificates, load_private_key, matches

        password = _password(self.options)
        certificates = self._load("certificate", self.certificate_file, load_certificates, password)
        self.key = self._load("private key", self.key_file, load_private_key, password)
        self.certificate = next((one for one in certificates if matches(self.key, one)), certificates[0])

    def _load(self, what: str, path: str, load: Callable[..., Any], password: Any) -> Any:  # Any: two functions
        from dicomkit.errors import SignatureError

        try:
            return load(path, password)
        except (SignatureError, OSError) as error:
            reason = error.strerror if isinstance(error, OSError) else str(error).removeprefix(f"{path}: ")
            self.log.error(str(reason))
            text = f"file cannot be read: while loading {what} file '{path}'"
            raise Failure(CANNOT_READ_INPUT_FILE, text, "fatal") from error

    def sign(self, dataset: Dataset) -> None:
        """Sign the data set, or the item that is named.

        Raises:
            Failure: it cannot be signed.
        """
        from dicomkit.cli.dcmsign_timestamp import write_request
        from dicomkit.errors import DicomError
        from dicomkit.security.signatures.sign import mac_transfer_syntax, sign

        item = dataset
        if self.location is not None:
            found = find_item(dataset, self.location, self.dictionary, self.log)
            if found is None:
                raise self._failure("desired signature location not found")
            item = found
        syntax = mac_transfer_syntax(dataset).uid
        self._check(item, syntax)
        try:
            profile, tags = self._profile_and_tags(item, syntax)
            uid = sign(
                item,
                self.key,
                self.certificate,
                profile=profile,
                tags=tags,
                mac=self.mac,
                transfer_syntax=syntax,
                purpose=self.options.get("purpose"),
                weak=True,
                dump=self._dump if "dump" in self.options else None,
            )
        except (DicomError, OSError) as error:
            raise self._failure(str(error)) from error
        if self.options.get("timestamp") is not None:
            write_request(item, uid, self.options, self.log, self._failure)

    def _failure(self, reason: str) -> Failure:
        where = "main dataset" if self.location is None else f"item '{self.location}'"
        return Failure(CREATION_FAILED, f"{reason} while creating signature in {where}")

    def _check(self, item: Dataset, syntax: str) -> None:
        """Say in DCMTK's words what speaks against signing."""
        from dicomkit.cli.dcmsign_text import key_text, time_text
        from dicomkit.errors import DicomError
        from dicomkit.security.keys.signing_key import matches, weakness
        from dicomkit.security.signatures.profiles import PROFILES

        profile = None if self.profile is None else PROFILES[self.profile]
        if profile is not None:
            try:
                profile.inspect(item)
            except DicomError as error:
                self.log.error(str(error))
                raise self._failure("dataset not suitable for the selected security profile") from error
            if self.profile == "sr_rsa" and _lacks_verification(item):
                self.log.warn("SR document status is 'VERIFIED', but the verification signature is missing")
        if not matches(self.key, self.certificate):
            raise self._failure("certificate and private key do not match")
        if profile is not None:
            self._check_profile(profile, syntax)
        if weakness(self.certificate.public_key()) is not None:
            self.log.warn(f"Certificate contains a weak key: {key_text(self.certificate.public_key())}")
        import datetime

        now = datetime.datetime.now(datetime.UTC)
        first, last = self.certificate.not_valid_before_utc, self.certificate.not_valid_after_utc
        if now > last:
            self.log.warn(f"Certificate has expired {time_text(last)}, signature will be invalid.")
        if now < first:
            self.log.warn(f"Certificate is not yet valid, validity starts {time_text(first)}, signature will be invalid.")
        self._check_tags(item)

    def _check_profile(self, profile: Profile, syntax: str) -> None:
        from dicomkit.security.keys.signing_key import key_text

        if self.mac not in profile.macs:
            raise self._failure("MAC algorithm not allowed for the selected security profile")
        if key_text(self.certificate.public_key()).partition(" ")[0] not in profile.keys:
            raise self._failure("signature algorithm not allowed for the selected security profile")
        if not profile.transfer_syntax_allowed(syntax):
            raise self._failure("transfer syntax not allowed for the selected security profile")
        purpose = self.options.get("purpose")
        if profile.purpose is not None and purpose not in (None, profile.purpose):
            self.log.warn(f"Signature profile requires purpose code {profile.purpose}, ignoring user selection {purpose}.")

    def _profile_and_tags(self, item: Dataset, syntax: str) -> tuple[str | None, Collection[int] | None]:
        """The profile that the library is to enforce, and the tags.

        The SR profile demands a purpose (PS3.15 C.4), DCMTK's dcmsign does not. Without one, what the profile wants to be
        signed is signed, but not as of that profile.
        """
        from dicomkit.security.signatures.profiles import PROFILES

        if self.profile is None:
            return None, self.tags
        profile = PROFILES[self.profile]
        if not profile.purpose_required or profile.purpose is not None or self.options.get("purpose") is not None:
            return self.profile, self.tags
        tags = profile.completed(item, self.tags)
        problems = profile.problems(item, tags, self.mac, "RSA", syntax, None)
        if any(problem.code != "profile-purpose" for problem in problems):
            return self.profile, self.tags
        for problem in problems:
            self.log.warn(f"{problem} (--sig-purpose)")
        return None, tags

    def _check_tags(self, item: Dataset) -> None:
        from dicomkit.security.signatures.mac import unsignable

        missing = False
        for tag in sorted(self.tags or ()):
            name = f"({tag >> 16:04x},{tag & 0xFFFF:04x})"
            if not item._has(tag):
                self.log.error(f"attribute {name} should be signed but is not present in the dataset.")
                missing = True
                continue
            reason = unsignable(item, tag)
            if reason is not None:
                self.log.warn(f"List of attributes to be signed contains unsignable element {name}: {reason}")
                raise self._failure("list of attributes to be signed contains attribute that is not signable")
        if missing:
            raise self._failure("Tag not found")

    def _dump(self, parts: Iterable[Part]) -> None:
        """Write the bytes that the MAC is calculated from."""
        from dicomkit.media.atomic import replace_file
        from dicomkit.media.transfer import write_parts

        path = self.options["dump"]
        try:
            replace_file(path, lambda fd: write_parts(fd, parts))
        except OSError as error:
            raise Failure(CANNOT_WRITE_SUPPORT_FILE, f"unable to create dump file '{path}'", "fatal") from error


def _lacks_verification(item: Dataset) -> bool:
    """Whether a report is verified, but no signature says so."""
    from dicomkit.security.signatures.levels import Level, value_of
    from dicomkit.security.signatures.purpose import purpose_of

    if value_of(item, VERIFICATION_FLAG) != "VERIFIED":
        return False
    purposes = [purpose_of(signature) for signature in Level(item).signatures()]
    return not any(purpose is not None and purpose[0] == VERIFICATION for purpose in purposes)


def _giving_up(path: str) -> str:
    return f"Error while reading tag file '{path}', giving up."


def _password(options: Options) -> str | Callable[[], str]:
    """The password of the private key, or what asks for it once."""
    given: str | None = options.get("password")
    if given is not None:
        return given
    answers: list[str] = []

    def ask() -> str:
        if not answers:
            answers.append(_ask())
        return answers[0]

    return ask


def _ask() -> str:
    import getpass
    import warnings

    from dicomkit.errors import SignatureError

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", getpass.GetPassWarning)  # without a terminal it is read from standard input
            return getpass.getpass("Enter PEM pass phrase:")
    except EOFError:
        raise SignatureError("there is nobody to ask for the password") from None
