#!/usr/bin/env bash
# Patches a Windows in every container and asks other people's programs what changed:
#
#   qemu-img          check; and which sectors of the disk differ: the clusters of the hives, NTFS's own
#                     records where a hive grew, nothing else
#   ntfsfix -n, ntfsinfo, ntfsresize -i     the volume is sound
#   fls, icat         every other file has the SHA-256 it had; the hives are those that ntfscat reads
#   hivexml, and $REGFCHECK if set (a command that prints "errors": N)      the hives are sound
#   goldhive undo     the SHA-256 of the image as it was; of the disk, where qemu writes the image
#
# Each container twice: with hives that have room, and with a SOFTWARE that must grow. Raw disks also
# with files that NTFS compressed, and in clusters of 512 bytes and 64 KB.
#
#   tests/bench/disk_oracles.sh BUILD_DIR
set -euo pipefail
build=$(cd "$1" && pwd)
goldhive=$build/goldhive
fixtures=$build/fixtures/goldhive-fixtures
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=hives.sh
. "$here/hives.sh"
# shellcheck source-path=SCRIPTDIR source=disks.sh
. "$here/disks.sh"
disk_tools
for tool in ntfscluster ntfscat ntfsfix ntfsinfo ntfsresize fls icat blkstat hivexml qemu-nbd; do
  have $tool || exit 1
done
config=Windows/System32/config
hives=("$config/SOFTWARE" "$config/SYSTEM")
disk_size=$((64 * MiB)) volume_size=$((62 * MiB))

bad=0
fail() {
  echo "BAD: $label: $1" >&2
  bad=$((bad + 1))
}
judge() { # NAME COMMAND...: what stands in the table
  local name=$1
  shift
  if "$@" >"$work/messages" 2>&1; then echo ok; else
    echo "BAD: $label: $name: $(tail -2 "$work/messages" | paste -sd' ')" >&2
    echo "$name" >>"$work/bad"
    echo BAD
  fi
}

# The disk of an image as a raw file, read by qemu; by a small reader of our own for a child VHD, of
# which qemu gives zeros where it should ask the parent.
disk_of_image() { # IMAGE FORMAT OUT
  if [ "$2" = child ]; then perl "$here/child_vhd.pl" "$1" "${1%/*}/parent.vhd" "$3"; else
    qemu-img convert -f "$2" -O raw "$1" "$3"
  fi
}
volume_of_disk() { dd if="$1" of="$2" bs=1M skip=1 count=$((volume_size / MiB)) conv=sparse status=none; }
file_hashes() { # VOLUME: "SHA-256 path" of every file but NTFS's own
  fls -rpF "$1" | awk -F'\t' '$1 !~ /^\+* *r\/r \*/ {split($1, a, " "); sub(/-128-.*|:$/, "", a[2]); print a[2] "\t" $2}' |
    while IFS=$'\t' read -r inode path; do
      case $path in \$*) continue ;; esac
      printf '%s  %s\n' "$(icat "$1" "$inode" | sha256sum | cut -c1-64)" "$path"
    done | sort -k2
}
# The clusters of a file or of a record of NTFS's own, as "first length".
runs() { ntfscluster -q -f "$2" "$3" "$1" | awk 'NF == 3 && $1 + 0 == $1 && $2 + 0 == $2 {print $2, $3}'; }
cluster_size() { ntfsinfo -f -m "$1" | awk '/Cluster Size/ {print $3; exit}'; }

# Changed sectors of the disk: in the hives (in clusters they gave back, too), in NTFS's own files
# ($MFT, its mirror, $Bitmap, the folder of the hives), in clusters that were free and are, elsewhere.
# The library leaves rubbish in free clusters where it compresses.
changed_sectors() { # OLD NEW VOLUME_BEFORE VOLUME_AFTER
  local size hive volume record cluster free=0 rest=0
  size=$(cluster_size "$4")
  {
    for hive in "${hives[@]}"; do
      for volume in "$3" "$4"; do runs "$volume" -F "$hive" | sed 's/^/hive /'; done
    done
    for record in 0 1 6; do runs "$4" -I "$record" | sed 's/^/own /'; done
    runs "$4" -F "$config" | sed 's/^/own /'
    { cmp -l "$1" "$2" || true; } | awk '{s = int(($1 - 1) / 512)} s != last {print "sector", s; last = s}'
  } | awk -v per="$size" -v others="$work/others" '
    BEGIN {n = 0; printf "" > others}
    $1 != "sector" {kind[n] = $1; from[n] = 1048576 + $2 * per; to[n] = from[n] + $3 * per; n++; next}
    {at = $2 * 512
     for (i = 0; i < n; i++) if (at + 512 > from[i] && at < to[i]) {count[kind[i]]++; next}
     print int((at - 1048576) / per) > others}
    END {printf "%d, %d, ", count["hive"], count["own"]}'
  while read -r cluster; do
    if blkstat "$3" "$cluster" | grep -q 'Not Allocated' && blkstat "$4" "$cluster" | grep -q 'Not Allocated'; then
      free=$((free + 1))
    else
      rest=$((rest + 1))
    fi
  done <"$work/others"
  echo "$free, $rest"
}

row() { # LABEL IMAGE FORMAT
  local image=$2 format=$3 before sectors qemu=- ours=1 fs tools hives_ok others undo i
  label=$1
  rm -f "$work/bad"
  before=$(sha256sum <"$image")
  disk_of_image "$image" "$format" "$work/before"
  volume_of_disk "$work/before" "$work/volume.before"
  file_hashes "$work/volume.before" >"$work/hashes.before"
  "$goldhive" patch --timestamp "$stamp" "$image" >"$work/messages" 2>&1 || true
  grep -q 'undo: ' "$work/messages" || { fail "not patched: $(tail -1 "$work/messages")"; return; }
  case $format in
    vhdx | qcow2 | vmdk | vdi) qemu=$(judge 'qemu-img check' qemu-img check -f "$format" "$image") ;;
  esac
  case $format in vmdk | qcow2 | vdi) ours= ;; esac
  disk_of_image "$image" "$format" "$work/after"
  volume_of_disk "$work/after" "$work/volume"
  sectors=$(changed_sectors "$work/before" "$work/after" "$work/volume.before" "$work/volume")
  [[ $sectors == *", 0" ]] || fail "sectors changed in hives, in NTFS's own, in free clusters, elsewhere: $sectors"
  fs=$(judge ntfsfix ntfsfix -n "$work/volume")/$(judge ntfsinfo ntfsinfo -f -m "$work/volume")/$(judge ntfsresize ntfsresize -i -f "$work/volume")

  file_hashes "$work/volume" >"$work/hashes"
  others=$(wc -l <"$work/hashes")
  i=$({ diff "$work/hashes.before" "$work/hashes" || true; } | grep '^>' | sed 's/.*  //' | paste -sd' ')
  [ "$i" = "${hives[*]}" ] || fail "files that differ: $i"
  hives_ok=
  for hive in "${hives[@]}"; do
    ntfscat -f "$work/volume" "$hive" >"$work/hive"
    grep -q "^$(sha256sum <"$work/hive" | cut -c1-64)  $hive$" "$work/hashes" || fail "$hive: ntfscat and icat disagree"
    hives_ok+=$(judge "hivexml of $hive" hivexml "$work/hive")/
    if [ -n "${REGFCHECK:-}" ]; then
      tools=$($REGFCHECK "$work/hive" 2>&1 | grep -oiE '"?errors"?[:= ]+[0-9]+' | grep -oE '[0-9]+' | head -1)
      if [ "$tools" = 0 ]; then hives_ok+=ok/; else fail "$hive: REGFCHECK: ${tools:-no answer}"; fi
    fi
  done
  "$goldhive" verify "$image" >"$work/messages" 2>&1 || fail "goldhive verify: $(tail -1 "$work/messages")"

  "$goldhive" undo "$image" >"$work/messages" 2>&1 || fail "undo: $(tail -1 "$work/messages")"
  undo='same file'
  if [ $ours ]; then
    [ "$(sha256sum <"$image")" = "$before" ] || fail 'undo: another SHA-256'
  else
    undo='same disk'
    disk_of_image "$image" "$format" "$work/after"
    cmp -s "$work/before" "$work/after" || fail 'undo: another disk'
  fi
  if [ -e "$work/bad" ]; then bad=$((bad + 1)); fi
  printf '| %s | %s | %s | %s | %s | %s | %s |\n' "$label" "$sectors" "$qemu" "$fs" "$((others - 2))" "${hives_ok%/}" "$undo"
}

software_text 10 >"$work/full.reg"
"$fixtures" hive "$work/full.reg" "$work/full" --full
windows_tree "$work/room"
windows_tree "$work/grows" "$work/full"
cat <<'TABLE'
| container | sectors changed: hives, NTFS's own, free, elsewhere | qemu-img check | ntfsfix/ntfsinfo/ntfsresize | other files, all the same | hivexml, checker: SOFTWARE, SYSTEM | undo |
|---|---|---|---|---:|---|---|
TABLE
for tree in room grows; do
  note= ; [ $tree = room ] || note=', SOFTWARE grows'
  raw_disk "$work/disk.raw" $disk_size "$work/$tree"
  while read -r name format options; do
    mkdir "$work/run"
    container "$work/disk.raw" "$work/run/disk" "$format" "$options"
    row "$name$note" "$work/run/disk" "$format"
    rm -r "$work/run"
  done <<'KINDS'
raw raw
VHD-fixed vpc subformat=fixed,force_size=on
VHD-dynamic vpc subformat=dynamic,force_size=on
VHDX-fixed vhdx subformat=fixed
VHDX-dynamic vhdx subformat=dynamic,block_size=1M
VMDK-sparse vmdk subformat=monolithicSparse
VMDK-flat vmdk subformat=monolithicFlat
VMDK-split vmdk subformat=twoGbMaxExtentSparse
qcow2 qcow2
qcow2-extended-L2 qcow2 extended_l2=on
VDI vdi
KINDS
  mkdir "$work/run"
  "$fixtures" child-vhd "$work/disk.raw" "$work/run/parent.vhd" "$work/run/child.vhd"
  parent=$(sha256sum <"$work/run/parent.vhd")
  row "VHD differencing$note" "$work/run/child.vhd" child
  [ "$(sha256sum <"$work/run/parent.vhd")" = "$parent" ] || fail 'the parent changed'
  rm -r "$work/run"
done
for cluster in 512 65536; do
  mkntfs_options=(-c "$cluster")
  raw_disk "$work/disk.raw" $disk_size "$work/grows"
  row "raw, clusters of $cluster, SOFTWARE grows" "$work/disk.raw" raw
done
mkntfs_options=() fill_options=(--compressed)
for tree in room grows; do
  raw_disk "$work/disk.raw" $disk_size "$work/$tree"
  row "raw, compressed by NTFS, $tree" "$work/disk.raw" raw
done
echo
echo "$bad bad"
[ "$bad" = 0 ]
