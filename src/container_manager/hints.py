"""What somebody who knows docker compose types, and what it is called here.

Words that are tasks here are not in the table: they do what they say. One line each is shown, and
the exit code is 2: nothing was done.
"""

from __future__ import annotations

from collections.abc import Mapping

HINTS: Mapping[str, str] = {
    "attach": "'logs SERVICE --follow' shows what it says, 'shell SERVICE' goes inside.",
    "bash": "'shell SERVICE' opens the best shell that its container has.",
    "commit": "An image comes from a Dockerfile here: change it, then 'build --images' or 'up'.",
    "convert": "'config' shows the merged stack; 'build' writes the compose files.",
    "create": "'up' creates what is missing, and starts it.",
    "delete": "'down' removes containers; 'clean' volumes and images as well, after saving them.",
    "deploy": "'up --detached' builds, checks and starts everything.",
    "destroy": "'down' removes containers; 'clean' volumes and images as well, after saving them.",
    "enter": "'shell SERVICE' opens the best shell that its container has.",
    "events": "'podman events --filter label=io.container-manager.project=NAME' streams them; "
    "'ps' shows how things are.",
    "health": "'ps' shows the health of every container.",
    "init": "'new --project NAME' makes a project, 'new NAME' a service.",
    "inspect": "'ps --json' tells what matters; 'podman inspect CONTAINER' tells all.",
    "list": "'services' lists what is deployed, 'ps' the containers, '--list' the commands.",
    "login": "'podman login REGISTRY' stores credentials, and pulls use them.",
    "ls": "'services' lists what is deployed, 'ps' the containers; "
    "'podman ps --filter label=io.container-manager.project' shows all stacks.",
    "process": "'top' shows the processes in every container.",
    "publish": "'podman push IMAGE' uploads an image.",
    "push": "'podman push IMAGE' uploads an image; 'images' lists them.",
    "recreate": "'up' recreates what has changed, 'rebuild' everything.",
    "reload": "'restart' applies new settings, then restarts what needs it.",
    "remove": "'down' removes containers; take a service out of deployed_services, and 'up' "
    "removes its containers alone.",
    "rm": "'down' removes containers; take a service out of deployed_services, and 'up' removes "
    "its containers alone.",
    "save": "'backup' saves volumes; 'podman save IMAGE' an image.",
    "scale": "Every compose service is one container here: define a second service, or set "
    "resources in the template.",
    "ssh": "'shell SERVICE' opens the best shell that its container has.",
    "start-all": "'start' without names starts all containers, 'up' applies new settings as well.",
    "stats": "'status' shows memory and processors of each container; 'top' their processes.",
    "stop-all": "'stop' without names stops all containers, 'down' removes them as well.",
    "tail": "'logs --follow --tail 20' does.",
    "upgrade": "'pull' fetches newer images, 'update' newer templates; then 'up'.",
    "validate": "'plan' renders and checks everything, and shows what a build would change.",
    "version": "'--version' tells ours, 'explain-podman' Podman's.",
    "volume": "'backup' and 'restore' work on volumes; 'podman volume ls' lists them.",
    "volumes": "'backup' and 'restore' work on volumes; "
    "'podman volume ls --filter label=io.container-manager.project=NAME' lists them.",
    "wait": "'up --detached' and 'start' return when everything runs and is healthy.",
}
"""Word -> what to use instead."""

WHOLE: Mapping[str, str] = {
    "down": "'stop NAME' stops a service; take it out of deployed_services, and 'up' removes its "
    "containers alone.",
    "clean": "It removes all of the stack; 'restore' and 'backup' take names.",
}
"""Task about the whole stack -> what to use for one service."""

_INSIDE: Mapping[str, str] = {
    "-it": "There is a terminal wherever one can be.",
    "-ti": "There is a terminal wherever one can be.",
    "-i": "Standard input is handed on in any case.",
    "-t": "There is a terminal wherever one can be.",
    "-T": "--no-tty does without a terminal.",
    "-u": "--user says who.",
    "-w": "--workdir says where.",
    "-e": "--setenv NAME=VALUE gives a variable, --setenv NAME the value that it has here.",
}

OPTIONS: Mapping[str, Mapping[str, str]] = {
    "up": {
        "--build": "'up' builds what has changed in any case; 'rebuild' builds all afresh.",
        "--force-recreate": "'rebuild' makes all containers anew, 'restart' starts them again.",
        "--no-deps": "'restart --only NAME' touches one service alone.",
        "--wait": "'up' waits in any case; --detached then returns.",
        "--remove-orphans": "'up' removes what is no longer deployed in any case.",
        "--pull": "'pull' fetches newer images, and the next 'up' uses them.",
    },
    "down": {
        "-v": "'clean' removes volumes, after saving them in backups/.",
        "--volumes": "'clean' removes volumes, after saving them in backups/.",
        "--rmi": "'clean' removes the images that were built here, 'clean --all-images' all.",
        "--remove-orphans": "'down' removes all containers of the stack in any case.",
    },
    "build": {
        "--no-cache": "'rebuild' builds all images afresh.",
        "--pull": "'pull' fetches newer images.",
    },
    "logs": {"-n": "--tail N shows the last lines."},
    "ps": {"-a": "'ps' lists stopped containers in any case.", "-q": "--json is for programs."},
    "exec": _INSIDE,
    "shell": _INSIDE,
    "run": {
        **_INSIDE,
        "--rm": "The container is removed in any case.",
        "--service-ports": "--publish publishes the service's ports.",
    },
}
"""Task -> option of docker compose -> what to use instead."""
