"""An issuer with one key, for tests of the door."""

from joserfc import jwt
from joserfc.jwk import ECKey, KeySet

from adapters.runtime import Runtime
from adapters.tokens import TokenVerifier
from domain.kinds import Role
from tests.people import ISSUER

KEY = ECKey.generate_key("P-256", {"kid": "k1"})


class FixedKeys:
    """The issuer's one key."""

    async def keys_for(self, key_id: str, at: object) -> KeySet:
        return KeySet([KEY])


def verifier() -> TokenVerifier:
    return TokenVerifier(ISSUER, "cuore", FixedKeys())


def token_of(runtime: Runtime, subject: str, lifetime_seconds: int = 300) -> str:
    """A token of `subject`."""
    now = int(runtime.now().timestamp())
    claims = {"iss": ISSUER, "aud": "cuore", "sub": subject, "client_id": "t", "jti": "1"}
    claims_in_time = claims | {"iat": now - 600, "exp": now + lifetime_seconds}
    return jwt.encode({"alg": "ES256", "kid": "k1", "typ": "at+jwt"}, claims_in_time, KEY)


def token(runtime: Runtime, role: Role) -> str:
    """A token of the account of `role` that `tests.people` makes."""
    return token_of(runtime, f"test-{role.lower()}")
