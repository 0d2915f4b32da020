#!/bin/sh
# The browser tests need Chromium with H.264 and AAC, as Debian and Ubuntu package it.
set -eu
if [ "$(id -u)" = 0 ]; then as_root=; elif command -v sudo >/dev/null; then as_root=sudo; else
  echo "Chromium is missing, and only root can install it; ask for: apt-get install chromium" >&2
  exit 1
fi
$as_root apt-get update -qq
$as_root apt-get install -y -qq chromium >/dev/null
