"""Settings of all kernels."""

c = get_config()  # type: ignore[name-defined]  # noqa: F821  (IPython runs this file)
c.InteractiveShellApp.extensions = ["execution_mode"]
