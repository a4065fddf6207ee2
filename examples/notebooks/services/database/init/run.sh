#!/bin/sh
# Each *.sql beside it as one transaction, in the order of their names, after each change of a file
# or a password: every statement has to bear being run again.
set -eu
export PGOPTIONS="--client-min-messages=warning"
for file in /init/*.sql; do
    echo "run $file"
    psql --no-psqlrc --quiet --set=ON_ERROR_STOP=1 --single-transaction --file="$file"
done
