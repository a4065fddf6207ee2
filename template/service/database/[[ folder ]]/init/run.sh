#!/bin/sh
# Runs every *.sql beside it, in the order of their names, each as one transaction. That happens
# after each change of a file or a password, so every statement has to bear being run again.
set -eu
# What is there already is no news.
export PGOPTIONS="--client-min-messages=warning"
for file in /init/*.sql; do
    echo "run $file"
    psql --no-psqlrc --quiet --set=ON_ERROR_STOP=1 --single-transaction --file="$file"
done
echo "done"
