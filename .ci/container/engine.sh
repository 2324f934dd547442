# To be sourced: starts a container engine of our own and makes an image for it, or says why not and returns 1.
# Sets DOCKER_HOST, CONFORMANCE_IMAGE and TESTCONTAINERS_RYUK_DISABLED; `stop_container_engine` ends it.

container_engine=$(mktemp -d "$([ -w /dev/shm ] && echo /dev/shm || echo /tmp)/conformance-docker-XXXXXX")

container_engine_pid=

# Its failure is told, and is nobody else's: it ends runs that have passed or failed on their own.
stop_container_engine() {
  if [ -n "$container_engine_pid" ]; then
    # A container that is left would keep its address on the bridge, and take the connections of whoever gets it next.
    docker ps -aq | xargs -r docker rm -f >/dev/null || true
    kill "$container_engine_pid" || true
    # By the process, not by its file of the process, which goes with it. It ends with a status of its own.
    wait "$container_engine_pid" || true
    container_engine_pid=
  fi
  rm -rf "$container_engine" || true
}

start_container_engine() {
  if [ "$(id -u)" != 0 ] || ! command -v dockerd >/dev/null; then
    echo 'The engine `container` is not run: starting one takes root and dockerd (Debian: docker.io).' >&2
    return 1
  fi
  # What an engine that was killed has left on its bridge; where another one is running, the bridge is its own.
  pgrep -x dockerd >/dev/null || ip link delete docker0 2>/dev/null || true
  # No network of its own: iptables may not be ours to change.
  dockerd --data-root "$container_engine/data" --exec-root "$container_engine/exec" -p "$container_engine/docker.pid" \
    -H "unix://$container_engine/docker.sock" --iptables=false --ip6tables=false --ip-masq=false --ip-forward=false \
    --storage-driver=overlay2 --exec-opt native.cgroupdriver=cgroupfs >"$container_engine/log" 2>&1 &
  container_engine_pid=$!
  export DOCKER_HOST="unix://$container_engine/docker.sock"
  for _ in $(seq 100); do
    [ -S "$container_engine/docker.sock" ] && docker version >/dev/null 2>&1 && return 0
    kill -0 "$container_engine_pid" 2>/dev/null || break
    sleep 0.2
  done
  echo 'The engine `container` is not run: dockerd did not start on this machine:' >&2
  tail -n 5 "$container_engine/log" >&2
  unset DOCKER_HOST
  return 1
}

if start_container_engine; then
  export CONFORMANCE_IMAGE=postgres:17-local TESTCONTAINERS_RYUK_DISABLED=true
  native=$(node -p "require('path').dirname(require('path').dirname(require('module').createRequire(require.resolve('embedded-postgres-17')).resolve('@embedded-postgres/linux-' + process.arch)))")/native
  .ci/container/image.sh "$native" "$CONFORMANCE_IMAGE"
else
  stop_container_engine
  return 1
fi
