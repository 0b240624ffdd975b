"""A .zst file as a stream of its text, with the large window that Reddit's dumps are written with."""

import io
from pathlib import Path
from typing import BinaryIO, cast

import zstandard

_LARGEST_WINDOW = 2**31
_CHUNK = 1 << 20


def open_zst(path: Path) -> BinaryIO:
    """The file's content; going back reads it anew from its start.

    raises  OSError where it cannot be opened; reading raises EOFError where it is cut off or damaged
    """
    return cast(BinaryIO, io.BufferedReader(_Zst(path), _CHUNK))


class _Zst(io.RawIOBase):
    """Frame after frame, so that a file that ends within one is noticed: zstandard's own reader takes that for its end."""

    def __init__(self, path: Path) -> None:
        self._name = path.name
        self._file = path.open("rb")
        self._rewind()

    def _rewind(self) -> None:
        self._file.seek(0)
        self._frame: zstandard.ZstdDecompressionObj | None = None
        self._compressed = b""
        self._ready = memoryview(b"")
        self._at = 0

    def readable(self) -> bool:
        """It is."""
        return True

    def seekable(self) -> bool:
        """It is, by reading."""
        return True

    def close(self) -> None:
        """Give the file back."""
        self._file.close()
        super().close()

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        """The next bytes; 0 at the end.

        raises  EOFError where the file ends within a frame, or is damaged
        """
        while not self._ready:
            if not self._compressed:
                self._compressed = self._file.read(_CHUNK)
            if not self._compressed:
                if self._frame is not None:
                    raise EOFError("it ends in the middle")
                return 0
            self._ready = memoryview(self._decompressed())
        size = min(len(buffer), len(self._ready))
        buffer[:size] = self._ready[:size]
        self._ready = self._ready[size:]
        self._at += size
        return size

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go to a place, counted from the start or from here."""
        target = offset if whence == io.SEEK_SET else self._at + offset
        if whence == io.SEEK_END:
            raise io.UnsupportedOperation("its length is not known")
        if target < self._at:
            self._rewind()
        waste = memoryview(bytearray(_CHUNK))
        while self._at < target and self.readinto(waste[: target - self._at]):
            pass
        return self._at

    def tell(self) -> int:
        """Where it is, in bytes of the text."""
        return self._at

    def _decompressed(self) -> bytes:
        try:
            if self._frame is None:
                self._frame = zstandard.ZstdDecompressor(max_window_size=_LARGEST_WINDOW).decompressobj()
            part = self._frame.decompress(self._compressed)
        except zstandard.ZstdError as error:
            raise EOFError(str(error)) from None
        self._compressed = b""
        if self._frame.eof:
            self._compressed, self._frame = self._frame.unused_data, None
        return part
