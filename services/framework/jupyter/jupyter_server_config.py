"""Settings of the two Jupyter servers; what differs between them is in their environment."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from urllib.parse import urlsplit

from jupyter_server.base.handlers import (
    APIVersionHandler,
    FilesRedirectHandler,
    JupyterHandler,
    MainHandler,
)
from jupyter_server.services.contents.handlers import NotebooksRedirectHandler
from jupyterlab_server.licenses_handler import LicensesHandler
from tornado.web import HTTPError

c = get_config()  # type: ignore[name-defined]  # noqa: F821  (Jupyter runs this file)

# Taken out of the environment, which every notebook can print. An empty token would let all in.
c.IdentityProvider.token = os.environ.pop("JUPYTER_TOKEN", "")
if not c.IdentityProvider.token:
    sys.exit("JUPYTER_TOKEN is empty: without a token everybody could come in.")
c.PasswordIdentityProvider.allow_password_change = False

c.ServerApp.ip = "0.0.0.0"  # noqa: S104  (the compose file says where the port is published)
c.ServerApp.port = 8888
c.ServerApp.port_retries = 0
c.ServerApp.open_browser = False
c.ServerApp.quit_button = False
c.ServerApp.root_dir = "/home/app"

# Behind a reverse proxy: the path below which it passes us on, and the origin that browsers name.
public = urlsplit(os.environ.get("PUBLIC_URL", ""))
if public.geturl() and not (public.scheme in {"http", "https"} and public.netloc):
    sys.exit(f"public_url is {public.geturl()!r}: it must be like https://lab.example.org/jupyter/")
c.ServerApp.base_url = public.path or "/"
if public.netloc:
    c.ServerApp.allow_origin = f"{public.scheme}://{public.netloc}".lower()
    c.ServerApp.trust_xheaders = True

# Only the kernels that the compose file mounts, and the careful one where nobody chooses.
c.KernelSpecManager.allowed_kernelspecs = {
    kernel.name for kernel in Path("/opt/jupyter/share/jupyter/kernels").iterdir()
}
c.KernelSpecManager.ensure_native_kernel = False
c.MultiKernelManager.default_kernel_name = "python3-epics-readonly"
c.MappingKernelManager.cull_idle_timeout = 60 * int(os.environ.get("CULL_IDLE_MINUTES") or 0)

# Nothing is fetched from the internet unless a notebook does it.
c.LabApp.news_url = None
c.LabApp.check_for_updates_class = "jupyterlab.NeverCheckForUpdate"
c.LabApp.extension_manager = "readonly"

# Strangers learn nothing: some doors that Jupyter opens to everybody are shut, the one that tells
# the version among them.
c.ServerApp.allow_unauthenticated_access = False
for handler in (APIVersionHandler, FilesRedirectHandler, MainHandler, NotebooksRedirectHandler):
    setattr(handler.get, "__allow_unauthenticated", False)


def login_url(handler: JupyterHandler) -> str:
    """Where a stranger is sent: a browser that opens a page to the login, all others away."""
    if "text/html" not in handler.request.headers.get("Accept", ""):
        raise HTTPError(403)
    return str(handler.settings["login_url"])


JupyterHandler.get_login_url = login_url

# As it is in jupyterlab_server 2.28, this one never ends an answer that is a refusal.
LicensesHandler.write_error = lambda handler, *_, **__: JupyterHandler.finish(handler)
