#!/usr/bin/env bash
# Installs what the tests need and is not there yet. Debian packages only when root; otherwise says what is missing,
# and the tests that need it skip with a message.
set -euo pipefail
need=()
command -v chromium-headless-shell >/dev/null || command -v chromium >/dev/null || need+=(chromium-headless-shell)
fc-list 2>/dev/null | grep -q . || need+=(fonts-dejavu-core)
{ command -v samba && command -v samba-tool && command -v ldbadd; } >/dev/null || need+=(samba-ad-dc samba-ad-provision winbind ldb-tools)
if [ ${#need[@]} -gt 0 ]; then
  if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    echo "  installing Debian packages: ${need[*]}"
    (apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${need[@]}") >/dev/null
  else
    echo "  missing (run as root to install): ${need[*]}; the tests that need them will skip"
  fi
fi
command -v node >/dev/null || { echo "Node.js 20.19 or newer is needed to build the web UI"; exit 1; }
