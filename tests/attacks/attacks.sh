#!/usr/bin/env bash
# The attacks of docs/threats.md, through the command line, as their victims met them. Each ends with "held"
# (nothing happened but an error), "HARMED" and what happened, or "not tried" and what it lacks.
#
#   tests/attacks/attacks.sh BUILD_DIR [ATTACK...]
#
# Ends with 1 if one harmed. Those of points 1 to 17 all harmed version 0.1.0 (commit 06222a7), those of
# point 18 all harmed commit df202e9, those of point 19 commit 29e2d6e; builds of these show that the tests can fail. Needs python3, strace, qemu-img and GNU tar, and root for what is about other users.
set -euo pipefail
build=$(cd "$1" && pwd)
shift
goldhive=$build/goldhive
fixtures=${GOLDHIVE_FIXTURES:-$build/fixtures/goldhive-fixtures}
# Nobody's own configuration has a say.
unset GOLDHIVE_CONFIG
export XDG_CONFIG_HOME=/nonexistent
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=../bench/hives.sh
. "$here/../bench/hives.sh"
# shellcheck source-path=SCRIPTDIR source=../bench/disks.sh
. "$here/../bench/disks.sh"
forge() { python3 "$here/forge.py" "$@"; }
config=Windows/System32/config
stranger=65534

# --- What the attacks are made of
needs_fix() { "$fixtures" make windows-7-sp1-x64 "$1"; }    # a Windows with findings
ready() { "$fixtures" make windows-10-x64 "$1"; }           # one without
disk_with() { # TREE FILE: a raw disk
  raw_disk "$2" $((24 * MiB)) "$1"
}
# run ARGUMENTS: goldhive. Sets `status`; what it says is in $dir/out and $dir/err.
run() {
  status=0
  { timeout -k 2 "${limit:-60}" "$goldhive" "$@" >"$dir/out" 2>"$dir/err" || status=$?; } 2>/dev/null
  [ $status != 137 ] || status=124 # it took no notice of the first signal
}
has_verdict() { [ "$status" -lt 2 ]; }
# held_at PATH COUNT ARGUMENTS: goldhive in the background, held for a while as it opens PATH for the
# COUNT-th time
held_at() {
  local path=$1 count=$2
  shift 2
  strace -qq -o /dev/null -P "$path" -e trace=openat,openat2 \
    -e inject=openat,openat2:delay_enter="${hold:-6000000}":when="$count" \
    "$goldhive" "$@" >"$dir/held.out" 2>"$dir/held.err" &
  holder=$!
  sleep "${after:-1.5}"
}
# opens PATH ARGUMENTS: how often goldhive opens PATH before it does so for writing
opens() {
  local path=$1
  shift
  strace -qq -o "$dir/trace" -P "$path" -e trace=openat,openat2 "$goldhive" "$@" >/dev/null 2>&1 || true
  awk '/O_RDWR/ {print NR; found = 1; exit} END {if (!found) print NR}' "$dir/trace"
}
# peak_of ARGUMENTS: the most memory that goldhive takes, in KB, until it ends or for a minute
peak_of() {
  python3 - "$goldhive" "$@" <<'PYTHON'
import resource, subprocess, sys
try:
    subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=60)
except subprocess.TimeoutExpired:
    pass
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
PYTHON
}
harmed() { verdict="HARMED: $*"; }
lacking() { verdict="not tried: $*"; }

# --- 1. A folder's journal that names a disk inside an image, whose extent lies elsewhere
attack_1_journal_through_qemu() {
  local victim=$dir/victim/file
  mkdir -p "$dir/victim" "$dir/images"
  head -c $((2 * MiB)) /dev/zero | tr '\0' v >"$victim"
  needs_fix "$dir/tree"
  cp "$dir/tree/$config/SOFTWARE" "$dir/images/SOFTWARE"
  vmdk_over "$victim" "$dir/images/x.vmdk"
  forge journal "$dir/images/goldhive-journal" "SOFTWARE=$(stat -c %s "$dir/images/SOFTWARE")" \
    "x.vmdk.goldhive-disk=$((2 * MiB))" "1@0:65*4096:any"
  run recover "$dir/images/SOFTWARE"
  run recover "$dir/images/x.vmdk"
  [ "$(head -c 1 "$victim")" = v ] || harmed "a file outside of the folder was written"
}
vmdk_over() { # EXTENT VMDK [SIZE]
  cat >"$2" <<TEXT
# Disk DescriptorFile
version=1
CID=fffffffe
parentCID=ffffffff
createType="monolithicFlat"
RW $((${3:-$(stat -c %s "$1")} / 512)) FLAT "$1" 0
ddb.adapterType = "ide"
ddb.geometry.sectors = "63"
ddb.geometry.heads = "16"
ddb.geometry.cylinders = "4"
TEXT
}
attack_1_any_content_is_plausible() {
  needs_fix "$dir/tree"
  local hive=$dir/tree/$config/SOFTWARE
  sha256sum "$hive" >"$dir/sum"
  forge journal "$hive.goldhive-journal" "SOFTWARE=$(stat -c %s "$hive")" "0@0:65*4096:any"
  run recover "$dir/tree"
  sha256sum --status -c "$dir/sum" || harmed "a journal with an edit for every byte was rolled back"
}

# --- 2. The record of a replacement whose old file is another one
attack_2_old_file_is_a_link() { old_file_elsewhere ln -s; }
attack_2_old_file_of_other_bytes() { old_file_elsewhere cp; }
old_file_elsewhere() { # COMMAND that puts the ready archive there
  needs_fix "$dir/tree"
  ready "$dir/ready"
  mkdir "$dir/elsewhere"
  tar -cf "$dir/x.tar" -C "$dir/tree" .
  tar -cf "$dir/elsewhere/ready.tar" -C "$dir/ready" .
  run scan "$dir/elsewhere/ready.tar"
  [ "$status" = 0 ] || { echo "the ready archive is not ready" >&2 && exit 1; }
  forge record "$dir/x.tar.goldhive-replacing" x.tar "$dir/x.tar" "$dir/x.tar"
  "$@" "$dir/elsewhere/ready.tar" "$dir/x.tar.goldhive-old"
  run scan "$dir/x.tar"
  [ "$status" != 0 ] || harmed "a scan passed by the bytes of another file"
}

# --- 3. The new file is swapped for a link before it gets its attributes
attack_3_attributes_through_a_link() {
  needs_fix "$dir/tree"
  tar -czf "$dir/x.tar.gz" -C "$dir/tree" .
  chmod 666 "$dir/x.tar.gz"
  echo secret >"$dir/victim" && chmod 600 "$dir/victim"
  held_at "$dir/x.tar.gz.goldhive-new" 2 patch "$dir/x.tar.gz"
  rm -f "$dir/x.tar.gz.goldhive-new"
  ln -s "$dir/victim" "$dir/x.tar.gz.goldhive-new"
  wait $holder || true
  [ "$(stat -c %a "$dir/victim")" = 600 ] || harmed "a file got the mode of the target"
}

# --- 4. Two patches, one of which reads before the other writes
attack_4_two_patches() {
  needs_fix "$dir/tree"
  cp -a "$dir/tree" "$dir/try"
  local count first=0 second
  count=$(opens "$dir/try/$config/SYSTEM" patch --only schannel.tls11.client "$dir/try")
  held_at "$dir/tree/$config/SYSTEM" "$count" patch --only schannel.tls11.client "$dir/tree"
  run patch --only schannel.tls12.client "$dir/tree"
  second=$status
  wait $holder || first=$?
  run verify "$dir/tree"
  [ "$status" = 0 ] || { harmed "the hive is broken, and the patches ended with $first and $second" && return 0; }
  [ $second -lt 2 ] || return 0
  run plan --only schannel.tls12.client "$dir/tree"
  [ "$status" = 0 ] || harmed "what a patch did is lost; the patches ended with $first and $second"
}

# --- 5. Parts and parents elsewhere
attack_5_extent_elsewhere() {
  mkdir -p "$dir/victim" "$dir/images"
  needs_fix "$dir/tree"
  disk_with "$dir/tree" "$dir/victim/disk.raw"
  sha256sum "$dir/victim/disk.raw" >"$dir/sum"
  vmdk_over "$dir/victim/disk.raw" "$dir/images/x.vmdk"
  run scan "$dir/images/x.vmdk"
  ! has_verdict || harmed "a file outside of the folder was read"
  run patch "$dir/images/x.vmdk"
  sha256sum --status -c "$dir/sum" || harmed "a file outside of the folder was written"
}
attack_5_backing_file_elsewhere() {
  mkdir -p "$dir/victim" "$dir/images"
  needs_fix "$dir/tree"
  disk_with "$dir/tree" "$dir/victim/disk.raw"
  qemu-img create -q -f qcow2 -F raw -b "$dir/victim/disk.raw" "$dir/images/x.qcow2"
  run scan "$dir/images/x.qcow2"
  ! has_verdict || harmed "a file outside of the folder was read"
}

# --- 6. Journals, records and undo files of another user
attack_6_journal_of_a_stranger() {
  needs_fix "$dir/tree"
  local hive=$dir/tree/$config/SOFTWARE
  forge journal "$hive.goldhive-journal" "SOFTWARE=$(stat -c %s "$hive")" \
    "0@0:$(head -c 4096 "$hive" | od -An -v -tx1 | tr -d ' \n'):65*4096"
  give_away "$hive.goldhive-journal" || return 0
  run scan "$dir/tree"
  ! has_verdict || harmed "the journal of another user was believed"
}
attack_6_undo_file_of_a_stranger() {
  needs_fix "$dir/tree"
  run patch "$dir/tree"
  give_away "$dir/tree.goldhive-undo" || return 0
  run undo "$dir/tree"
  [ "$status" != 0 ] || harmed "the undo file of another user was believed"
}
give_away() {
  chown $stranger "$1" 2>/dev/null && return 0
  lacking "root, to give a file to another user"
  return 1
}

# --- 7. Verdicts on rubble
attack_7_faults_on_the_way() {
  verdicts_on bin-signature-later bin-offset key-parent list-unsorted list-hash security-none security-outside \
    security-signature security-length value-same-name
}
attack_7_flipped_byte_in_a_log() { verdicts_on old-checksum new-hash-of-data; }
# verdicts_on NAME...: each a SOFTWARE of the hostile fixtures, in a Windows that is ready
verdicts_on() {
  local name log hive passed=()
  "$fixtures" hostile "$dir/hostile"
  for name; do
    "$fixtures" make windows-7-sp1-x64-ready "$dir/$name"
    hive=$dir/$name/$config/SOFTWARE
    cp "$dir/hostile/$name" "$hive"
    for log in LOG1 LOG2; do
      [ ! -e "$dir/hostile/$name.$log" ] || cp "$dir/hostile/$name.$log" "$hive.$log"
    done
    run scan "$dir/$name"
    ! has_verdict || passed+=("$name")
  done
  [ ${#passed[@]} -eq 0 ] || harmed "verdicts on hives with faults: ${passed[*]}"
}

# --- 8. Holes that are read
attack_8_journal_of_holes() {
  needs_fix "$dir/tree"
  forge claim "$dir/tree/$config/SOFTWARE.goldhive-journal" $((200 << 30))
  limit=15 run scan "$dir/tree"
  [ "$status" != 124 ] || harmed "a scan of a hive with a sparse journal beside it did not end in 15 s"
}
attack_8_sparse_member() {
  mkdir -p "$dir/tree/$config"
  truncate -s 8T "$dir/tree/$config/SOFTWARE" 2>/dev/null || { lacking "files of 8 TiB" && return 0; }
  tar -S -cf "$dir/x.tar" -C "$dir/tree" .
  limit=15 run scan --max-unpacked 1G "$dir/x.tar"
  [ "$status" != 124 ] || { harmed "8 TiB of holes were read in spite of --max-unpacked 1G" && return 0; }
  grep -q 'max-unpacked' "$dir/err" "$dir/out" || harmed "8 TiB pass --max-unpacked 1G"
}
attack_8_hangup() {
  local child n
  needs_fix "$dir/one"
  for n in {1..60}; do cp -al "$dir/one" "$dir/tree$n"; done
  strace -qq -o /dev/null -e trace=openat -e inject=openat:delay_enter=20000 \
    "$goldhive" scan -o "$dir/report" "$dir"/tree* >"$dir/out" 2>"$dir/err" &
  child=$!
  sleep 2
  kill -HUP "$(pgrep -P $child)"
  status=0
  { wait $child || status=$?; } 2>/dev/null # bash says "Hangup"
  # 129: killed by the signal, and nobody has told what was done until then.
  [ "$status" = 130 ] || harmed "a hangup ends goldhive with $status, and no report says what was done"
}

# --- 9. A scan that opens one hive before a patch ends, and the other one after it
attack_9_scan_of_two_states() {
  needs_fix "$dir/tree"
  strace -qq -o /dev/null -e trace=rename,renameat2 -e inject=rename,renameat2:delay_enter=6000000:when=2 \
    "$goldhive" patch "$dir/tree" >/dev/null 2>&1 &
  local patch=$! old new
  sleep 2
  hold=9000000 held_at "$dir/tree/$config/SYSTEM" 1 scan "$dir/tree"
  wait $patch || true
  wait $holder && status=0 || status=$?
  old=$(grep -c 'fail  winhttp' "$dir/held.out" || true)
  new=$(grep -c 'pass  schannel.tls12' "$dir/held.out" || true)
  if has_verdict && [ "$old" -gt 0 ] && [ "$new" -gt 0 ]; then harmed "SOFTWARE was old and SYSTEM new"; fi
}

# --- 10. Numbers, room, characters
attack_10_undo_numbers() {
  needs_fix "$dir/tree"
  echo mine >"$dir/tree.goldhive-undo.4294967296"
  run patch "$dir/tree"
  [ -e "$dir/tree.goldhive-undo.4294967297" ] || harmed "the number of an undo file wrapped"
}
attack_10_full_disk() {
  mkdir "$dir/small"
  mount -t tmpfs -o size=2m tmpfs "$dir/small" 2>/dev/null || { lacking "root, to mount a small disk" && return 0; }
  needs_fix "$dir/small/tree"
  sha256sum "$dir/small/tree/$config/SOFTWARE" >"$dir/sum"
  run patch "$dir/small/tree"
  dd if=/dev/zero of="$dir/small/fill" bs=4096 >/dev/null 2>&1 || true
  run undo "$dir/small/tree"
  sha256sum --status -c "$dir/sum" || harmed "there is no room to take a patch back"
  umount "$dir/small"
}
attack_10_characters() {
  local name
  name=$dir/$(printf 'a\302\233b\342\200\256c')
  needs_fix "$name"
  run scan -f json "$name"
  ! LC_ALL=C grep -qP '\xc2\x9b|\xe2\x80\xae' "$dir/out" || harmed "C1 and bidi characters stand raw in JSON"
}
attack_10_many_targets() {
  local few many
  needs_fix "$dir/tree"
  few=$(peak 100)
  many=$(peak 2100)
  [ $((many - few)) -lt 20000 ] || harmed "2000 more targets took $((many - few)) KB more"
}
peak() { # COUNT: the peak memory of a scan of so many targets, in KB
  local n
  for ((n = 0; n < $1; ++n)); do echo "$dir/tree/$config/SYSTEM"; done >"$dir/list"
  peak_of scan "@$dir/list"
}

# --- 11. One tree that is refused
attack_11_refused_tree() {
  "$fixtures" make dirty-7-no-logs "$dir/trees/a"
  needs_fix "$dir/trees/b"
  run patch --protocols tls1.1,tls1.2 "$dir/trees"
  [ -e "$dir/trees/b.goldhive-undo" ] || [ -e "$dir/trees.goldhive-undo" ] ||
    harmed "a tree that was refused keeps its neighbour from being patched"
}

# --- 13. Hard links
attack_13_snapshots() {
  needs_fix "$dir/today"
  cp -al "$dir/today" "$dir/yesterday"
  sha256sum "$dir/yesterday/$config/SOFTWARE" >"$dir/sum"
  run patch "$dir/today"
  sha256sum --status -c "$dir/sum" || harmed "a patch of one snapshot changed the other"
}

# --- 15. Cost by what a file says
attack_15_keys_that_claim() {
  needs_fix "$dir/tree"
  cat >"$dir/text.reg" <<'TEXT'
[Select]
"Current"=dword:1
"Default"=dword:1
"Failed"=dword:0
"LastKnownGood"=dword:1
[ControlSet001\Control\SecurityProviders\SCHANNEL\Protocols\{00001..40000}]
TEXT
  "$fixtures" hive "$dir/text.reg" "$dir/tree/$config/SYSTEM"
  "$here/one_bin.py" "$dir/tree/$config/SYSTEM"
  limit=20 run scan "$dir/tree"
  [ "$status" != 124 ] || harmed "$(stat -c %s "$dir/tree/$config/SYSTEM") bytes took more than 20 s"
}
attack_15_hive_of_holes() {
  needs_fix "$dir/tree"
  "$here/one_bin.py" "$dir/tree/$config/SOFTWARE" $((0x7fe00000))
  local kilobytes
  kilobytes=$(peak_of scan "$dir/tree")
  [ "$kilobytes" -lt 500000 ] || harmed "a hive of holes took $kilobytes KB of memory"
}

# --- 16. Rules on which reader and writer disagree
attack_16_patched_parent() {
  needs_fix "$dir/tree"
  disk_with "$dir/tree" "$dir/disk.raw"
  "$fixtures" child-vhd "$dir/disk.raw" "$dir/parent.vhd" "$dir/child.vhd" || { lacking "a build that makes children" && return 0; }
  run scan "$dir/child.vhd"
  has_verdict || { echo "the child is not read: $(cat "$dir/err")" >&2 && exit 1; }
  run patch "$dir/parent.vhd"
  run scan "$dir/child.vhd"
  ! has_verdict || harmed "the verdict of a child changed with its parent, without a word"
}
attack_16_vhdx_cut_off() {
  needs_fix "$dir/tree"
  disk_with "$dir/tree" "$dir/disk.raw"
  container "$dir/disk.raw" "$dir/x.vhdx" vhdx subformat=dynamic,block_size=1M
  truncate -s -1M "$dir/x.vhdx"
  run scan "$dir/x.vhdx"
  ! has_verdict || harmed "a VHDX that was cut off has a verdict"
}

# --- 17. Smaller ones
attack_17_sequence_numbers_wrap() {
  local hive=$dir/tree/$config/SOFTWARE
  sed 's#sequence=812/812#sequence=4294967294/4294967294#' "$here/../relics/small.recipe" >"$dir/x.recipe"
  "$fixtures" make "$dir/x.recipe" "$dir/tree"
  log_after "$hive" 5 # the numbers have wrapped there
  run patch "$dir/tree"
  [ "$(od -An -tu4 -j4 -N4 "$hive" | tr -d ' ')" = 6 ] ||
    harmed "a log beside the hive is later than the patch, so that Windows would replay it"
}
log_after() { # HIVE NUMBER: a log of the new format, without entries
  python3 - "$1" "$2" <<'PYTHON'
import functools, operator, struct, sys
head = bytearray(open(sys.argv[1], "rb").read(512))
struct.pack_into("<II", head, 4, int(sys.argv[2]), int(sys.argv[2]))
struct.pack_into("<I", head, 28, 6)
struct.pack_into("<I", head, 508, functools.reduce(operator.xor, struct.unpack_from("<127I", head)))
open(sys.argv[1] + ".LOG1", "wb").write(head)
PYTHON
}

# --- 18. What was found in the successor of 0.1.0
attack_18_closed_descriptors() {
  needs_fix "$dir/tree"
  tar -cf "$dir/x.tar" -C "$dir/tree" .
  cp "$dir/x.tar" "$dir/before.tar"
  # Whoever is told anything gets it on the descriptor that the image has.
  HIVEX_DEBUG=1 "$goldhive" patch "$dir/x.tar" <&- >&- 2>&- || true
  run undo "$dir/x.tar"
  cmp -s "$dir/x.tar" "$dir/before.tar" || harmed "what was to be said is in the image, and no undo takes it out"
}
attack_18_cut_without_record() {
  needs_fix "$dir/tree"
  local hive=$dir/tree/$config/SOFTWARE
  sha256sum "$hive" >"$dir/sum"
  forge journal "$dir/tree/$config/goldhive-journal" "SOFTWARE=8192-$((1 << 62))"
  run recover "$dir/tree"
  sha256sum --status -c "$dir/sum" || harmed "a journal that knows nothing of the hive cut it off"
}
attack_18_journal_of_sparse_records() {
  mkdir "$dir/images"
  truncate -s 20G "$dir/images/x.raw" 2>/dev/null || { lacking "files of 20 GiB" && return 0; }
  forge holes "$dir/images/x.raw.goldhive-journal" x.raw $((20 << 30))
  limit=15 run scan "$dir/images/x.raw"
  [ "$status" != 124 ] || harmed "a scan of a sparse disk with a sparse journal beside it did not end in 15 s"
}
attack_18_journal_beside_many() {
  local n
  needs_fix "$dir/tree"
  mkdir "$dir/hives"
  cp "$dir/tree/$config/SOFTWARE" "$dir/hives"
  for n in {1..2000}; do cp "$dir/tree/$config/SYSTEM" "$dir/hives/h$n"; done
  truncate -s 32M "$dir/hives/SOFTWARE"
  forge holes "$dir/hives/goldhive-journal" SOFTWARE $((32 << 20)) 20
  limit=60 run scan "$dir/hives"
  [ "$status" != 124 ] || harmed "one journal was read again for each of 2000 files beside it"
}
attack_18_found_and_swapped() {
  needs_fix "$dir/tree"
  mkdir "$dir/images" "$dir/victim"
  tar -cf "$dir/victim/x.tar" -C "$dir/tree" .
  cp "$dir/victim/x.tar" "$dir/images/1.tar"
  cp "$dir/victim/x.tar" "$dir/images/2.tar"
  sha256sum "$dir/victim/x.tar" >"$dir/sum"
  strace -f -qq -o /dev/null -e trace=fsync -e inject=fsync:delay_enter=4000000:when=1 \
    "$goldhive" patch "$dir/images" >"$dir/out" 2>"$dir/err" &
  local patch=$!
  sleep 2
  ln -sf ../victim/x.tar "$dir/images/2.tar"
  wait $patch || true
  sha256sum --status -c "$dir/sum" || harmed "an image outside of the folder was patched"
}
attack_18_pipe_as_extent() {
  mkdir "$dir/images"
  mkfifo "$dir/images/flat"
  vmdk_over flat "$dir/images/x.vmdk" $((24 * MiB))
  limit=15 run scan "$dir/images/x.vmdk"
  [ "$status" != 124 ] || harmed "a scan of a VMDK whose extent is a pipe did not end in 15 s"
}
attack_18_device_as_extent() {
  local loop
  mkdir "$dir/images"
  needs_fix "$dir/tree"
  disk_with "$dir/tree" "$dir/disk.raw"
  sha256sum "$dir/disk.raw" >"$dir/sum"
  loop=$(losetup -f --show "$dir/disk.raw" 2>/dev/null) || { lacking "loop devices" && return 0; }
  mknod "$dir/images/flat" b $((0x$(stat -c %t "$loop"))) $((0x$(stat -c %T "$loop")))
  vmdk_over flat "$dir/images/x.vmdk" $((24 * MiB))
  run patch "$dir/images/x.vmdk"
  sync "$dir/disk.raw"
  losetup -d "$loop"
  sha256sum --status -c "$dir/sum" || harmed "a disk of the host was written through a device node"
}
attack_18_part_with_other_names() {
  mkdir "$dir/images"
  needs_fix "$dir/tree"
  disk_with "$dir/tree" "$dir/images/flat"
  ln "$dir/images/flat" "$dir/snapshot"
  sha256sum "$dir/snapshot" >"$dir/sum"
  vmdk_over flat "$dir/images/x.vmdk" $((24 * MiB))
  run patch "$dir/images/x.vmdk"
  sha256sum --status -c "$dir/sum" || harmed "a snapshot changed with the extent that it shares"
}
attack_18_links_cut_off() {
  needs_fix "$dir/today"
  local when mixed=0
  for when in {3..12}; do
    cp -a "$dir/today" "$dir/t"
    cp -al "$dir/t" "$dir/y"
    strace -f -qq -o /dev/null -e trace=fsync -e inject=fsync:signal=KILL:when=$when \
      "$goldhive" patch --all-links "$dir/t" >/dev/null 2>&1 || true
    if [ -e "$dir/t/$config/goldhive-journal" ] && ! cmp -s "$dir/y/$config/SOFTWARE" "$dir/today/$config/SOFTWARE" &&
      cmp -s "$dir/y/$config/SYSTEM" "$dir/today/$config/SYSTEM"; then
      mixed=1
      run scan "$dir/y"
      ! has_verdict || harmed "a verdict on a new SOFTWARE with an old SYSTEM, under other names"
    fi
    rm -rf "$dir/t" "$dir/y"
  done
  [ $mixed = 1 ] || lacking "a patch that was cut off between two hives"
}
attack_18_links_in_an_image() {
  needs_fix "$dir/tree"
  mkdir "$dir/tree/kept"
  ln "$dir/tree/$config/SOFTWARE" "$dir/tree/kept/SOFTWARE"
  tar -cf "$dir/x.tar" -C "$dir/tree" Windows kept
  sha256sum "$dir/x.tar" >"$dir/sum"
  run patch "$dir/x.tar"
  sha256sum --status -c "$dir/sum" || harmed "another file of the tar changed with the hive that it links to"
}
attack_18_two_headers_of_a_zip() {
  needs_fix "$dir/tree"
  (cd "$dir/tree" && python3 -m zipfile -c ../x.zip Windows)
  python3 - "$dir/x.zip" <<'PYTHON'
import re
import sys
data = bytearray(open(sys.argv[1], "rb").read())
record = re.search(rb"PK\x01\x02.{42}Windows/System32/config/SOFTWARE(?=PK)", data, re.DOTALL)
data[record.start() + 16] ^= 1  # the CRC in the directory
open(sys.argv[1], "wb").write(data)
PYTHON
  run scan "$dir/x.zip"
  ! has_verdict || harmed "a verdict on a member that 7z and Python call damaged"
}
attack_18_mount_point() {
  needs_fix "$dir/tree"
  tar -czf "$dir/x.tgz" -C "$dir/tree" .
  : >"$dir/mounted"
  mount --bind "$dir/x.tgz" "$dir/mounted" 2>/dev/null || { lacking "root, to mount a file" && return 0; }
  run patch "$dir/mounted"
  run recover "$dir/mounted"
  umount "$dir/mounted"
  [ "$status" = 0 ] || harmed "what a patch left cannot be recovered"
}

# --- 19. Found after those
attack_19_names_since_the_patch() {
  needs_fix "$dir/tree"
  run patch "$dir/tree/$config/SOFTWARE"
  ln "$dir/tree/$config/SOFTWARE" "$dir/snapshot"
  sha256sum "$dir/snapshot" >"$dir/sum"
  run undo "$dir/tree/$config/SOFTWARE"
  sha256sum --status -c "$dir/sum" || harmed "an undo changed a name that the file got after its patch"
}
attack_19_parent_of_a_qcow2() {
  needs_fix "$dir/tree"
  disk_with "$dir/tree" "$dir/base.raw"
  qemu-img create -q -f qcow2 -F raw -b base.raw "$dir/child.qcow2"
  sha256sum "$dir/base.raw" >"$dir/sum"
  run patch "$dir/base.raw"
  sha256sum --status -c "$dir/sum" || harmed "the disk of a child changed, without a word"
}
attack_19_file_of_the_user() {
  needs_fix "$dir/tree"
  tar -czf "$dir/x.tgz" -C "$dir/tree" .
  for name in x.tgz.goldhive-new x.tgz.goldhive-journal.new goldhive-journal.new x.tgz.goldhive-undo.new; do
    echo precious >"$dir/$name"
  done
  sha256sum "$dir"/*.new "$dir"/*-new >"$dir/sum"
  run recover "$dir/x.tgz"
  run patch "$dir/x.tgz"
  sha256sum --status -c "$dir/sum" || harmed "a file of the user was removed by its name"
}
attack_19_report_over_a_parent() {
  head -c 1000000 /dev/urandom >"$dir/base.raw"
  qemu-img create -q -f qcow2 -F raw -b base.raw "$dir/child.qcow2"
  sha256sum "$dir/base.raw" >"$dir/sum"
  needs_fix "$dir/tree"
  run scan "$dir/tree" -o "$dir/base.raw"
  sha256sum --status -c "$dir/sum" || harmed "a report was written over the parent of a disk"
}

attacks=("$@")
[ ${#attacks[@]} -gt 0 ] || mapfile -t attacks < <(compgen -A function attack_ | sort -t_ -k2,2n -k3)
bad=0
for attack in "${attacks[@]}"; do
  dir=$work/$attack
  mkdir "$dir"
  verdict=held
  "attack_${attack#attack_}"
  printf '%-40s %s\n' "${attack#attack_}" "$verdict"
  [[ $verdict != HARMED* ]] || bad=$((bad + 1))
done
echo "$bad of ${#attacks[@]} attacks harmed"
[ "$bad" -eq 0 ]
