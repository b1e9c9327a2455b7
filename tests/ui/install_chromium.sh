#!/bin/sh
# Makes a Chromium available for the browser tests: one that is here already, Debian's package, or Playwright's own.
# Never fails the build: where none can be had, the tests say so and are skipped.
command -v chromium >/dev/null 2>&1 && exit 0
[ -x /usr/bin/google-chrome ] && exit 0
if command -v apt-get >/dev/null 2>&1 && [ "$(id -u)" = 0 ]; then
  echo "Installing Debian's chromium for the browser tests ..."
  (apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium) >/dev/null 2>&1 && exit 0
fi
.venv/bin/python -m playwright install chromium >/dev/null 2>&1 && exit 0
echo "No Chromium could be installed: the browser tests will be skipped."
exit 0
