# Guardian of one embedded server: makes its directory, runs initdb and postgres in it, and removes it in the end.
#
#   sh -c "$(cat guardian.sh)" guardian NAME in-place|copied LOCALE KEPT PARENT... -- POSTGRES_ARGUMENT...
#
# LOCALE is what initdb is told of it. KEPT is where the cluster stays when the server ends, and may have stayed before;
# where it is empty, the cluster is in the directory and goes with it. Where a cluster has been put already, initdb is not
# run.
#
# Standard input is a pipe that whoever started this holds open. The end of it, however it comes about (SIGKILL is
# one way), is the end of the server. Standard output gets one line: the directory. Standard input then gives one: the
# folder with bin/, lib/ and share/. Standard error tells what went wrong.

exec 3<&0 </dev/null # a background command would otherwise not see the pipe
trap '' PIPE         # nobody may be left to read what we say
dir= running= watcher=

# Ends everything, removes the directory, exits with $1.
finish() {
  trap '' HUP INT QUIT TERM
  [ -z "$watcher" ] || kill -s TERM "$watcher"
  # initdb is left to finish: cut short, it would leave shared memory behind. The server ends at once, whatever its
  # clients are doing; TERM besides QUIT because a shell starts background commands deaf to the latter.
  # What is kept is written out first: INT, which waits for no client either.
  if [ "$running" = server ]; then
    kill -s TERM "$!"
    if [ -n "$kept" ]; then kill -s INT "$!"; else kill -s QUIT "$!"; fi
  fi
  wait
  [ -n "$dir" ] || exit "$1"
  if [ -z "$kept" ] && [ -f "$dir/data/postmaster.pid" ]; then # it was killed: its shared memory is still there
    ipcrm -m "$(sed -n '7s/.* //p' "$dir/data/postmaster.pid")"
  fi
  tries=0
  until rm -rf "$dir" || [ "$tries" -ge 50 ]; do # the dying may still write
    tries=$((tries + 1))
    sleep 0.1
  done
  exit "$1"
}

fail() {
  tail -n 20 "$dir/log" >&4
  finish "$1"
}

# A directory of our own; where the binaries are to be copied into it, one that programs may be run from.
claim() {
  mkdir -m 700 "$1" || return 1
  [ "$2" = copied ] || return 0
  printf '#!/bin/sh\n' >"$1/probe" && chmod 700 "$1/probe" && "$1/probe" && rm "$1/probe" && return 0
  rm -rf "$1"
  return 1
}

exec 4>&2 2>/dev/null
trap 'finish 1' HUP INT QUIT TERM

name=$1 binaries=$2 locale=$3 kept=$4
shift 4
while [ "$1" != -- ]; do
  if [ -z "$dir" ] && claim "$1/$name" "$binaries"; then dir=$1/$name; fi
  shift
done
shift
if [ -z "$dir" ]; then
  echo 'no directory can be made for it' >&4
  finish 1
fi
echo "$dir"
IFS= read -r native <&3 || finish 0

(read -r _ <&3; kill -s TERM $$) & # a builtin waits, so nothing is left when it is ended
watcher=$!

data=${kept:-$dir/data}
if [ ! -d "$data" ]; then # half a cluster never has the name of a whole one
  rm -rf "$data.new"
  # shellcheck disable=SC2086 # several arguments
  "$native/bin/initdb" -D "$data.new" --username=supabase_admin --encoding=UTF8 $locale --wal-segsize=1 \
    --auth-local=trust --auth-host=scram-sha-256 --no-sync --no-instructions >"$dir/log" 2>&1 3<&- 4>&- &
  wait "$!" || fail "$?"
  mv "$data.new" "$data" || fail "$?"
fi

running=server # before it is: `finish` may come at any time
# From within its data, where paths in its settings are looked for.
(cd "$data" && exec "$native/bin/postgres" -D "$data" -k "\"$dir\"" "$@") >"$dir/log" 2>&1 3<&- 4>&- &
wait "$!"
code=$?
running=
# Shut down in order, by whoever holds the pipe: what it has left is wanted until the pipe ends.
[ "$code" != 0 ] || wait "$watcher"
fail "$code"
