"""Sign-in: accounts are made by an admin, and second factors are sealed at rest."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from django.http import HttpRequest

from tabiji.core import crypto


class ClosedSignup(DefaultAccountAdapter):  # type: ignore[misc]
    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False


class SealedSecrets(DefaultMFAAdapter):  # type: ignore[misc]
    def encrypt(self, text: str) -> str:
        return crypto.seal(text).decode()

    def decrypt(self, encrypted_text: str) -> str:
        return crypto.open_sealed(encrypted_text.encode())

    def get_totp_label(self, user: Any) -> str:
        return str(user.email)
