#!/bin/sh
# Installs what benchmarks/bench_proxy.py compares with: HAProxy, Postfix, amavisd-new, rspamd (apt, as root) and Haraka (npm, into
# build/peers). Starts nothing. Never fails: the benchmark names each peer that it does not find.
set -u
here=$(cd "$(dirname "$0")/.." && pwd)
export DEBIAN_FRONTEND=noninteractive RUNLEVEL=1
missing=""
[ -x /usr/sbin/haproxy ] || missing="$missing haproxy"
[ -x /usr/sbin/postfix ] || missing="$missing postfix"
[ -x /usr/sbin/amavisd ] || [ -x /usr/sbin/amavisd-new ] || missing="$missing amavisd-new"
[ -x /usr/bin/rspamd ] || missing="$missing rspamd"
command -v npm >/dev/null || missing="$missing nodejs npm"
if [ -n "$missing" ]; then
  if [ "$(id -u)" = 0 ]; then sudo=""; else sudo="sudo -E"; fi
  # policy: the benchmark starts its own copies; the packages must not start theirs. Recommended packages are left out:
  # no virus scanner and no SpamAssassin rules take part.
  $sudo apt-get -qq update && $sudo apt-get -qq install -y --no-install-recommends $missing \
    || echo "peers: apt-get could not install:$missing" >&2
fi
# --before: later releases of what it depends on may need another Node, or be published in part only.
if [ ! -x "$here/build/peers/node_modules/.bin/haraka" ]; then
  mkdir -p "$here/build/peers"
  npm install --silent --no-audit --no-fund --omit=optional --before=2026-09-20 --prefix "$here/build/peers" Haraka@3.1.1 \
    || echo "peers: npm could not install Haraka" >&2
fi
exit 0
