"""Which licences may be trained on, and how to find a package's licence where its registry has none.

Only permissive ones are accepted: MIT, BSD, ISC, Apache, Python's and the like. A package whose metadata name a
copyleft licence is refused completely, unless it also offers a permissive one; so is every file whose own header
names a copyleft licence.
"""
import re

PERMISSIVE = re.compile(
    r"\b(mit|isc|0bsd|bsd|apache|psf|psfl|python software foundation|unlicense|hpnd|zlib|boost|bsl-1\.0|bsl 1\.0|"
    r"postgresql|public.domain|cc0|expat|curl|eclipse distribution)\b", re.I)
COPYLEFT = re.compile(r"\b(l?gpl|copyleft|agpl|mpl|epl|cddl|sspl|busl|eupl|osl|gnu|mozilla|eclipse public)", re.I)
COPYLEFT_HEADER = re.compile(r"GNU (Lesser |Library |Affero )?General Public|\b[AL]?GPL(-|v| v|\d| version)|Mozilla Public License|"
                             r"SPDX-License-Identifier:\s*\(?([AL]?GPL|MPL|EPL|CDDL|SSPL|BUSL)|Server Side Public License|"
                             r"Business Source License|Elastic License|All rights reserved\. Confidential", re.I)
# For each licence the sentence of its text by which it is recognised (Go modules have no metadata about it).
TEXTS = [
    (COPYLEFT_HEADER, "copyleft"),
    (re.compile(r"Apache License\s+Version 2\.0|apache\.org/licenses/LICENSE-2\.0", re.I), "Apache-2.0"),
    (re.compile(r"Permission is hereby granted, free of charge, to any person obtaining a copy", re.I), "MIT"),
    (re.compile(r"Permission to use, copy, modify, and(/or)? distribute this software for any\s+purpose", re.I), "ISC"),
    (re.compile(r"Redistribution and use in source and binary forms[\s\S]{0,1200}Neither the name", re.I), "BSD-3-Clause"),
    (re.compile(r"Redistribution and use in source and binary forms", re.I), "BSD-2-Clause"),
    (re.compile(r"This is free and unencumbered software released into the public domain", re.I), "Unlicense"),
    (re.compile(r"Boost Software License", re.I), "BSL-1.0"),
]


def is_permissive(licence):
    """Whether a licence, as metadata write it, may be trained on. With a choice ("A OR B") one permissive one is
    enough."""
    choices = re.split(r"\s+or\s+|\s*/\s*", licence.strip("() "), flags=re.I)
    return any(PERMISSIVE.search(c) and not COPYLEFT.search(c) for c in choices)


def of_text(text):
    """The name of the licence whose text a LICENSE file has; "" for an unknown one."""
    text = re.sub(r"\s+", " ", text)
    return next((name for pattern, name in TEXTS if pattern.search(text)), "")


def of_debian(copyright_file):
    """The licence of a Debian source package's `Files: *`, from its machine-readable debian/copyright."""
    stanzas = re.split(r"\n\s*\n", copyright_file)
    for stanza in stanzas:
        if re.search(r"^Files:\s*\*\s*$", stanza, re.M | re.I):
            if found := re.search(r"^License:\s*(.+)$", stanza, re.M | re.I):
                return found[1].strip()
    return ""
