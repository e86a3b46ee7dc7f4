#!/usr/bin/env bash
# Installs or upgrades Watchword as a system service. Idempotent: run it again from a newer checkout to upgrade.
# Your configuration in /etc/watchword and your data in /var/lib/watchword are never overwritten.
set -euo pipefail

checkout=$(cd "$(dirname "$0")/.." && pwd)
prefix=/opt/watchword

say() { printf 'install: %s\n' "$*" >&2; }
die() { say "$*"; exit 1; }

# Waits up to two minutes for the service to be ready; the unit is of type notify, so active means that it watches.
becomes_active() {
  for _ in $(seq 1 60); do
    [ "$(systemctl is-active watchword.service || true)" = active ] && return 0
    sleep 2
  done
  return 1
}

[ "$(id -u)" = 0 ] || die "run me as root: sudo systemd/install.sh"
command -v systemctl >/dev/null || die "this machine has no systemd; run npm start instead"
command -v node >/dev/null || die "Node is missing; install Node 22 or 24 first (https://nodejs.org)"

say "setting up the checkout (packages, ffmpeg, compiled program)"
(cd "$checkout" && npm run --silent setup)

backup=
if [ -d "$prefix" ] && [ -f /var/lib/watchword/watchword.db ] && [ -f "$prefix/dist/main.js" ]; then
  backup="/var/lib/watchword/before-upgrade-$(date -u +%Y%m%dT%H%M%SZ).db"
  say "backing the database up to $backup"
  "$prefix/node/bin/node" "$prefix/dist/main.js" backup "$backup" --data /var/lib/watchword
  chown watchword:watchword "$backup"
  # The newest three are enough to go back to.
  find /var/lib/watchword -maxdepth 1 -name 'before-upgrade-*.db' | sort -r | tail -n +4 | xargs -r rm -f --
fi

# The new version is laid beside the old one and takes its place in one rename, so that a cut in between leaves one whole.
say "copying the program to $prefix"
rm -rf "$prefix.new"
mkdir -p "$prefix.new"
cp -a "$checkout/package.json" "$checkout/package-lock.json" "$checkout/LICENSE" "$checkout/README.md" \
  "$checkout/dist" "$checkout/src" "$checkout/models" "$checkout/systemd" "$prefix.new/"
cp -a "$checkout/node_modules" "$prefix.new/"
(cd "$prefix.new" && npm prune --silent --omit=dev --ignore-scripts)
# The service runs the Node it was built with, whatever the system's own is upgraded to later.
mkdir -p "$prefix.new/node/bin"
cp "$(readlink -f "$(command -v node)")" "$prefix.new/node/bin/node"
chmod -R go+rX "$prefix.new"

was_active=$(systemctl is-active watchword.service 2>/dev/null || true)
rm -rf "$prefix.old"
[ -d "$prefix" ] && mv "$prefix" "$prefix.old"
mv "$prefix.new" "$prefix"

say "installing the unit, its user and its folders"
install -m 0644 "$prefix/systemd/watchword.service" /etc/systemd/system/watchword.service
install -D -m 0644 "$prefix/systemd/watchword.sysusers" /usr/lib/sysusers.d/watchword.conf
install -D -m 0644 "$prefix/systemd/watchword.tmpfiles" /usr/lib/tmpfiles.d/watchword.conf
systemd-sysusers watchword.conf
systemd-tmpfiles --create watchword.conf
if [ ! -e /etc/watchword/watchword.yaml ]; then
  install -m 0660 -g watchword "$prefix/src/config/example.yaml" /etc/watchword/watchword.yaml
  say "wrote an example configuration to /etc/watchword/watchword.yaml: put your cameras there"
fi

systemctl daemon-reload
systemctl enable --quiet watchword.service
systemctl restart watchword.service || true
if becomes_active; then
  say "running. The first admin password is in: journalctl -u watchword | grep 'admin password'"
  exit 0
fi
if [ -d "$prefix.old" ] && [ "$was_active" = active ]; then
  say "the new version does not start: rolling back"
  systemctl stop watchword.service || true
  rm -rf "$prefix" && mv "$prefix.old" "$prefix"
  install -m 0644 "$prefix/systemd/watchword.service" /etc/systemd/system/watchword.service
  systemctl daemon-reload
  systemctl start watchword.service || true
  if ! becomes_active && [ -n "$backup" ]; then
    say "the version before does not start with the database as it is now: putting $backup back"
    systemctl stop watchword.service || true
    "$prefix/node/bin/node" "$prefix/dist/main.js" restore "$backup" --data /var/lib/watchword
    chown watchword:watchword /var/lib/watchword/watchword.db*
    systemctl start watchword.service || true
    becomes_active || die "rolled back, but it does not start; see: journalctl -u watchword -n 50"
  fi
  die "rolled back; see: journalctl -u watchword -n 50"
fi
die "the service does not start; see: journalctl -u watchword -n 50"
