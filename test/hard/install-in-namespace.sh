#!/bin/sh
# Run by install.test.ts in a mount namespace of its own: install.sh and uninstall.sh as they are, on a machine of which only
# /etc, /opt, /usr/lib and /var/lib are layered over, so that nothing outside sees what they write. systemctl, npm and sleep are
# stand-ins; systemd-sysusers and systemd-tmpfiles are the machine's own. Prints one line per fact.
set -eu
work=$1
scripts=$2
layers=$work/layers
mkdir -p "$layers"
mount -t tmpfs none "$layers"
for place in etc opt usr/lib var/lib; do
  mkdir -p "$layers/$place/upper" "$layers/$place/work"
  mount -t overlay overlay -o "lowerdir=/$place,upperdir=$layers/$place/upper,workdir=$layers/$place/work" "/$place"
done

# A version is a checkout whose program starts, or not; `needs` is the newest schema it can read, `writes` what it leaves.
checkout() { # NAME STARTS SCHEMA
  mkdir -p "$work/$1/dist" "$work/$1/src/config" "$work/$1/models" "$work/$1/node_modules"
  cp -a "$scripts" "$work/$1/systemd"
  printf 'cameras: {}\n' >"$work/$1/src/config/example.yaml"
  for file in package.json package-lock.json; do echo '{}' >"$work/$1/$file"; done
  for file in LICENSE README.md; do echo "$1" >"$work/$1/$file"; done
  echo "$2 $3" >"$work/$1/dist/behaviour"
  cat >"$work/$1/dist/main.js" <<'JS'
const { copyFileSync, renameSync } = require('node:fs');
const [, , what, file] = process.argv;
const database = '/var/lib/watchword/watchword.db';
if (what === 'backup') copyFileSync(database, file);
if (what === 'restore') { renameSync(database, `${database}.kept`); copyFileSync(file, database); }
JS
}

mkdir -p "$work/bin"
cat >"$work/bin/systemctl" <<'SH'
#!/bin/sh
state=/var/lib/service-state
database=/var/lib/watchword/watchword.db
case $1 in
  restart | start)
    [ -f /etc/systemd/system/watchword.service ] || exit 1
    read -r starts schema </opt/watchword/dist/behaviour
    # A newer program brings the database to its schema before anything else; an older one refuses it.
    now=$(cat "$database" 2>/dev/null || echo 0)
    if [ "$now" -gt "$schema" ]; then echo failed >"$state"; exit 1; fi
    echo "$schema" >"$database"
    if [ "$starts" = yes ]; then echo active >"$state"; else echo failed >"$state"; exit 1; fi ;;
  stop | disable) echo inactive >"$state" ;;
  is-active) cat "$state" 2>/dev/null || echo inactive; [ "$(cat "$state" 2>/dev/null)" = active ] ;;
  cat) [ -f /etc/systemd/system/watchword.service ] ;;
esac
SH
for fake in npm sleep; do printf '#!/bin/sh\n' >"$work/bin/$fake"; done
chmod +x "$work/bin/"*
PATH=$work/bin:$PATH
export PATH

fact() { printf '%s: %s\n' "$1" "$2"; }
there() { if [ -e "$1" ]; then echo there; else echo gone; fi; }
version() { cat /opt/watchword/README.md 2>/dev/null || echo none; }
install() { # NAME
  if sh -c "bash $work/$1/systemd/install.sh" >"$work/log" 2>&1; then fact "install $1" ok; else fact "install $1" failed; fi
  fact "  runs" "$(version), $(systemctl is-active || true), schema $(cat /var/lib/watchword/watchword.db)"
}

checkout v1 yes 5
checkout v2-broken no 5
checkout v3-migrates-and-breaks no 6
checkout v4 yes 6

install v1
fact "  owner of data" "$(stat -c %U:%a /var/lib/watchword)"
fact "  owner of rules" "$(stat -c %U:%G:%a /etc/watchword/rules)"
echo 'cameras: { mine: {} }' >/etc/watchword/watchword.yaml
echo 'rule: mine' >/etc/watchword/rules/mine.yaml
for time in 1 2 3 4; do
  /bin/sleep 1
  install v1
done
fact "  configuration" "$(cat /etc/watchword/watchword.yaml)"
fact "  backups" "$(find /var/lib/watchword -name 'before-upgrade-*.db' | wc -l)"
install v2-broken
fact "  said" "$(tail -n 1 "$work/log")"
install v3-migrates-and-breaks
fact "  put aside" "$(there /var/lib/watchword/watchword.db.kept)"
install v4
fact "  left over" "$(there /opt/watchword.new)"
for time in 1 2; do
  if bash "$scripts/uninstall.sh" 2>/dev/null; then fact "uninstall $time" ok; else fact "uninstall $time" failed; fi
  fact "  program, unit, configuration, data" "$(there /opt/watchword), $(there /etc/systemd/system/watchword.service), $(there /etc/watchword/rules/mine.yaml), $(there /var/lib/watchword/watchword.db)"
done
bash "$scripts/uninstall.sh" --purge 2>/dev/null
fact "purge" "$(there /opt/watchword.old), $(there /etc/watchword), $(there /var/lib/watchword)"
