#!/bin/sh
# Installs what the tests need from the system, when it can: as root, or with sudo that asks no password.
# Never fails: without a program its tests are skipped, loudly. TESTS_REQUIRE_SYSTEM=1 (CI) makes them fail instead.
set -u
cache="${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/mailguard-tests" # what is no package of the system, or cannot be one beside Postfix
nodemailer=7.0.13
missing=""
want() { # want PACKAGES unless CONDITION
  packages="$1"; shift 2
  "$@" >/dev/null 2>&1 || missing="$missing $packages"
}
any() { [ -e "$1" ]; }
want chromium unless [ -x /usr/bin/chromium ]
fc-list :lang=ja 2>/dev/null | grep -q . || missing="$missing fontconfig fonts-noto-cjk"
want postfix unless [ -x /usr/sbin/postfix ]
want libsasl2-modules unless any /usr/lib/*/sasl2/liblogin.so # Postfix as a client that logs in
want swaks unless command -v swaks
want "libnet-ssleay-perl libio-socket-ssl-perl" unless perl -MNet::SSLeay -MIO::Socket::SSL -e 1 # swaks under TLS
want msmtp unless command -v msmtp
want curl unless command -v curl
want s-nail unless command -v s-nail
want php-cli unless command -v php
want libphp-phpmailer unless [ -d /usr/share/php/libphp-phpmailer ]
want nodejs unless command -v node
want npm unless command -v npm
want libarchive13 unless any /usr/lib/*/libarchive.so.13
want lhasa unless [ -x /usr/bin/lhasa ] # what opens formats that no library reads
want unar unless [ -x /usr/bin/unar ]
want "tesseract-ocr tesseract-ocr-jpn" unless any /usr/share/tesseract-ocr/*/tessdata/jpn.traineddata
want systemd unless command -v systemd-analyze # reads deploy/mailguard.service; nothing is started
want postgresql unless any /usr/lib/postgresql/*/bin/initdb
missing="$missing $*"
has_exim() { [ -x "$cache/exim/usr/sbin/exim4" ] && id Debian-exim >/dev/null 2>&1; }
has_nodemailer() { [ "$(cat "$cache/nodemailer.version" 2>/dev/null)" = "$nodemailer" ]; }

if [ "$(id -u)" = 0 ]; then sudo=""; elif sudo -n true 2>/dev/null; then sudo="sudo"; else sudo="none"; fi
may_install() {
  command -v apt-get >/dev/null || { echo "tests: no apt-get here, please install: $1" >&2; return 1; }
  [ "$sudo" != none ] || { echo "tests: not root, their tests will be skipped: $1" >&2; return 1; }
}
export DEBIAN_FRONTEND=noninteractive
updated=""
packages() {
  # RUNLEVEL=1: the tests start their own Postfix and PostgreSQL; the packages must not start one, nor make a database.
  [ -n "$updated" ] || { $sudo apt-get -qq update >&2 && updated=yes; }
  $sudo env RUNLEVEL=1 DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends "$@" >/dev/null
}
if [ -n "$(printf %s "$missing" | tr -d ' ')" ] && may_install "$missing"; then
  case "$missing" in *postgresql*)
    $sudo mkdir -p /etc/postgresql-common
    [ -e /etc/postgresql-common/createcluster.conf ] \
      || echo "create_main_cluster = false" | $sudo tee /etc/postgresql-common/createcluster.conf >/dev/null ;;
  esac
  packages $missing || echo "tests: apt-get could not install:$missing" >&2
fi

# Exim and Postfix exclude each other as packages: its program is unpacked beside, and runs as the user it insists on.
unpack_exim() {
  folder="$(mktemp -d)" && mkdir -p "$cache/exim" || return 1
  [ -n "$updated" ] || { $sudo apt-get -qq update >&2 && updated=yes; }
  (cd "$folder" && apt-get -qq -o APT::Sandbox::User="$(id -un)" download exim4-daemon-light >&2) || return 1
  absent=""
  for library in $(dpkg-deb -f "$folder"/*.deb Depends | tr ',' '\n' | sed 's/[(|].*//' | grep -E '^ *lib'); do
    dpkg -s "$library" >/dev/null 2>&1 || absent="$absent $library"
  done
  [ -z "$absent" ] || packages $absent || return 1
  dpkg-deb -x "$folder"/*.deb "$cache/exim" && rm -r "$folder"
  id Debian-exim >/dev/null 2>&1 \
    || $sudo useradd --system --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin Debian-exim
}
if ! has_exim && may_install "exim4-daemon-light"; then
  unpack_exim || echo "tests: Exim could not be unpacked into $cache/exim" >&2
fi
if ! has_nodemailer && command -v npm >/dev/null; then
  mkdir -p "$cache" && npm install --silent --no-audit --no-fund --prefix "$cache" "nodemailer@$nodemailer" >&2 \
    && echo "$nodemailer" >"$cache/nodemailer.version" || echo "tests: npm could not install nodemailer" >&2
fi
exit 0
