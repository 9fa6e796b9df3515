"""What every response carries so that a browser trusts nothing but us, and the check against forged requests.

No script or style inside pages: everything comes from our own files, but for the waveform's style sheet, which is
admitted by a nonce. Changing requests must come from our own pages: their origin must be ours and they must carry the
token of the login session (or, before there is one, of the login form).
"""

import hashlib
import hmac
import secrets
from urllib.parse import urlsplit

from appliance.web.wsgi import Request

SESSION_COOKIE = "session"
FORM_COOKIE = "form"
LANGUAGE_COOKIE = "language"


def new_nonce() -> str:
    """Admits one style sheet of one page."""
    return secrets.token_urlsafe(16)


def headers(nonce: str, *, secure: bool) -> dict[str, str]:
    """Security headers of a response (OWASP Secure Headers; CSP level 3). `nonce` empty: no style but our files."""
    style = f"style-src 'self' 'nonce-{nonce}'" if nonce else "style-src 'self'"
    policy = (
        "default-src 'none'; script-src 'self'; img-src 'self' data:; font-src 'self'; media-src 'self'; "
        f"{style}; connect-src 'self'; form-action 'self'; base-uri 'none'; "
        "frame-ancestors 'none'; manifest-src 'self'"
    )
    result = {
        "Content-Security-Policy": policy,
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        "Referrer-Policy": "same-origin",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    }
    if secure:
        result["Strict-Transport-Security"] = "max-age=31536000"
    return result


def cookie(name: str, value: str, *, secure: bool, max_age_s: int, strict: bool = True) -> str:
    """A `Set-Cookie` value that no script reads and no other site sends along. `max_age_s` 0 deletes it."""
    parts = [
        f"{name}={value}",
        "Path=/",
        f"Max-Age={max_age_s}",
        "HttpOnly",
        f"SameSite={'Strict' if strict else 'Lax'}",
    ]
    if secure:
        parts.append("Secure")
    return "; ".join(parts)


def csrf_token(secret: str) -> str:
    """The token that pages carry, made from a secret only the cookie holds: nothing to store, survives a restart."""
    return hashlib.sha256(b"switchroom csrf " + secret.encode()).hexdigest()


def same_token(expected: str, given: str) -> bool:
    """Compare without telling by the time taken."""
    return hmac.compare_digest(expected.encode(), given.encode())


def from_our_pages(request: Request) -> bool:
    """Whether the browser says that one of our own pages sent this (absent headers are left to the token)."""
    if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        return False
    origin = request.headers.get("origin")
    return origin is None or is_our_origin(origin, request.headers.get("host", ""), secure=request.secure)


def is_our_origin(origin: str, host: str, *, secure: bool) -> bool:
    """Whether an `Origin` header names the host that was asked (RFC 6454 §6.2)."""
    parts = urlsplit(origin)
    return parts.scheme == ("https" if secure else "http") and parts.netloc == host and bool(host)
