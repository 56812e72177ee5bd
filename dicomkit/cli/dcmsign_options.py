"""The options of `dicomkit dcmsign`."""

from __future__ import annotations

from dicomkit.cli.input_options import FILE_FORMAT, PARSING, TRANSFER_SYNTAX
from dicomkit.cli.options import GENERAL, Group, Option, integer
from dicomkit.cli.output_options import OUTPUT_TRANSFER_SYNTAX, SEQUENCE_LENGTH

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Final

__all__ = ["GROUPS", "PARAMETERS", "USAGE"]

PARAMETERS: Final = (
    ("dcmfile-in", 'DICOM input filename to be processed ("-" for stdin)'),
    ("dcmfile-out", 'DICOM output filename ("-" for stdout)'),
)
USAGE: Final = "dcmfile-in [dcmfile-out]"

UN: Final = next(subgroup for subgroup in PARSING if subgroup[1][0].field == "uc")

SIGN: Final = "--sign or --sign-item"

#: All set one field, the last one counts; those with arguments to a pair of their name and the arguments.
COMMANDS: Final = (
    "",
    (
        Option("--verify", "command", None, "verify all signatures (default)"),
        Option(
            "+s --sign",
            "command",
            "sign",
            "create signature in main object",
            argument="[p]rivate key file, [c]ertificate file: string",
        ),
        Option(
            "+si --sign-item",
            "command",
            "sign-item",
            "create signature in sequence item",
            argument="[k]eyfile, [c]ertfile, [i]tem location: string",
        ),
        Option(
            "+t --insert-timestamp",
            "command",
            "insert-timestamp",
            "insert certified timestamp from ts response r\nfrom timestamp query q at signature UID u",
            argument="ts[q]file, ts[r]file [u]idfile: string",
        ),
        Option("+r --remove", "command", "remove", "remove signature", argument="[s]ignature UID: string"),
        Option("+ra --remove-all", "command", ("remove-all", None), "remove all signatures from data set"),
    ),
)

KEY_FORMAT: Final = (
    "key and certificate file format",
    (
        Option("-pem --pem-keys", "key_format", "pem", "read keys/certificates as PEM file (default)"),
        Option("-der --der-keys", "key_format", "der", "read keys/certificates as DER file"),
    ),
)

SIGNATURE_FORMAT: Final = (
    "signature format",
    (
        Option("-fn --format-new", "old_format", False, "use correct DICOM signature format (default)"),
        Option("-fo --format-old", "old_format", True, "use old (pre-3.5.4) DCMTK signature format"),
    ),
)

VERIFICATION: Final = Group(
    "signature verification options (only with --verify)",
    (
        "signature verification",
        tuple(
            [
                Option(names, "policy", policy, help, needs="--verify")
                for names, policy, help in (
                    ("+rv --verify-if-present", "", "verify signatures if present, pass otherwise\n(default)"),
                    ("+rg --require-sig", "any", "fail if no signature at all is present"),
                    ("+rc --require-creator", "creator", "fail if no creator RSA signature is present"),
                    ("+ru --require-auth", "authorization", "fail if no auth RSA signature is present"),
                    ("+rs --require-sr", "sr", "fail if no SR RSA signature is present"),
                )
            ]
        ),
    ),
    (
        "timestamp verification",
        tuple(
            [
                Option(names, "timestamps", policy, help, needs="--verify")
                for names, policy, help in (
                    ("+tv --verify-ts", "check", "verify certified timestamp if present (default)"),
                    ("-tv --ignore-ts", "ignore", "ignore certified timestamps"),
                    ("+tr --require-ts", "require", "fail if no certified timestamp is present"),
                )
            ]
        ),
    ),
    (
        "certification authority",
        (
            *[
                Option(names, field, None, help, argument=argument, repeat=True, needs="--verify")
                for names, field, argument, help in (
                    (
                        "+cf --add-cert-file",
                        "trusted_files",
                        "[f]ilename: string",
                        "add trusted certificate file to cert store",
                    ),
                    (
                        "+uf --add-ucert-file",
                        "untrusted_files",
                        "[f]ilename: string",
                        "add untrusted intermediate certificate file",
                    ),
                    (
                        "+cd --add-cert-dir",
                        "trusted_folders",
                        "[d]irectory: string",
                        "add certificates in d to cert store",
                    ),
                    (
                        "+cr --add-crl-file",
                        "crl_files",
                        "[f]ilename: string",
                        "add certificate revocation list file\n(implies --enable-crl-vfy)",
                    ),
                )
            ],
            Option("+cl --enable-crl-vfy", "check_crls", True, "enable CRL verification", needs="--verify"),
        ),
    ),
)

PASSWORD: Final = (
    "private key password",
    (
        Option("+ps --std-passwd", "password", None, "prompt user to type password on stdin (default)", needs=SIGN),
        Option("+pw --use-passwd", "password", None, "use specified password", argument="[p]assword: string", needs=SIGN),
        Option("-pw --null-passwd", "password", "", "use empty string as password", needs=SIGN),
    ),
)

#: Values are the names of `dicomkit.security.signatures.profiles`.
PROFILE: Final = (
    "digital signature profile",
    tuple(
        [
            Option(names, "profile", profile, help, needs=needs)
            for names, profile, help, needs in (
                ("-pf --profile-none", None, "don't enforce any signature profile (default)", SIGN),
                ("+pb --profile-base", "base_rsa", "enforce base RSA signature profile", SIGN),
                ("+pc --profile-creator", "creator_rsa", "enforce creator RSA signature profile", "--sign"),
                ("+pa --profile-auth", "authorization_rsa", "enforce authorization signature profile", "--sign"),
                ("+pr --profile-sr", "sr_rsa", "enforce SR RSA signature profile", "--sign"),
                ("+pv --profile-srv", "sr_rsa_verification", "enforce SR RSA signature profile (verification)", "--sign"),
            )
        ]
    ),
)

#: Values are the defined terms of MAC Algorithm (0400,0015).
MAC: Final = (
    "MAC algorithm",
    tuple(
        [
            Option(names, "mac", mac, help, needs=SIGN)
            for names, mac, help in (
                ("+mr --mac-ripemd160", "RIPEMD160", "use RIPEMD 160 (default)"),
                ("+ms --mac-sha1", "SHA1", "use SHA-1 (not recommended)"),
                ("+mm --mac-md5", "MD5", "use MD5 (not recommended)"),
                ("+m2 --mac-sha256", "SHA256", "use SHA-256"),
                ("+m3 --mac-sha384", "SHA384", "use SHA-384"),
                ("+m5 --mac-sha512", "SHA512", "use SHA-512"),
            )
        ]
    ),
)

PURPOSE: Final = (
    "signature purpose",
    (
        Option("+lp --list-purposes", "list_purposes", True, "show list of signature purpose codes and exit"),
        Option("-sp --no-sig-purpose", "purpose", None, "do not add signature purpose (default)", needs=SIGN),
        Option(
            "+sp --sig-purpose",
            "purpose",
            None,
            "add digital signature purpose code p",
            argument="[p]urpose code: integer (1..18)",
            convert=integer(1, 18),
            needs=SIGN,
        ),
    ),
)

TAGS: Final = (
    "tag selection",
    (
        Option(
            "-t --tag",
            "tags",
            None,
            "sign only specified tag\n(this option can be specified multiple times)",
            argument='[t]ag: "gggg,eeee" or dictionary name',
            repeat=True,
        ),
        Option("-tf --tag-file", "tag_file", None, "read list of tags from text file", argument="[f]ilename: string"),
    ),
)

TIMESTAMP: Final = Group(
    "timestamp creation options (only with --sign or --sign-item)",
    (
        "timestamp creation",
        (
            Option("-ts --timestamp-off", "timestamp", None, "do not create timestamp (default)", needs=SIGN),
            Option(
                "+ts --timestamp-file",
                "timestamp",
                None,
                "create timestamp query file t and uid file u",
                argument="[t]sq-filename, [u]id-filename: string",
                needs=SIGN,
            ),
        ),
    ),
    (
        "timestamp MAC algorithm (only with --timestamp-file)",
        tuple(
            [
                Option(names, "timestamp_mac", mac, help, needs="--timestamp-file")
                for names, mac, help in (
                    ("+tm2 --ts-mac-sha256", "SHA256", "use SHA-256 (default)"),
                    ("+tm3 --ts-mac-sha384", "SHA384", "use SHA-384"),
                    ("+tm5 --ts-mac-sha512", "SHA512", "use SHA-512"),
                    ("+tmr --ts-mac-ripemd160", "RIPEMD160", "use RIPEMD 160"),
                    ("+tms --ts-mac-sha1", "SHA1", "use SHA-1 (not recommended)"),
                    ("+tmm --ts-mac-md5", "MD5", "use MD5 (not recommended)"),
                )
            ]
        ),
    ),
    (
        "timestamp query nonce options (only with --timestamp-file)",
        (
            Option("+tn --ts-use-nonce", "nonce", True, "include random nonce (default)", needs="--timestamp-file"),
            Option("-tn --ts-no-nonce", "nonce", False, "do not include nonce", needs="--timestamp-file"),
        ),
    ),
    (
        "timestamp certificate inclusion options (only with --timestamp-file)",
        (
            Option(
                "+tc --ts-request-cert",
                "certificates",
                True,
                "request TSA certificate in timestamp (default)",
                needs="--timestamp-file",
            ),
            Option(
                "-tc --ts-no-cert",
                "certificates",
                False,
                "do not request TSA certificate in timestamp",
                needs="--timestamp-file",
            ),
        ),
    ),
    (
        "timestamp policy options (only with --timestamp-file)",
        (
            Option(
                "-tp --ts-no-policy",
                "timestamp_policy",
                None,
                "do not specify ts policy (default)",
                needs="--timestamp-file",
            ),
            Option(
                "+tp --ts-policy",
                "timestamp_policy",
                None,
                "request timestamp policy p",
                argument="[p]olicy-OID: string",
                needs="--timestamp-file",
            ),
        ),
    ),
)

GROUPS: Final = (
    GENERAL,
    Group("input options", FILE_FORMAT, TRANSFER_SYNTAX, UN),
    Group("signature commands", COMMANDS),
    Group("general signature options", KEY_FORMAT, SIGNATURE_FORMAT),
    VERIFICATION,
    Group("signature creation options (only with --sign or --sign-item)", PASSWORD, PROFILE, MAC, PURPOSE, TAGS),
    TIMESTAMP,
    Group(
        "output options",
        OUTPUT_TRANSFER_SYNTAX,
        SEQUENCE_LENGTH,
        (
            "other output options",
            (
                Option(
                    "+d --dump",
                    "dump",
                    None,
                    "dump byte stream fed into the MAC codec to file\n(only with --sign or --sign-item)",
                    argument="[f]ilename: string",
                    needs=SIGN,
                ),
            ),
        ),
    ),
)
