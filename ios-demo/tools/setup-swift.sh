#!/usr/bin/env bash
# Installs Debian trixie's Swift 6.0 toolchain into .cache, beside the host's own packages, and a wrapper to run it.
#
#   setup-swift.sh          installs (or says at once that it is there) and prints the folder
#   "$(setup-swift.sh)"/run COMMAND…   runs a command of it in the current folder; the host's files are where they are
#
# Nothing is mounted, configured or started: apt resolves and downloads with folders of its own, dpkg-deb unpacks, and
# bubblewrap lays the folder under the host's files while the command runs. The host's packages stay as they are.
set -euo pipefail

ROOT=${SWIFT_ROOT:-$(cd "$(dirname "$0")/../.." && pwd)/.cache/swift-trixie}
SUITE=trixie
PACKAGES=(swiftlang libc6-dev libstdc++-14-dev base-files bash dash coreutils)
WANTED="$SUITE ${PACKAGES[*]}: 1" # raise the number to have everything installed anew

if [[ -f $ROOT/installed && $(<"$ROOT/installed") == "$WANTED" ]] && command -v bwrap > /dev/null; then
  echo "$ROOT"
  exit 0
fi
exec 3>&1 1>&2

fail() { echo "make ios: $1" >&2; exit 1; }
elsewhere="on a Mac, open ios-demo/App in Xcode instead (ios-demo/README.md)"
for tool in apt-get dpkg-deb; do
  command -v $tool > /dev/null || fail "$tool not found: Swift is installed from Debian's packages, so this needs Debian or Ubuntu; $elsewhere"
done
[[ $(dpkg --print-architecture) == amd64 ]] || fail "expected an amd64 machine, got $(dpkg --print-architecture); $elsewhere"
if ! command -v bwrap > /dev/null; then
  { apt-get -qq update && apt-get -qq install -y --no-install-recommends bubblewrap; } ||
    fail "bubblewrap not found, and it cannot be installed; as root: apt-get install bubblewrap"
fi
bwrap --ro-bind / / true || fail "bubblewrap cannot make a namespace here; allow unprivileged user namespaces, or run as root"

# The mirror that this machine's apt has for Debian itself; no host's name stands here.
mirror=$(apt-get indextargets --format '$(REPO_URI) $(ORIGIN) $(SUITE)' 'Created-By: Packages' |
  awk '$2 == "Debian" && $3 !~ /security|updates|backports/ { print $1; exit }')
if [[ -z $mirror ]]; then # before the first apt-get update apt knows no origins
  mirror=$(grep -rhsE '^(URIs:|deb )' /etc/apt/sources.list /etc/apt/sources.list.d | grep -oE '[a-z+]+:[^ ]+/debian/?( |$)' | head -1)
fi
[[ -n $mirror ]] || fail "no Debian mirror among apt's sources; add one, its key is in the package debian-archive-keyring"

part=$ROOT.part
rm -rf "$ROOT" "$part"
mkdir -p "$part"/{root,apt/lists/partial,apt/archives/partial}
apt="$part/apt" root="$part/root"
: > "$apt/status"
echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror $SUITE main" > "$apt/sources.list"
own=(-qq -o Dir::State="$apt" -o Dir::State::Lists="$apt/lists" -o Dir::State::status="$apt/status" -o Dir::Cache="$apt"
  -o Dir::Cache::Archives="$apt/archives" -o Dir::Etc::sourcelist="$apt/sources.list" -o Dir::Etc::sourceparts=/dev/null
  -o Dir::Etc::preferencesparts=/dev/null -o APT::Install-Recommends=false -o APT::Sandbox::User=root -o Acquire::Retries=5)
{ apt-get "${own[@]}" update && apt-get "${own[@]}" -y --download-only install "${PACKAGES[@]}"; } ||
  fail "Debian $SUITE's packages cannot be downloaded from apt's own mirror; see apt's message above, and try again"

# base-files first: it makes /bin, /lib and /sbin links into /usr. lldb and the documents stay out.
for deb in "$apt"/archives/base-files_*.deb "$apt"/archives/*.deb; do
  dpkg-deb --fsys-tarfile "$deb" | tar -x -C "$root" --keep-directory-symlink --no-same-owner \
    --exclude='./usr/share/doc' --exclude='./usr/share/locale' --exclude='./usr/share/man' --exclude='*/bin/lldb-server' --exclude='*/bin/clangd'
done
rm -rf "$apt"

# Of the host everything but the system stays visible; the toolchain itself cannot be written to.
cat > "$part/run" << 'RUN'
#!/usr/bin/env bash
# Runs a command of the Swift toolchain beside this file, in the current folder: run swift test
root=$(cd "$(dirname "$(readlink -f "$0")")" && pwd)/root
host=()
for entry in /*; do
  case $entry in /usr | /bin | /sbin | /lib* | /etc | /proc | /dev | /sys | /boot | /run) ;; *) [[ -d $entry ]] && host+=(--bind "$entry" "$entry") ;; esac
done
exec bwrap "${host[@]}" --ro-bind "$root/usr" /usr --symlink usr/bin /bin --symlink usr/sbin /sbin --symlink usr/lib /lib \
  --symlink usr/lib64 /lib64 --ro-bind-try /etc/passwd /etc/passwd --ro-bind-try /etc/group /etc/group --ro-bind /sys /sys \
  --ro-bind-try /etc/localtime /etc/localtime --proc /proc --dev /dev --chdir "$PWD" --die-with-parent --setenv PATH /usr/libexec/swift/bin:/usr/bin -- "$@"
RUN
chmod +x "$part/run"
echo "$WANTED" > "$part/installed"
mv "$part" "$ROOT"
echo "$ROOT" >&3
