/* What _ext/standard offers to the other compiled modules, through the capsule "dicomkit._ext.standard.API".
 *
 * VRs are codes as in element.h. Tags whose VR depends on context have a lower-case code: "xs" US or SS, "lt" US or SS or OW
 * (or US or OW), "ox" OB or OW, "na" for the FFFE elements. Functions take the user's dictionary (or NULL), look there first,
 * hold no state and need no GIL. Strings are UTF-8, NUL-terminated, and live as long as the dictionary they come from.
 */
#ifndef DICOMKIT_STANDARD_H
#define DICOMKIT_STANDARD_H

#include <stddef.h>
#include <stdint.h>

#define NO_TAG 0xFFFFFFFFu

typedef struct UserDictionary UserDictionary;

typedef struct {
    const char *keyword;
    const char *name;
    uint32_t tag; /* as looked up, or as listed with x digits 0 when found by keyword */
    uint16_t vr;
    uint8_t vm_min;
    uint8_t vm_max; /* 0: n */
    uint8_t vm_step; /* 2 in "2-2n" */
    uint8_t retired;
} Attribute;

enum { UID_OTHER, UID_TRANSFER_SYNTAX, UID_SOP_CLASS, UID_META_SOP_CLASS, UID_WELL_KNOWN };
enum { TS_IMPLICIT_VR = 1, TS_BIG_ENDIAN = 2, TS_DEFLATED = 4, TS_ENCAPSULATED = 8, TS_BIG_ENDIAN_PIXELS = 16 };

typedef struct {
    const char *uid;
    const char *keyword;
    const char *name;
    uint8_t kind;
    uint8_t transfer_syntax; /* TS_ bits */
    uint8_t retired;
} RegisteredUID;

typedef struct {
    /* VR of a public data element (repeating groups, group lengths and private creators too), 0 if unknown. */
    uint16_t (*vr)(const UserDictionary *user, uint32_t tag);
    /* VR of a private data element (the block digits of the tag do not matter), 0 if unknown. */
    uint16_t (*private_vr)(const UserDictionary *user, const char *creator, size_t length, uint32_t tag);
    /* 1 and *found filled in, or 0. */
    int (*attribute)(const UserDictionary *user, uint32_t tag, Attribute *found);
    int (*private_attribute)(const UserDictionary *user, const char *creator, size_t length, uint32_t tag, Attribute *found);
    int (*keyword)(const UserDictionary *user, const char *keyword, size_t length, Attribute *found);
    int (*uid)(const char *uid, size_t length, RegisteredUID *found);
} StandardAPI;

#define STANDARD_CAPSULE "dicomkit._ext.standard.API"

#endif
