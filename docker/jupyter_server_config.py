"""JupyterLab in a container. The token stays on: a new one at each start, which the log shows, or that of JUPYTER_TOKEN."""

c = get_config()  # noqa: F821 - Jupyter gives it
c.ServerApp.ip = "0.0.0.0"
c.ServerApp.open_browser = False
c.ServerApp.root_dir = "/app"
c.ServerApp.terminado_settings = {"shell_command": ["/bin/bash"]}
