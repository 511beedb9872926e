"""`python -m tests.oidc` prints its address, then serves until it is ended. PUT /person says who is signed in there.

OpenID Connect Core 1.0 (code flow, ID token signed with RS256, userinfo), Discovery 1.0, PKCE with S256 (RFC 7636). It refuses
what a strict provider refuses: another client, secret or redirect address, no nonce, no challenge, a code used twice.
`fault` in a person's claims makes it lie in one point, as the tests name it.
"""

import base64
import hashlib
import json
import secrets
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import RSAKey

CLIENT, SECRET = "musicstudio", "a client's secret"
KEY = RSAKey.generate_key(2048, {"kid": "one", "use": "sig", "alg": "RS256"})
OTHER_KEY = RSAKey.generate_key(2048, {"kid": "one", "use": "sig", "alg": "RS256"})


class Refused(Exception):
    """An error of the protocol."""


class Provider(BaseHTTPRequestHandler):
    """One request. What is known is kept on the class: a process serves one test run."""

    person: dict[str, Any] = {}
    codes: dict[str, dict[str, str]] = {}
    tokens: dict[str, dict[str, Any]] = {}

    def do_GET(self) -> None:
        self.answer({"/.well-known/openid-configuration": self.about, "/jwks": self.jwks, "/userinfo": self.userinfo})

    def do_POST(self) -> None:
        self.answer({"/token": self.token})

    def do_PUT(self) -> None:
        Provider.person = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.say({})

    def answer(self, views: dict[str, Any]) -> None:
        path = urlsplit(self.path).path
        try:
            if path == "/authorize":
                return self.authorize()
            self.say(views[path]() if path in views else {"error": "not_found"}, 200 if path in views else 404)
        except Refused as refused:
            self.say({"error": str(refused)}, 400)

    def say(self, data: dict[str, Any], status: int = 200, **headers: str) -> None:
        body = json.dumps(data).encode()
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", "Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *words: object) -> None:
        """Quiet."""

    @property
    def issuer(self) -> str:
        return f"http://{self.headers['Host']}"

    def about(self) -> dict[str, Any]:
        return {
            "issuer": "https://somebody.else.example" if self.person.get("fault") == "discovery" else self.issuer,
            **{
                f"{name}_endpoint": f"{self.issuer}/{path}"
                for name, path in (("authorization", "authorize"), ("token", "token"), ("userinfo", "userinfo"))
            },
            "jwks_uri": f"{self.issuer}/jwks",
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "code_challenge_methods_supported": ["S256"],
            "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
        }

    def jwks(self) -> dict[str, Any]:
        return {"keys": [KEY.as_dict(private=False)]}

    def authorize(self) -> None:
        asked = dict(parse_qsl(urlsplit(self.path).query))
        back = asked.get("redirect_uri", "")
        if asked.get("client_id") != CLIENT or not back.endswith("/accounts/oidc/sso/login/callback/"):
            raise Refused("unauthorized_client")
        pkce = asked.get("code_challenge_method") == "S256" and asked.get("code_challenge")
        if asked.get("response_type") != "code" or not pkce or not asked.get("nonce") or "openid" not in asked["scope"].split():
            raise Refused("invalid_request")
        answer = {"state": asked["state"]}
        if self.person.get("fault") == "denied":
            answer["error"] = "access_denied"
        else:
            answer["code"] = secrets.token_urlsafe(16)
            Provider.codes[answer["code"]] = asked
        self.say({}, 302, Location=f"{back}?{urlencode(answer)}")

    def client(self, form: dict[str, str]) -> tuple[str, str]:
        kind, _, packed = self.headers.get("Authorization", "").partition(" ")
        if kind == "Basic":
            name, _, secret = base64.b64decode(packed).decode().partition(":")
            return unquote(name), unquote(secret)
        return form.get("client_id", ""), form.get("client_secret", "")

    def token(self) -> dict[str, Any]:
        form = dict(parse_qsl(self.rfile.read(int(self.headers["Content-Length"])).decode()))
        asked = Provider.codes.pop(form.get("code", ""), None)
        if self.client(form) != (CLIENT, SECRET) or form.get("grant_type") != "authorization_code":
            raise Refused("invalid_client")
        if asked is None or form.get("redirect_uri") != asked["redirect_uri"]:
            raise Refused("invalid_grant")
        proof = base64.urlsafe_b64encode(hashlib.sha256(form.get("code_verifier", "").encode()).digest()).rstrip(b"=").decode()
        if proof != asked["code_challenge"]:
            raise Refused("invalid_grant")
        access = secrets.token_urlsafe(16)
        Provider.tokens[access] = self.claims()
        return {"access_token": access, "token_type": "Bearer", "expires_in": 300, "id_token": self.id_token(asked["nonce"])}

    def claims(self) -> dict[str, Any]:
        return {name: value for name, value in self.person.items() if name != "fault"}

    def id_token(self, nonce: str) -> str:
        now, fault = int(time.time()), self.person.get("fault")
        said = self.claims() | {"iss": self.issuer, "aud": CLIENT, "iat": now, "exp": now + 300, "nonce": nonce}
        said |= {
            "issuer": {"iss": "https://somebody.else.example"},
            "audience": {"aud": "another client"},
            "expired": {"iat": now - 900, "exp": now - 600},
            "nonce": {"nonce": "of another session"},
            "subject": {"sub": "somebody else"},
        }.get(str(fault), {})
        return jwt.encode({"alg": "RS256", "kid": "one"}, said, OTHER_KEY if fault == "signature" else KEY)

    def userinfo(self) -> dict[str, Any]:
        access = self.headers.get("Authorization", "").removeprefix("Bearer ")
        if access not in Provider.tokens:
            raise Refused("invalid_token")
        return Provider.tokens[access]


if __name__ == "__main__":
    server = ThreadingHTTPServer(("127.0.0.1", 0), Provider)
    print(f"http://127.0.0.1:{server.server_port}", flush=True)
    server.serve_forever()
