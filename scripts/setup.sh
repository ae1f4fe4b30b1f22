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
# A broker of Apache Kafka, from the Maven registry.
broker=.cache/kafka/lib
pom=$(sha256sum <scripts/kafka/pom.xml)
if [ "$(cat "$broker/.complete" 2>/dev/null)" != "$pom" ]; then
  if command -v mvn >/dev/null && command -v java >/dev/null; then
    echo "  fetching Apache Kafka (about 15 seconds)"
    rm -rf "$broker" && mkdir -p "$broker"
    if mvn -B -q -f scripts/kafka/pom.xml dependency:copy-dependencies -DoutputDirectory="$PWD/$broker" -DincludeScope=runtime; then
      echo "$pom" >"$broker/.complete"
    else
      echo "  Apache Kafka cannot be fetched; the tests that need it will skip"
    fi
  else
    echo "  missing: Maven and Java 17 or newer; the tests that need Apache Kafka will skip"
  fi
fi
command -v node >/dev/null || { echo "Node.js 20.19 or newer is needed to build the web UI"; exit 1; }
# The storage emulator of the tests.
emulator=.cache/azurite
lock=$(sha256sum <scripts/azurite/package-lock.json)
if [ "$(cat "$emulator/.complete" 2>/dev/null)" != "$lock" ]; then
  echo "  installing Azurite (about a minute)"
  rm -rf "$emulator" && mkdir -p "$emulator" && cp scripts/azurite/package.json scripts/azurite/package-lock.json "$emulator/"
  if npm --prefix "$emulator" ci --no-audit --no-fund --loglevel=error >/dev/null; then
    echo "$lock" >"$emulator/.complete"
  else
    echo "  Azurite cannot be installed; the tests that need it will skip"
  fi
fi
