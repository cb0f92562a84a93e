#!/usr/bin/env bash
# Kills `goldhive patch` (and undo) of disk images at random moments and looks at what is left: the
# old image or the new one, byte for byte, and never anything else.
#
# The hive has no room for the new cells and must grow; the cluster it grows into lies in a block
# that the container has not got yet, so a block must be allocated too. Three of five runs are on a
# dynamic VHD, one on a VHDX, one on a qcow2, VMDK or VDI, whose disk (not whose file) is what must be
# old or new.
# In every second run the time to the kill starts when the journal shows, or most would fall into
# the checks that come before the first write.
#
#   tests/bench/kill9_disk.sh BUILD_DIR [RUNS] [SEED]
set -euo pipefail
build=$(cd "$1" && pwd)
runs=${2:-500}
RANDOM=${3:-1}
goldhive=$build/goldhive
fixtures=$build/fixtures/goldhive-fixtures
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=hives.sh
. "$here/hives.sh"
# shellcheck source-path=SCRIPTDIR source=disks.sh
. "$here/disks.sh"
disk_tools
have ntfscluster || exit 1
patch_options=(--timestamp "$stamp")
block=$((2 * MiB))

# --- A SOFTWARE without a free cell: a patch makes it grow.
software_text 10 >"$work/full.reg"
"$fixtures" hive "$work/full.reg" "$work/SOFTWARE" --full
windows_tree "$work/tree" "$work/SOFTWARE"

# --- A disk whose partition starts so that SOFTWARE, written last, ends where a block of the container
# does: its next cluster lies in a new block.
config=Windows/System32/config
mkdir -p "$work/last/$config"
mv "$work/tree/$config/SOFTWARE" "$work/last/$config"
ntfs_volume "$work/volume" $((62 * MiB)) "$work/tree" "$work/last"
end=$(ntfscluster -q -f -F $config/SOFTWARE "$work/volume" |
  awk 'NF == 3 && $1 + 0 == $1 {end = $2 + $3} END {print end * 4096}')
disk_of "$work/volume" "$work/old.raw" $((MiB + block - (end + MiB) % block))

# --- Old and new of each container, and how long a patch takes.
kinds=(vhd vhdx)
container "$work/old.raw" "$work/old.vhd" vpc subformat=dynamic,force_size=on
container "$work/old.raw" "$work/old.vhdx" vhdx subformat=dynamic,block_size=1M
if have qemu-nbd; then
  for kind in qcow2 vmdk vdi; do
    container "$work/old.raw" "$work/old.$kind" $kind
    kinds+=("$kind")
  done
fi
content() { # KIND FILE: what is to be old or new
  case $1 in
    vhd | vhdx) sha256sum <"$2" ;;
    *)
      qemu-img convert -f "$1" -O raw "$2" "$work/content"
      sha256sum <"$work/content"
      ;;
  esac
}
declare -A old new duration
for kind in "${kinds[@]}"; do
  cp "$work/old.$kind" "$work/new.$kind"
  start=$(date +%s%N)
  "$goldhive" patch "${patch_options[@]}" "$work/new.$kind" >/dev/null 2>&1 || true
  duration[$kind]=$((($(date +%s%N) - start) / 1000))  # microseconds
  old[$kind]=$(content "$kind" "$work/old.$kind")
  new[$kind]=$(content "$kind" "$work/new.$kind")
  before=$(stat -c %s "$work/old.$kind") after=$(stat -c %s "$work/new.$kind")
  [ "${old[$kind]}" != "${new[$kind]}" ] || { echo "the patch of the $kind changed nothing" >&2; exit 1; }
  [ "$after" -gt "$before" ] || { echo "no block was allocated in the $kind" >&2; exit 1; }
  echo "$kind: $before bytes, after the patch $after; one patch takes $((${duration[$kind]} / 1000)) ms"
done

# --- The kills
declare -A count
add() { count[$1]=$((${count[$1]:-0} + 1)); }
complain() { echo "run $i ($kind, ${command[0]}, $delay us): $1" >&2; add bad; }
servers() { pgrep -f "qemu-nbd.*$work/" | wc -l; }
random() { echo $(((RANDOM * 32768 + RANDOM) % $1)); }
image="" kind=""
for ((i = 0; i < runs; ++i)); do
  case $((i % 5)) in
    3) kind=vhdx ;;
    4) kind=${kinds[2 + i / 5 % (${#kinds[@]} - 2)]:-vhd} ;;
    *) kind=vhd ;;
  esac
  rm -rf "$work/run"
  mkdir "$work/run"
  image=$work/run/disk.$kind
  if ((i % 4 == 3)); then  # every fourth: kill an undo
    cp "$work/new.$kind" "$image"
    cp "$work/new.$kind.goldhive-undo" "$image.goldhive-undo"
    command=(undo "$image")
  else
    cp "$work/old.$kind" "$image"
    command=(patch "${patch_options[@]}" "$image")
  fi
  "$goldhive" "${command[@]}" >/dev/null 2>&1 &
  child=$!
  if ((RANDOM % 2)); then
    delay=$(random $((${duration[$kind]} * 5 / 4)))
  else
    until compgen -G "$image*journal*" >/dev/null || ! kill -0 "$child" 2>/dev/null; do :; done
    delay=$(random $((${duration[$kind]} / 3)))
  fi
  sleep "$(printf '0.%06d' "$delay")"
  kill -9 "$child" 2>/dev/null || true
  wait "$child" 2>/dev/null || true
  for _ in {1..100}; do [ "$(servers)" != 0 ] || break; sleep 0.1; done
  [ "$(servers)" = 0 ] || complain "qemu-nbd outlived goldhive"

  if [ -e "$image.goldhive-journal" ] || [ -e "$image.goldhive-disk.goldhive-journal" ]; then add hot; fi
  if compgen -G "$image*.new" >/dev/null; then add unfinished; fi
  # What a scan sees, through the journal and without writing, must be a whole state already.
  before=$(sha256sum <"$image")
  "$goldhive" scan "$image" >/dev/null 2>"$work/scan.err" || [ $? -eq 1 ] || complain "scan: $(cat "$work/scan.err")"
  [ "$(sha256sum <"$image")" = "$before" ] || complain "scan wrote"
  "$goldhive" recover "$image" >/dev/null 2>"$work/recover.err" || complain "recover: $(cat "$work/recover.err")"
  case $(content "$kind" "$image") in
    "${old[$kind]}") add old ;;
    "${new[$kind]}") add new ;;
    *) complain "a third state" ;;
  esac
  if [ "$kind" != vhd ] && ! qemu-img check -q -f "$kind" "$image" >/dev/null 2>&1; then
    # 3: qcow2 clusters that nobody uses, left by the patch that was cut off.
    status=0
    qemu-img check -q -f "$kind" "$image" >/dev/null 2>&1 || status=$?
    if [ "$status" = 3 ]; then add leaks; else complain "qemu-img check ends with $status"; fi
  fi
  if compgen -G "$image*journal*" >/dev/null; then complain "something of the journal stayed"; fi
done
echo "$runs kills: ${count[old]:-0} old, ${count[new]:-0} new, ${count[hot]:-0} with a journal left," \
  "${count[unfinished]:-0} with an unfinished one, ${count[leaks]:-0} with clusters that qemu-img calls leaked," \
  "${count[bad]:-0} bad"
[ "${count[bad]:-0}" -eq 0 ]
