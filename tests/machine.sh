#!/usr/bin/env bash
# The browser tests need Debian's Chromium, a Japanese font and strace. Install them where we may; else say so.
set -u
missing=()
command -v chromium >/dev/null || missing+=(chromium)
fc-list 2>/dev/null | grep -qi "CJK" || missing+=(fonts-noto-cjk)
command -v strace >/dev/null || missing+=(strace)
[ ${#missing[@]} -eq 0 ] && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq "${missing[@]}" fontconfig >/dev/null && exit 0
fi
echo "The tests need these Debian packages: ${missing[*]}. Install them with: sudo apt install ${missing[*]}" >&2
exit 1
