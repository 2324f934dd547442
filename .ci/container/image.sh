#!/usr/bin/env bash
# Makes a container image of PostgreSQL from local files, where no registry can be reached: the binaries of an npm
# package, a shell, and the libraries they need.
#
#   .ci/container/image.sh NATIVE TAG      NATIVE holds bin/, lib/ and share/; docker is on the PATH
set -euo pipefail
cd "$(dirname "$0")"

native=$1 tag=$2
client=$(ls -d /usr/lib/postgresql/*/bin | sort -V | tail -n 1)
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT

mkdir -p "$root"/{bin,etc,tmp,run,dev,proc,sys,usr/bin,usr/lib/locale,usr/local,var/run/postgresql,var/lib/postgresql,docker-entrypoint-initdb.d}
chmod 1777 "$root/tmp"
cp -a "$native" "$root/usr/local/pgsql"
cp -a /usr/lib/locale/C.utf8 "$root/usr/lib/locale/"
programs=(/bin/bash /usr/bin/setpriv "$client/psql" "$client/pg_isready")
for name in sh cat chmod chown cp date echo env head id locale ls mkdir mktemp mv printf rm sed sleep sort stat tail test touch true uname whoami; do
  programs+=("$(type -P "$name")")
done
for program in "${programs[@]}"; do cp -L "$program" "$root/usr/bin/"; done
ln -sf ../usr/bin/bash "$root/bin/bash"
ln -sf ../usr/bin/bash "$root/bin/sh"
install -m 755 entrypoint.sh "$root/usr/local/bin/entrypoint.sh" -D
chown -R 999:999 "$root/var/run/postgresql" "$root/var/lib/postgresql"
printf 'root:x:0:0:root:/root:/bin/bash\npostgres:x:999:999::/var/lib/postgresql:/bin/bash\n' >"$root/etc/passwd"
printf 'root:x:0:\npostgres:x:999:\n' >"$root/etc/group"

# Every shared library anything here names, under the path it is looked for.
{ find "$root/usr" -type f \( -perm -u+x -o -name '*.so*' \) -exec ldd {} + 2>/dev/null || true; } | # scripts have none
  sed -n 's/.*=> \(\/[^ ]*\) .*/\1/p; s/^\t\(\/[^ ]*\) (.*/\1/p' | grep -v "^$root" | sort -u |
  while read -r library; do
    mkdir -p "$root$(dirname "$library")"
    cp -L "$library" "$root$library"
  done

tar -C "$root" -c . | docker import \
  -c 'ENV PATH=/usr/local/pgsql/bin:/usr/local/bin:/usr/bin:/bin PGDATA=/var/lib/postgresql/data LC_ALL=C.UTF-8' \
  -c 'ENTRYPOINT ["/usr/local/bin/entrypoint.sh"]' -c 'CMD ["postgres"]' -c 'EXPOSE 5432' - "$tag" >/dev/null
