"""An image with PostgreSQL that keeps the conventions of the official one, for tests.

No registry is needed: it is made from Debian 13's packages. Where they speak of the same, the
entrypoint does what the official image documents: user 999, ``POSTGRES_PASSWORD``,
``POSTGRES_USER``, ``POSTGRES_DB``, ``POSTGRES_INITDB_ARGS``, ``PGDATA``,
``/docker-entrypoint-initdb.d``, passwords for all who come over the network, a first server that
only listens to its socket, and ``postgres`` as the command. It stays in the store for the next run.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

from tests.integration import debian13
from tests.integration.conftest import one_at_a_time

if TYPE_CHECKING:
    from tests.integration.conftest import Podman

PACKAGES = ("base-files", "busybox-static", "libc-bin", "postgresql-17")

CONTAINERFILE = """
FROM {base}
ENV PATH=/usr/lib/postgresql/17/bin:/usr/local/bin:/usr/bin LANG=C.UTF-8 PG_MAJOR=17 \
    PGDATA=/var/lib/postgresql/data
RUN ["/usr/bin/busybox", "--install", "-s", "/usr/bin"]
RUN echo 'root:x:0:0:root:/:/bin/sh' > /etc/passwd \
    && echo 'postgres:x:999:999:PostgreSQL:/var/lib/postgresql:/bin/sh' >> /etc/passwd \
    && printf 'root:x:0:\\npostgres:x:999:\\n' > /etc/group \
    && rm -rf /var/run && ln -s /run /var/run \
    && mkdir -p $PGDATA /run/postgresql /docker-entrypoint-initdb.d \
    && chown 999:999 /var/lib/postgresql $PGDATA /run/postgresql \
    && chmod 1777 $PGDATA && chmod 3777 /run/postgresql
COPY --chmod=755 docker-entrypoint.sh /usr/local/bin/
VOLUME /var/lib/postgresql/data
STOPSIGNAL SIGINT
EXPOSE 5432
ENTRYPOINT ["docker-entrypoint.sh"]
CMD ["postgres"]
"""

ENTRYPOINT = r"""#!/bin/sh
set -eu
[ "$1" = postgres ] || exec "$@"
if [ "$(id -u)" = 0 ]; then
    exec su postgres -s /bin/sh -c "exec $0 $*"
fi
if [ ! -s "$PGDATA/PG_VERSION" ]; then
    : "${POSTGRES_PASSWORD:?You must specify POSTGRES_PASSWORD to a non-empty value}"
    user=${POSTGRES_USER:-postgres} database=${POSTGRES_DB:-${POSTGRES_USER:-postgres}}
    chmod 700 "$PGDATA"
    printf '%s\n' "$POSTGRES_PASSWORD" > /tmp/password
    eval "initdb --username=\"$user\" --pwfile=/tmp/password ${POSTGRES_INITDB_ARGS:-}"
    rm /tmp/password
    printf '\nhost all all all scram-sha-256\n' >> "$PGDATA/pg_hba.conf"
    # This one is for the first steps, and nobody reaches it over the network.
    export PGPASSWORD="$POSTGRES_PASSWORD" PGUSER="$user"
    pg_ctl -D "$PGDATA" -o "-c listen_addresses=''" -w start
    [ "$database" = postgres ] || createdb --maintenance-db=postgres "$database"
    for file in /docker-entrypoint-initdb.d/*.sql; do
        [ ! -e "$file" ] || psql -v ON_ERROR_STOP=1 --no-psqlrc -d "$database" -f "$file"
    done
    pg_ctl -D "$PGDATA" -m fast -w stop
    unset PGPASSWORD PGUSER
fi
# The official image has this in the sample that initdb takes its settings from.
exec "$@" -c listen_addresses='*'
"""

_MADE_OF = "\n".join((*PACKAGES, CONTAINERFILE, ENTRYPOINT))
_DIGEST = hashlib.sha256(_MADE_OF.encode()).hexdigest()[:12]
IMAGE = f"localhost/cm-test-postgres:17-{_DIGEST}"


def ensure_image(podman: Podman, folder: Path) -> str:
    """Make the image unless it is there.

    Args:
        podman: makes it.
        folder: an empty one, to work in.
    """
    with one_at_a_time():
        if not podman("image", "exists", IMAGE, check=False).ok:
            base = f"localhost/cm-test-debian13:postgres-{_DIGEST}"
            debian13.import_image(podman, folder, base, PACKAGES)
            context = folder / "context"
            context.mkdir()
            (context / "docker-entrypoint.sh").write_text(ENTRYPOINT, encoding="utf-8")
            (context / "Containerfile").write_text(
                CONTAINERFILE.format(base=base), encoding="utf-8"
            )
            podman("build", "--quiet", "--tag", IMAGE, str(context), timeout=600)
    return IMAGE
