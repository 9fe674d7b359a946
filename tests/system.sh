#!/bin/sh
# Installs what the tests need from the system, when it can: as root, or with sudo that asks no password.
# Never fails: without a program its tests are skipped, loudly. TESTS_REQUIRE_SYSTEM=1 (CI) makes them fail instead.
set -u
missing=""
[ -x /usr/bin/chromium ] || missing="$missing chromium"
fc-list :lang=ja 2>/dev/null | grep -q . || missing="$missing fontconfig fonts-noto-cjk"
[ -x /usr/sbin/postfix ] || missing="$missing postfix"
command -v swaks >/dev/null || missing="$missing swaks"
ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || missing="$missing postgresql"
missing="$missing $*"
[ -n "$(printf %s "$missing" | tr -d ' ')" ] || exit 0
command -v apt-get >/dev/null || { echo "tests: no apt-get here, please install:$missing" >&2; exit 0; }
if [ "$(id -u)" = 0 ]; then sudo=""; elif sudo -n true 2>/dev/null; then sudo="sudo"; else
  echo "tests: not root, their tests will be skipped:$missing" >&2; exit 0
fi
export DEBIAN_FRONTEND=noninteractive
# RUNLEVEL=1: the tests start their own Postfix and PostgreSQL; the packages must not start one, nor make a database.
case "$missing" in *postgresql*)
  $sudo mkdir -p /etc/postgresql-common
  [ -e /etc/postgresql-common/createcluster.conf ] \
    || echo "create_main_cluster = false" | $sudo tee /etc/postgresql-common/createcluster.conf >/dev/null ;;
esac
$sudo apt-get -qq update >&2 && $sudo env RUNLEVEL=1 apt-get -qq install -y --no-install-recommends $missing >&2 \
  || echo "tests: apt-get could not install:$missing" >&2
exit 0
