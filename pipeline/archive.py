"""Zip archives that depend on what is in them alone."""

from __future__ import annotations

import io
from collections.abc import Mapping
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

_PACKED = (".docx", ".gif", ".jpeg", ".jpg", ".pdf", ".png", ".pptx", ".webp", ".woff", ".woff2", ".zip")
"""Endings of files that hardly get smaller."""


def pack(members: Mapping[str, bytes]) -> bytes:
    """An archive of files, by their names and in that order, without the moment or the machine of writing."""
    with ZipFile(out := io.BytesIO(), "w") as archive:
        for name, content in members.items():
            member = ZipInfo(name)
            member.create_system = 3  # else it tells the machine's
            member.external_attr = 0o644 << 16  # else some programs unpack what nobody may read
            member.compress_type = ZIP_STORED if name.endswith(_PACKED) else ZIP_DEFLATED
            archive.writestr(member, content)
    return out.getvalue()


def unpack(data: bytes) -> dict[str, bytes]:
    """The files of an archive, by their names and in its order."""
    with ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}
