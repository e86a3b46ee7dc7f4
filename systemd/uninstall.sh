#!/usr/bin/env bash
# Removes the service and the program. Keeps /etc/watchword and /var/lib/watchword unless --purge is given. Idempotent.
set -euo pipefail

[ "$(id -u)" = 0 ] || { echo "uninstall: run me as root" >&2; exit 1; }
if systemctl cat watchword.service >/dev/null 2>&1; then
  systemctl disable --now watchword.service || true
fi
rm -f /etc/systemd/system/watchword.service /usr/lib/sysusers.d/watchword.conf /usr/lib/tmpfiles.d/watchword.conf
rm -rf /opt/watchword /opt/watchword.old /opt/watchword.new
systemctl daemon-reload || true
if [ "${1:-}" = --purge ]; then
  rm -rf /etc/watchword /var/lib/watchword
  echo "uninstall: removed the program, the configuration and all data" >&2
else
  echo "uninstall: removed the program; configuration and data are kept (remove them with --purge)" >&2
fi
