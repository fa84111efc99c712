#!/usr/bin/env bash
# `make run`: ingests the examples into the collection `examples`, then opens the chat; without a terminal it asks one
# question in each language.
set -euo pipefail
cd "$(dirname "$0")/.."
# Any free port: another program may use the default one, and everything here goes over the local socket.
export CHATBOT_SERVER_PORT=${CHATBOT_SERVER_PORT:-0}
chatbot=bin/chatbot.js

node "$chatbot" ingest examples/xquad README.md docs/*.md --collection examples
if [ -t 0 ] && [ -t 1 ]; then
  exec node "$chatbot" chat --collection examples
fi
for question in 'How many points did the Panthers defense surrender?' 'В каком году была основана Варшавская фондовая биржа?'; do
  printf '\n> %s\n\n' "$question"
  node "$chatbot" ask --collection examples "$question"
done
