# Sourced by `up` and `down`: where things are, and how to ask for and stop what runs.
CHECKOUT=$(realpath "$(dirname "${BASH_SOURCE[0]}")/../..")
STATE=${CHATBOT_TEST_SERVICES:-${TMPDIR:-/tmp}/chatbot-test-services-$(printf '%s' "$CHECKOUT" | sha256sum | cut -c1-8)}
CACHE=${CHATBOT_TEST_SERVICES_CACHE:-/var/cache/chatbot-test-services}
ROOT=$CACHE/trixie-1
ID=$(printf '%s' "$STATE" | sha256sum | cut -c1-12)
LABEL=chatbot-test-services=$ID
EXTRA_LABEL=chatbot-test-services-extra=$ID
DATA_INSIDE=/srv/$ID
DATA=$ROOT$DATA_INSIDE

log() { printf 'test/services: %s\n' "$*" >&2; }

emit() { grep '^export ' "$STATE/env"; }

inside() { (exec_inside "$@"); } # inside USER COMMAND…: in the Debian root, with a clean environment

exec_inside() {
  local user=$1
  shift
  cd /
  exec env -i PATH=/usr/lib/postgresql/17/bin:/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 HOME=/ PGCONNECT_TIMEOUT=5 \
    PGPASSWORD="${PGPASSWORD:-}" REDISCLI_AUTH="${REDISCLI_AUTH:-}" chroot --userspec="$user:$user" "$ROOT" "$@"
}

container() { docker ps -q --filter "label=$LABEL" --filter "ancestor=$1"; }

# Whether both servers of $STATE/env answer to its password.
answers() {
  local WAY PG_PORT REDIS_PORT PASSWORD
  eval "$(grep '^WAY=' "$STATE/env")"
  case $WAY in
    docker)
      docker exec -e "PGPASSWORD=$PASSWORD" "$(container pgvector/pgvector:pg17)" \
        psql -XAtqc 'select 1' -h 127.0.0.1 -U chatbot chatbot >/dev/null 2>&1 9>&- &&
        [ "$(docker exec -e "REDISCLI_AUTH=$PASSWORD" "$(container redis:8)" redis-cli ping 2>/dev/null 9>&-)" = PONG ] ;;
    root)
      PGPASSWORD=$PASSWORD inside postgres psql -XAtqc 'select 1' -h 127.0.0.1 -p "$PG_PORT" -U chatbot chatbot >/dev/null 2>&1 9>&- &&
        [ "$(REDISCLI_AUTH=$PASSWORD inside redis redis-cli -p "$REDIS_PORT" ping 2>/dev/null 9>&-)" = PONG ] ;;
  esac
}

# Ours are the processes inside our root whose working directory is this instance's data: a stale pid file
# never hits another process.
our_processes() { # our_processes [pg|redis]
  local process
  for process in /proc/[0-9]*; do
    if [ "$(readlink "$process/root" 2>/dev/null)" = "$ROOT" ]; then
      case $(readlink "$process/cwd" 2>/dev/null) in "$DATA/${1:-}"*) echo "${process#/proc/}" ;; esac
    fi
  done
}

stop_all() {
  local containers signal
  if command -v docker >/dev/null; then
    containers=$(for label in "$LABEL" "$EXTRA_LABEL"; do docker ps -aq --filter "label=$label" 2>/dev/null || true; done)
    # shellcheck disable=SC2086
    [ -z "$containers" ] || docker rm -fv $containers >/dev/null
  fi
  if [ -d "$DATA" ]; then
    for signal in INT KILL; do
      for _ in $(seq 50); do
        [ -n "$(our_processes)" ] || break
        # shellcheck disable=SC2046
        kill -s "$signal" $(our_processes) 2>/dev/null || true
        sleep 0.1
      done
    done
    rm -rf --one-file-system "$DATA"
  fi
  rm -f "$STATE/env"
}
