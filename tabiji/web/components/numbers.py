"""Links from a number to exactly what it counts. A link is signed for its workspace: nobody asks for what no
screen offered."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

from django.core import signing
from django.utils.http import urlencode

from tabiji.core import postgres
from tabiji.core.registry import Registry
from tabiji.web.shell import links
from tabiji.web.shell.requests import WorkspaceRequest

Found = TypeVar("Found")


class NoSuchNumber(LookupError):
    """A link that no screen made, or of a number that is no longer counted."""


class Numbers(Generic[Found]):
    """Sources by name, `resolver(request, *args) -> Found`, and the page that lists what they find.

    salt: what tells links of one kind from those of another; page: the URL name of the list.
    """

    def __init__(self, kind: str, *, salt: str, page: str) -> None:
        self.sources: Registry[Callable[..., Found]] = Registry(kind)
        self._salt, self._page = salt, page

    def token(self, name: str, *args: str | int) -> str:
        """What stands behind `?of=` for this number, in the open scope. Raises registry.Unknown."""
        self.sources.get(name)
        return self._signer().sign_object([name, *args])

    def address(self, request: WorkspaceRequest, name: str, *args: str | int) -> str:
        """The list of exactly what this number counts. Raises registry.Unknown."""
        return links.address(request, self._page) + "?" + urlencode({"of": self.token(name, *args)})

    def resolve(self, request: WorkspaceRequest, text: str) -> Found:
        """What is behind a token. Raises NoSuchNumber, and whatever the source says of a thing that is gone."""
        try:
            name, *args = self._signer().unsign_object(text)
        except (signing.BadSignature, ValueError, TypeError) as error:
            raise NoSuchNumber("this link is not valid any more: open the number again") from error
        resolver = self.sources.find(str(name))
        if resolver is None:
            raise NoSuchNumber("this number is no longer counted")
        return resolver(request, *args)

    def _signer(self) -> signing.Signer:
        return signing.Signer(salt=f"{self._salt}:{postgres.workspace_id()}")
