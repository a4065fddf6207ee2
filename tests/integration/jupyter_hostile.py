"""What a notebook might leave in its home to open its server's doors, or to break it: two cells."""

from __future__ import annotations

HOSTILE = """
    import json, pathlib, sys

    def leave(name, text):
        path = pathlib.Path("/home/app", name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    settings = "\\n".join([
        "c = get_config()",
        "c.IdentityProvider.token = c.ServerApp.token = c.NotebookApp.token = ''",
        "c.ServerApp.allow_unauthenticated_access = True",
        "c.KernelSpecManager.allowed_kernelspecs = set()",
        "c.KernelSpecManager.ensure_native_kernel = True",
    ])
    module = "open('/home/app/ran', 'w'); raise RuntimeError('broken')"

    for folder in (".jupyter", ".local/etc/jupyter", ".config/jupyter", "."):
        for name in ("jupyter_server", "jupyter_notebook", "jupyter_lab"):
            leave(f"{folder}/{name}_config.py", settings)
        leave(f"{folder}/jupyter_config.py", module)
        leave(f"{folder}/jupyter_server_config.json", json.dumps({"ServerApp": {"token": ""}}))
        extension = {"ServerApp": {"jpserver_extensions": {"hostile": True}}}
        leave(f"{folder}/jupyter_server_config.d/hostile.json", json.dumps(extension))
    # Jupyter takes over settings of its forerunner.
    leave(".ipython/profile_default/ipython_notebook_config.py", settings)

    kernel = {"argv": ["/bin/false"], "display_name": "hostile", "language": "python"}
    for folder in (".local/share/jupyter", ".ipython"):
        for name in ("hostile", "python3", "python3-epics-readonly"):
            leave(f"{folder}/kernels/{name}/kernel.json", json.dumps(kernel))
    leave(".local/share/jupyter/labextensions/hostile/package.json", "no JSON")

    site = f".local/lib/python3.{sys.version_info.minor}/site-packages"
    for name in ("usercustomize", "sitecustomize", "hostile"):
        leave(f"{name}.py", module)
        leave(f"{site}/{name}.py", module)
    leave(f"{site}/hostile.pth", "import hostile")
    print("left")
    """

SPOIL = """
    import pathlib, shutil

    for name in (".jupyter", ".local", ".ipython", ".cache", ".config"):
        path = pathlib.Path("/home/app", name)
        shutil.rmtree(path, ignore_errors=True)
        path.touch()
    """
