"""What a forward proxy of the tests does beside forwarding: it knows the company's names."""

from __future__ import annotations

from proxy.http.proxy import HttpProxyBasePlugin

DOMAIN = ".company.test"


class Names(HttpProxyBasePlugin):
    """Leads every host of the company to this machine; nobody else could find it."""

    def resolve_dns(self, host: str, port: int) -> tuple[str | None, None]:
        del port
        return ("127.0.0.1" if host.endswith(DOMAIN) else None), None
