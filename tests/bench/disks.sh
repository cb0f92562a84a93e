# shellcheck shell=bash
# shellcheck disable=SC2154  # goldhive, fixtures, work: set by the scripts that read it
# Read by the scripts beside it, after hives.sh: disks with a Windows 7 on them, made without root.
#
# One MBR partition. mkntfs formats it in a file of its own, goldhive-fixtures puts files in, sfdisk
# and qemu-img put it in its place. All sparse.
PATH=$PATH:/usr/sbin:/sbin
MiB=$((1 << 20))

disk_tools() {
  local tool
  for tool in mkntfs sfdisk qemu-img; do have "$tool" || exit 1; done
}

# windows_tree DIR [SOFTWARE] [OTHER_FILES]: Windows 7 SP1 x64 of the fixtures, with that SOFTWARE in
# place of the small one and so many files of 40 KB of noise: a few thousand in System32, the others
# in component folders of winsxs, as a Windows has them.
windows_tree() {
  local config=$1/Windows/System32/config count=${3:-0} here
  "$fixtures" make windows-7-sp1-x64 "$1"
  if [ -n "${2:-}" ]; then cp "$2" "$config/SOFTWARE"; fi
  [ "$count" -gt 0 ] || return 0
  here=$((count / 2 < 3000 ? count / 2 : 3000))
  noise "$here" "$1/Windows/System32/component-"
  components "$((count - here))" "$1/Windows/winsxs"
}
noise() { # COUNT PREFIX
  head -c $(($1 * 40000)) /dev/urandom | split -b 40000 -a 5 -d --additional-suffix=.dll - "$2"
}
components() { # COUNT DIR [NAME]: so many files in DIR, in folders of six
  local pool=$2/pool name=${3:-amd64_component}
  mkdir -p "$pool"
  noise "$1" "$pool/"
  (cd "$pool" && printf '%s\n' * | awk -v name="$name" '
    {folder = sprintf("../%s_31bf3856ad364e35_6.1.7601.17514_none_%016x", name, int((NR - 1) / 6))}
    NR % 6 == 1 {print "mkdir " folder}
    {files = files " " $0}
    NR % 6 == 0 {print "mv" files " " folder; files = ""}
    END {if (files != "") print "mv" files " " folder}' | sh)
  rmdir "$pool"
}

# For mkntfs and for goldhive-fixtures ntfs.
mkntfs_options=() fill_options=()

# ntfs_volume FILE SIZE TREE...
ntfs_volume() {
  local volume=$1 tree
  truncate -s "$2" "$volume"
  mkntfs -F -Q -q "${mkntfs_options[@]}" "$volume" >/dev/null 2>&1
  shift 2
  for tree; do "$fixtures" ntfs "$volume" "$tree" "${fill_options[@]}"; done
}

# disk_of VOLUME DISK START: a disk with that volume at START bytes and 1 MiB behind it
disk_of() {
  local size
  size=$(stat -c %s "$1")
  rm -f "$2"
  truncate -s $(($3 + size + MiB)) "$2"
  echo "label: dos
start=$(($3 / 512)), size=$((size / 512)), type=7" | sfdisk -q "$2"
  qemu-img convert -n --target-is-zero -f raw --target-image-opts "$1" \
    "driver=raw,offset=$3,size=$size,file.driver=file,file.filename=$2"
}

# raw_disk FILE SIZE TREE: the volume at 1 MiB
raw_disk() {
  ntfs_volume "$1.volume" $(($2 - 2 * MiB)) "$3"
  disk_of "$1.volume" "$1" "$MiB"
  rm -f "$1.volume"
}

# container RAW FILE FORMAT [OPTIONS]: as another container, formats and options as qemu-img has them
container() { qemu-img convert -f raw -O "$3" ${4:+-o "$4"} "$1" "$2"; }

# The partition of a disk by raw_disk as qemu sees it: a description for --image-opts.
partition_of() { # FILE FORMAT SIZE_OF_DISK
  echo "driver=raw,offset=$MiB,size=$(($3 - 2 * MiB)),file.driver=$2,file.file.driver=file,file.file.filename=$1"
}
