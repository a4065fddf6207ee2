"""Settings of the Jupyter server."""

from __future__ import annotations

import os
import sys
from pathlib import Path

HOME = Path("/home/app")
KERNELS = Path("/opt/jupyter/share/jupyter/kernels")

c = get_config()  # noqa: F821  (Jupyter runs this file)

# Taken out of the environment, which every notebook can print. An empty token would let all in.
token = os.environ.pop("JUPYTER_TOKEN", "")
if not token:
    sys.exit("JUPYTER_TOKEN is empty: without a token everybody could come in.")
c.IdentityProvider.token = token
c.PasswordIdentityProvider.allow_password_change = False
c.ServerApp.allow_unauthenticated_access = False

c.ServerApp.ip = "*"  # The compose file says where the port is published.
c.ServerApp.port = 8888
c.ServerApp.port_retries = 0
c.ServerApp.open_browser = False
c.ServerApp.quit_button = False
c.ServerApp.root_dir = str(HOME)

# Only the kernels of this service; the first of them where nobody chooses.
kernels = sorted(path.parent.name for path in KERNELS.glob("*/kernel.json"))
if not kernels:
    sys.exit("There is no kernel: kernels/NAME/kernel.json.j2 of the service defines one.")
c.KernelSpecManager.allowed_kernelspecs = set(kernels)
c.KernelSpecManager.ensure_native_kernel = False
c.MultiKernelManager.default_kernel_name = kernels[0]

# Which notebooks somebody trusts is kept, although no settings are read from there.
trust = HOME / ".local/share/jupyter"
trust.mkdir(parents=True, exist_ok=True)
c.NotebookNotary.data_dir = str(trust)

# Nothing is fetched from the internet unless a notebook does it.
c.LabApp.news_url = None
c.LabApp.check_for_updates_class = "jupyterlab.NeverCheckForUpdate"
c.LabApp.extension_manager = "readonly"
