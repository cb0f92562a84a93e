# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154  # goldhive, fixtures, work, MiB: of the scripts that read it, and for them
# Read by other scripts after hives.sh and disks.sh: a small target of every kind that can be patched, each
# such that the patch has the most to do: the hive of a tree and of a disk grows, and the container must
# allocate a block for it. The Windows is that of tests/relics/small.recipe.
victim_kinds=(tree hive raw vhd vhdx qcow2 vmdk vdi wim wim-compact zip zip-stored tar tar-grown tar-gz)
config=Windows/System32/config
victims_here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

victim_tools() {
  local tool
  disk_tools
  for tool in ntfscluster ntfscat qemu-nbd wimlib-imagex zip unzip jq strace; do have "$tool" || exit 1; done
}

# victim KIND: makes $work/KIND/original with the target in it. Sets `target`, its name, and
# `patch_options`.
victim() {
  local kind=$1 folder=$work/$1/original
  patch_options=(--timestamp "$stamp")
  [ "$kind" != wim-compact ] || patch_options+=(--compact)
  target=$(victim_name "$kind")
  [ ! -e "$folder/$target" ] || return 0
  mkdir -p "$folder"
  victim_trees
  case $kind in
    tree) cp -a "$work/full" "$folder/$target" ;;
    hive) cp "$work/full/$config/SOFTWARE" "$folder/$target" ;;
    raw) victim_disk && cp --sparse=always "$work/disk.raw" "$folder/$target" ;;
    vhd) victim_disk && container "$work/disk.raw" "$folder/$target" vpc subformat=dynamic,force_size=on ;;
    vhdx) victim_disk && container "$work/disk.raw" "$folder/$target" vhdx subformat=dynamic,block_size=1M ;;
    qcow2 | vmdk | vdi) victim_disk && container "$work/disk.raw" "$folder/$target" "$kind" ;;
    wim | wim-compact) # two images with the same hives
      wimlib-imagex capture "$work/full" "$folder/$target" one --compress=LZX --check --boot >/dev/null
      wimlib-imagex append "$work/full" "$folder/$target" two >/dev/null
      ;;
    zip) (cd "$work/full" && zip -qr "$folder/$target" .) ;;
    zip-stored) (cd "$work/room" && zip -q0r "$folder/$target" .) ;;
    tar) tar -C "$work/room" --sort=name -cf "$folder/$target" . ;;
    tar-grown) tar -C "$work/full" --sort=name -cf "$folder/$target" . ;;
    tar-gz) tar -C "$work/full" --sort=name -czf "$folder/$target" . ;;
    *) echo "no kind '$kind'; there are: ${victim_kinds[*]}" >&2 && exit 2 ;;
  esac
}
victim_name() { # KIND
  case $1 in
    tree) echo tree ;;
    hive) echo SOFTWARE ;;
    wim | wim-compact) echo install.wim ;;
    zip | zip-stored) echo backup.zip ;;
    tar | tar-grown) echo backup.tar ;;
    tar-gz) echo backup.tar.gz ;;
    *) echo "disk.$1" ;;
  esac
}
# The trees: with room in SOFTWARE ($work/room), and without, so that the patch makes it grow.
victim_trees() {
  local recipe=$victims_here/../relics/small.recipe
  [ ! -e "$work/full" ] || return 0
  "$fixtures" make "$recipe" "$work/room"
  sed 's#sequence=812/812$#& full=yes#' "$recipe" >"$work/full.recipe"
  "$fixtures" make "$work/full.recipe" "$work/full"
}
# $work/disk.raw: its partition starts so that SOFTWARE, written last, ends where a block of 2 MiB of the
# container does: the next cluster lies in a block that is not there yet.
victim_disk() {
  local end block=$((2 * MiB))
  [ ! -e "$work/disk.raw" ] || return 0
  cp -a "$work/full" "$work/rest"
  mkdir -p "$work/last/$config"
  mv "$work/rest/$config/SOFTWARE" "$work/last/$config"
  ntfs_volume "$work/volume" $((8 * MiB)) "$work/rest" "$work/last"
  end=$(ntfscluster -q -f -F $config/SOFTWARE "$work/volume" |
    awk 'NF == 3 && $1 + 0 == $1 {end = $2 + $3} END {print end * 4096}')
  disk_of "$work/volume" "$work/disk.raw" $((MiB + block - (end + MiB) % block))
}

# content TARGET: a digest of what lies there: the hives of a tree, the disk in a container of qemu's, the
# bytes of any other file
content() {
  case $1 in
    */tree) cat "$1/$config/SOFTWARE" "$1/$config/SYSTEM" | sha256sum ;;
    *.qcow2 | *.vmdk | *.vdi) qemu-img convert -O raw "$1" "$work/content" && sha256sum <"$work/content" ;;
    *) sha256sum <"$1" ;;
  esac
}

# seen TARGET: a digest of what goldhive reads there, through a journal if there is one. Fails, with the
# reason in $work/seen.err, where the target is an error.
seen() {
  "$goldhive" scan -f json "$1" >"$work/seen.json" 2>"$work/seen.err" || true
  jq -e '.targets[0].error == null' "$work/seen.json" >/dev/null || return 1
  view_of "$work/seen.json" "$1"
}
# view_of REPORT TARGET: a digest of what it says of the installations
view_of() {
  sed "s#${2%/*}/##g" "$1" | jq -cS '.targets[0].installations | map(del(.warnings))' | sha256sum
}

# is_sound TARGET: every hive in it, to goldhive verify and, where GOLDHIVE_HIVE_CHECKER names one, to a
# second program that is given a hive and, where it finds a fault, fails or has "errors" above 0 in the
# JSON of its first line.
is_sound() {
  local hive out
  "$goldhive" verify "$1" >"$work/verify.out" 2>&1 || { cat "$work/verify.out" && return 1; }
  [ -n "${GOLDHIVE_HIVE_CHECKER:-}" ] || return 0
  rm -rf "$work/hives" && mkdir "$work/hives"
  hives_of "$1" "$work/hives"
  for hive in "$work"/hives/*; do
    out=$("$GOLDHIVE_HIVE_CHECKER" "$hive") || { echo "$hive: $out" && return 1; }
    jq -e '(.errors // 0) == 0' >/dev/null <<<"${out%%$'\n'*}" || { echo "$hive: $out" && return 1; }
  done
}
# hives_of TARGET DIR: the hives, taken out by the tools of their formats
hives_of() {
  local hive image
  for hive in SOFTWARE SYSTEM; do
    case $1 in
      */SOFTWARE) [ $hive = SYSTEM ] || cp "$1" "$2/$hive" ;;
      */tree) cp "$1/$config/$hive" "$2" ;;
      *.wim)
        for image in 1 2; do
          wimlib-imagex extract "$1" $image "/$config/$hive" --to-stdout >"$2/$hive.$image" 2>/dev/null
        done
        ;;
      *.tar | *.tar.gz) tar -xOf "$1" "./$config/$hive" >"$2/$hive" ;;
      *.zip) unzip -p "$1" "$config/$hive" >"$2/$hive" ;;
      *) hive_of_disk "$1" $hive >"$2/$hive" ;;
    esac
  done
}
hive_of_disk() { # DISK HIVE
  qemu-img convert -O raw "$1" "$work/hives.raw"
  local start
  start=$(sfdisk -d "$work/hives.raw" | sed -n 's/.*start= *\([0-9]*\),.*/\1/p')
  tail -c +$((start * 512 + 1)) "$work/hives.raw" >"$work/hives.volume"
  ntfscat "$work/hives.volume" "$config/$2" 2>/dev/null
}
