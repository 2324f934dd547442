#!/bin/bash
# Entry point of the locally made image: what the official `postgres` image does with the variables that
# Testcontainers sets, and no more.
set -euo pipefail

export PGDATA=${PGDATA:-/var/lib/postgresql/data} LC_ALL=C.UTF-8
user=${POSTGRES_USER:-postgres}
database=${POSTGRES_DB:-$user}
as_postgres=(setpriv --reuid=postgres --regid=postgres --clear-groups)

if [ "${1:-postgres}" = postgres ] && [ ! -s "$PGDATA/PG_VERSION" ]; then
  [ -n "${POSTGRES_PASSWORD:-}" ] || { echo 'POSTGRES_PASSWORD is not set.' >&2; exit 1; }
  mkdir -p "$PGDATA" && chown postgres:postgres "$PGDATA" && chmod 700 "$PGDATA"
  secret=$(mktemp) && printf '%s\n' "$POSTGRES_PASSWORD" >"$secret" && chown postgres:postgres "$secret"
  "${as_postgres[@]}" initdb -D "$PGDATA" --username="$user" --pwfile="$secret" \
    ${POSTGRES_INITDB_ARGS:---encoding=UTF8 --locale=C.UTF-8} \
    --auth-local=trust --auth-host=scram-sha-256 --no-sync >/dev/null
  rm "$secret"
  echo 'host all all all scram-sha-256' >>"$PGDATA/pg_hba.conf"
  echo "unix_socket_directories = '/var/run/postgresql'" >>"$PGDATA/postgresql.conf"

  # As the official image: first on the socket only, so that nobody is let in before all is set up.
  "${as_postgres[@]}" pg_ctl -D "$PGDATA" -o "-c listen_addresses=''" -w start >/dev/null
  if [ "$database" != postgres ]; then
    psql -v ON_ERROR_STOP=1 -qU "$user" -d postgres -c "create database \"$database\""
  fi
  for script in /docker-entrypoint-initdb.d/*; do
    case $script in
      *.sql) psql -v ON_ERROR_STOP=1 -qU "$user" -d "$database" -f "$script" ;;
      *.sh) bash "$script" ;;
    esac
  done
  "${as_postgres[@]}" pg_ctl -D "$PGDATA" -m fast -w stop >/dev/null
fi

if [ "${1:-postgres}" = postgres ]; then
  shift || true
  exec "${as_postgres[@]}" postgres -D "$PGDATA" -c listen_addresses='*' "$@"
fi
exec "$@"
