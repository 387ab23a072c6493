#!/bin/sh
# Runs one of our scripts under the Node that package-lock.json pins.
#
# This is the first thing that happens on a fresh machine: it needs npm of any age, nothing else.
# Usage: sh dev/node.sh dev/<script>.mjs [argument…]
set -eu
cd "$(dirname "$0")/.."

fail() {
  echo "promptlab: $1" >&2
  exit 1
}

stamp=.tools/stamps/npm
if ! cmp -s package-lock.json "$stamp" || [ ! -d node_modules/wrangler ]; then
  command -v npm >/dev/null 2>&1 || fail "npm is missing: install Node.js 20 or newer (https://nodejs.org), then run this again."
  echo "  npm packages: installing (about half a minute)"
  mkdir -p .tools/stamps
  npm ci --no-progress --loglevel=error >.tools/npm.log 2>&1 || fail "npm ci failed; the log is .tools/npm.log. Its last line: $(tail -n 1 .tools/npm.log)"
  cp package-lock.json "$stamp"
fi

# Linux gets its Node from npm; other systems use their own when it is new enough for wrangler.
node=node_modules/.bin/node
if [ ! -x "$node" ]; then
  command -v node >/dev/null 2>&1 || fail "Node.js is missing: install version 24 or newer."
  node=$(command -v node)
  "$node" -e 'process.exit(Number(process.versions.node.split(".")[0]) >= 24 ? 0 : 1)' ||
    fail "Node.js $("$node" --version) is too old here: install version 24 or newer."
fi

exec "$node" "$@"
