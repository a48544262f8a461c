"""The one form that a signature may have in a national message, and its parts taken out of it.

The whole document is signed, once, by one reference (URI="") with one transform; the signature
stands in its one place among the children of the root. So nothing signed can be put aside and
something else be read in its stead: where anything differs, the message counts as not signed right.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from dataclasses import dataclass

from lxml import etree

from schemas import registry
from single_window.signatures.algorithms import C14N, DS, ENVELOPED

SIGNATURE = f"{{{DS}}}Signature"
_XML = "{http://www.w3.org/XML/1998/namespace}"
_BLANK = re.compile(r"[ \t\r\n]*")


class Broken(Exception):
    """A step of the verification that failed: its name, what was found, what should have been."""

    def __init__(self, step: str, found: str = "", expected: str = "") -> None:
        super().__init__(step)
        self.step = step
        self.found = found
        self.expected = expected


@dataclass(frozen=True, slots=True)
class Parts:
    """What a signature of the right form says, and the two texts in canonical form it speaks of."""

    method: str
    digest_method: str
    digest: bytes
    value: bytes
    key_name: str
    certificate: bytes
    signed_info: bytes
    content: bytes


def parsed(document: bytes) -> etree._Element:
    """The root of a message, with its comments. Raises Broken where it cannot be read.

    The text is UTF-8 whatever its first line says: what is verified is what the records are read
    from.
    """
    parser = etree.XMLParser(
        encoding="utf-8",
        resolve_entities=False,
        no_network=True,
        remove_comments=False,
        remove_pis=False,
    )
    try:
        root = etree.fromstring(document.removeprefix(b"\xef\xbb\xbf"), parser)
    except etree.XMLSyntaxError as error:
        raise Broken("readable", str(error.msg or "").partition(", line")[0][:120]) from error
    if root.getroottree().docinfo.internalDTD is not None:
        raise Broken("readable", "DOCTYPE")
    return root


def the_signature(root: etree._Element) -> etree._Element:
    """The one signature of a message, a child of its root in its place. Raises Broken otherwise."""
    found = list(root.iter(SIGNATURE))
    if len(found) != 1:
        raise Broken("single", str(len(found)), "1")
    signature = found[0]
    if signature.getparent() is not root:
        raise Broken("place", _path(signature), _name(root))
    allowed = followers(etree.QName(root).localname)
    behind = [_name(each) for each in signature.itersiblings(etree.Element)]
    strange = [name for name in behind if name not in allowed]
    if strange:
        raise Broken("place", strange[0], "/".join(sorted(allowed)))
    return signature


def followers(message: str) -> frozenset[str]:
    """The parts that may stand behind the signature of a message."""
    known = registry.messages().get(message)
    names = [part.name for part in known.parts] if known else []
    at = names.index("Signature") + 1 if "Signature" in names else len(names)
    return frozenset(names[at:])


def taken(root: etree._Element, signature: etree._Element) -> Parts:
    """The parts of a signature. Raises Broken("shape") where it has another form than the profile.

    The tree is changed by it: without the signature it is what the digest is made of.
    """
    if any(str(name).startswith(_XML) for name in root.attrib):
        raise Broken("shape", "xml:*")
    for node in signature.iter():
        if not isinstance(node.tag, str):
            raise Broken("shape", "<!-- -->, <? ?>", _name(signature))
    info, value, key = _children(signature, "SignedInfo", "SignatureValue", "KeyInfo")
    c14n, method, reference = _children(
        info, "CanonicalizationMethod", "SignatureMethod", "Reference"
    )
    _algorithm(c14n, C14N)
    if reference.attrib.get("URI") != "" or set(reference.attrib) - {"URI", "Id"}:
        raise Broken("shape", str(dict(reference.attrib))[:120], 'URI=""')
    transforms, digest_method, digest = _children(
        reference, "Transforms", "DigestMethod", "DigestValue"
    )
    (transform,) = _children(transforms, "Transform")
    _algorithm(transform, ENVELOPED)
    key_name, certificate = _key_info(key)
    signed_info = canonical(info)
    return Parts(
        method=_algorithm(method),
        digest_method=_algorithm(digest_method),
        digest=_bytes(digest),
        value=_bytes(value),
        key_name=key_name,
        certificate=certificate,
        signed_info=signed_info,
        content=_without(root, signature),
    )


def canonical(element: etree._Element) -> bytes:
    """Inclusive canonical form 1.0 without comments, with the namespaces the element stands in."""
    return etree.tostring(element, method="c14n", exclusive=False, with_comments=False)


def _without(root: etree._Element, signature: etree._Element) -> bytes:
    """The canonical form of the whole message less its signature; the text behind it stays."""
    before, tail = signature.getprevious(), signature.tail or ""
    if before is None:
        root.text = (root.text or "") + tail
    else:
        before.tail = (before.tail or "") + tail
    signature.tail = None
    root.remove(signature)
    tree = root.getroottree()
    return etree.tostring(tree, method="c14n", exclusive=False, with_comments=False)


def _key_info(key: etree._Element) -> tuple[str, bytes]:
    names = [etree.QName(child).localname for child in key]
    if names == ["X509Data"]:
        (data,), name = _children(key, "X509Data"), ""
    else:
        named, data = _children(key, "KeyName", "X509Data")
        name = (named.text or "").strip()
    (certificate,) = _children(data, "X509Certificate")
    return name, _bytes(certificate)


def _children(element: etree._Element, *names: str) -> Iterator[etree._Element]:
    """The children of an element, which are these and no others, with nothing in between."""
    wanted = [f"{{{DS}}}{name}" for name in names]
    if [child.tag for child in element] != wanted:
        found = " ".join(_name(child) for child in element)
        raise Broken("shape", f"{_name(element)}: {found}"[:160], " ".join(names))
    texts = [element.text, *(child.tail for child in element)]
    if not all(_BLANK.fullmatch(text or "") for text in texts):
        raise Broken("shape", _name(element), " ".join(names))
    if _name(element) != "Reference" and set(element.attrib) - {"Id"}:
        raise Broken("shape", f"{_name(element)}: {' '.join(map(str, element.attrib))}"[:160])
    return iter(element)


def _algorithm(element: etree._Element, only: str = "") -> str:
    found = str(element.attrib.get("Algorithm", ""))
    bare = not len(element) and _BLANK.fullmatch(element.text or "")
    if not bare or set(element.attrib) != {"Algorithm"} or (only and found != only):
        raise Broken("shape", f"{_name(element)}: {found}"[:160], only)
    return found


def _bytes(element: etree._Element) -> bytes:
    """Base64, in as many lines as its writer liked."""
    if len(element):
        raise Broken("shape", _name(element), "base64")
    try:
        return base64.b64decode("".join((element.text or "").split()), validate=True)
    except ValueError as error:
        raise Broken("shape", _name(element), "base64") from error


def _name(element: etree._Element) -> str:
    return etree.QName(element).localname if isinstance(element.tag, str) else "<!-- -->"


def _path(element: etree._Element) -> str:
    return "/".join([*(_name(each) for each in reversed(list(element.iterancestors())))])
