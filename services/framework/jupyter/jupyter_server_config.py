"""Settings of the two Jupyter servers; what differs between them is in their environment."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import hidden_tokens
import public_url
from jupyter_server import DEFAULT_STATIC_FILES_PATH
from jupyter_server.base.handlers import (
    APIVersionHandler,
    FilesRedirectHandler,
    JupyterHandler,
    MainHandler,
    PublicStaticFileHandler,
)
from jupyter_server.services.contents.handlers import NotebooksRedirectHandler
from jupyterlab_server.licenses_handler import LicensesHandler
from tornado.web import HTTPError, StaticFileHandler

HOME = Path("/home/app")
LARGEST_REQUEST = 64 * 1024 * 1024

c = get_config()  # type: ignore[name-defined]  # noqa: F821  (Jupyter runs this file)

# Taken out of the environment, which every notebook can print. An empty token would let all in.
token = os.environ.pop("JUPYTER_TOKEN", "")
if not token:
    sys.exit("JUPYTER_TOKEN is empty: without a token everybody could come in.")
hidden_tokens.hide(token)
c.IdentityProvider.token = token
c.PasswordIdentityProvider.allow_password_change = False

c.ServerApp.ip = "0.0.0.0"  # noqa: S104  (the compose file says where the port is published)
c.ServerApp.port = 8888
c.ServerApp.port_retries = 0
c.ServerApp.open_browser = False
c.ServerApp.quit_button = False
c.ServerApp.root_dir = str(HOME)
# A request is held in memory before anybody asks for the token.
c.ServerApp.max_body_size = c.ServerApp.max_buffer_size = LARGEST_REQUEST

# Behind a reverse proxy: the path below which it passes us on, and the origin that browsers name.
try:
    public = public_url.read(os.environ.get("PUBLIC_URL", ""))
except ValueError as error:
    sys.exit(str(error))
c.ServerApp.base_url = f"{public.path}/"
if public.origin:
    c.ServerApp.allow_origin = public.origin
    c.ServerApp.trust_xheaders = True

# Only the kernels that the compose file mounts, and the careful one where nobody chooses.
c.KernelSpecManager.allowed_kernelspecs = {
    kernel.name for kernel in Path("/opt/jupyter/share/jupyter/kernels").iterdir()
}
c.KernelSpecManager.ensure_native_kernel = False
c.MultiKernelManager.default_kernel_name = "python3-epics-readonly"
minutes = os.environ.get("CULL_IDLE_MINUTES", "0")
if not minutes.isdecimal():
    sys.exit(f"cull_idle_minutes is {minutes!r}: it must be a whole number; 0 means never.")
c.MappingKernelManager.cull_idle_timeout = 60 * int(minutes)

# Which notebooks somebody trusts is kept; it is all that the server itself reads from the home,
# besides JupyterLab's settings and workspaces.
trust = HOME / ".local/share/jupyter"
try:
    trust.mkdir(parents=True, exist_ok=True)
except OSError:
    trust = Path(os.environ["JUPYTER_RUNTIME_DIR"])
c.NotebookNotary.data_dir = str(trust)

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


def initialize(
    handler: PublicStaticFileHandler, path: str = DEFAULT_STATIC_FILES_PATH, **options: Any
) -> None:
    """Below a path, jupyter_server 2.21 does not tell where favicon.ico and robots.txt are."""
    StaticFileHandler.initialize(handler, path, **options)


PublicStaticFileHandler.initialize = initialize

# As it is in jupyterlab_server 2.28, this one never ends an answer that is a refusal.
LicensesHandler.write_error = lambda handler, *_, **__: JupyterHandler.finish(handler)
