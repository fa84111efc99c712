#!/bin/sh
# secrets.sh [DIR]: generates the secrets that compose.yaml mounts; keeps existing ones.
# Other users of the host cannot enter the folder. The files in it are readable, because each service runs as a different user.
set -eu
dir=${1:-$(dirname "$0")/secrets}
mkdir -p "$dir"
chmod 0700 "$dir"
put() {
  [ -s "$dir/$1" ] && return
  printf '%s\n' "$2" >"$dir/$1.new"
  chmod 0644 "$dir/$1.new"
  mv "$dir/$1.new" "$dir/$1"
}
random() { od -An -N24 -tx1 /dev/urandom | tr -d ' \n'; }
put postgres_password "$(random)"
put database_url "postgresql://chatbot:$(cat "$dir/postgres_password")@postgres:5432/chatbot"
put redis_password "$(random)"
put redis_url "redis://:$(cat "$dir/redis_password")@redis:6379/0"
put auth_secret "$(random)"
put metrics_token "$(random)"
put grafana_password "$(random)"
