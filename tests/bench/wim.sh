#!/usr/bin/env bash
# `goldhive scan` and `patch` of a WIM of three images beside the usual road: wimextract, hivexget or
# hivexregedit, wimupdate. The same WIM in an ISO, beside extracting it first.
#
# The WIM is made once, which takes minutes, and kept in the folder GOLDHIVE_BENCH_WIM (else made in a
# temporary one): GOLDHIVE_BENCH_WIM_COMPRESSION is LZX as on the media of Windows, or XPRESS; captured
# from NTFS, so that every file has a security descriptor. GOLDHIVE_BENCH_WIM_FILES files an image
# (default 60000, of 40 KB, nine of ten of them in all three images), each image with a SOFTWARE of its
# own of 67 MB or a little less.
# Ratios are of the minimums: on a machine that has other work they are steadier than the medians.
#
#   tests/bench/wim.sh BUILD_DIR [RUNS]
set -euo pipefail
build=$(cd "$1" && pwd)
runs=${2:-10}
goldhive=$build/goldhive
fixtures=$build/fixtures/goldhive-fixtures
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=hives.sh
. "$here/hives.sh"
# shellcheck source-path=SCRIPTDIR source=disks.sh
. "$here/disks.sh"
# shellcheck source-path=SCRIPTDIR source=measure.sh
. "$here/measure.sh"
for tool in hyperfine mkntfs wimlib-imagex hivexget; do have "$tool" || exit 1; done

keep=${GOLDHIVE_BENCH_WIM:-$work/kept}
files=${GOLDHIVE_BENCH_WIM_FILES:-60000}
compression=${GOLDHIVE_BENCH_WIM_COMPRESSION:-LZX}
wim=$keep/install.wim iso=$keep/install.iso
config=Windows/System32/config
mkdir -p "$keep"

make_wim() {
  local tree=$keep/tree volume=$keep/volume image
  rm -rf "$tree" "$volume" "$wim.new"
  windows_tree "$tree" "" $((files * 9 / 10))
  for image in 1 2 3; do
    software_text $((1245 - image * 30)) >"$keep/text.reg"
    "$fixtures" hive "$keep/text.reg" "$tree/$config/SOFTWARE"
    rm -rf "$tree"/Windows/winsxs/x86_own_*
    components $((files / 10)) "$tree/Windows/winsxs" x86_own
    rm -f "$volume"
    ntfs_volume "$volume" 8G "$tree"
    if [ $image = 1 ]; then
      nice -n 19 wimlib-imagex capture "$volume" "$wim.new" "Edition $image" --compress="$compression" >/dev/null
    else
      nice -n 19 wimlib-imagex append "$volume" "$wim.new" "Edition $image" >/dev/null
    fi
  done
  rm -rf "$tree" "$volume" "$keep/text.reg"
  mv "$wim.new" "$wim"
}
[ -e "$wim" ] || make_wim
if [ ! -e "$iso" ] && have genisoimage; then
  mkdir -p "$keep/media/sources"
  ln -f "$wim" "$keep/media/sources/install.wim"
  genisoimage -quiet -udf -allow-limited-size -iso-level 3 -o "$iso.new" "$keep/media"
  mv "$iso.new" "$iso"
  rm -rf "${keep:?}/media"
fi

version='Microsoft\Windows NT\CurrentVersion'
winhttp='Microsoft\Windows\CurrentVersion\Internet Settings\WinHttp'
protocols='ControlSet001\Control\SecurityProviders\SCHANNEL\Protocols'

extract() { # WIM IMAGE HIVE...: by one call, so that the metadata is read once
  local wim=$1 image=$2
  shift 2
  echo "wimlib-imagex extract '$wim' $image $(printf " '/$config/%s'" "$@") --dest-dir='$work' --no-acls >/dev/null 2>&1"
}
get() {
  local key
  for key in "$version" "$winhttp" "Wow6432Node\\$winhttp"; do echo "hivexget '$work/SOFTWARE' '$key' >/dev/null"; done
  echo "hivexget '$work/SYSTEM' '$protocols' >/dev/null || :"
}

entries=$(wimlib-imagex dir "$wim" 1 | wc -l)
echo "install.wim, $compression: $(stat -c %s "$wim") bytes, 3 images of $entries files and folders; SOFTWARE:" \
  "$(wimlib-imagex dir --detailed "$wim" 1 --path="/$config/SOFTWARE" | sed -n 's/^Uncompressed size *= //p' | head -1)"
for cache in warm cold; do
  arguments=(--warmup 1 --runs "$runs")
  [ $cache = warm ] || arguments=(--runs 3 --prepare "dd if=$wim iflag=nocache count=0 status=none")
  echo
  echo "### scan of all three images, $cache; goldhive: $(reads "$wim")"
  echo
  add "goldhive scan" "$goldhive scan $wim"
  add "wimextract + hivexget of the same keys" \
    "$(for image in 1 2 3; do extract "$wim" $image SOFTWARE SYSTEM; get; done | script all)"
  measure "${arguments[@]}"
done
echo
echo "### scan of one image; goldhive: $(reads "$wim@2")"
echo
add "goldhive scan" "$goldhive scan $wim@2"
add "wimextract + hivexget of the same keys" "$( (extract "$wim" 2 SOFTWARE SYSTEM; get) | script one)"
measure --warmup 1 --runs "$runs"

# --- Patch. Both only append and then write the header, so the old WIM comes back by cutting the file
# and writing the header anew.
size=$(stat -c %s "$wim")
head -c 208 "$wim" >"$work/header"
cat >"$work/prepare" <<SH
truncate -s $size '$wim'
dd if='$work/header' of='$wim' conv=notrunc status=none
rm -f '$wim'.goldhive-*
sync '$wim'
SH
trap 'sh "$work/prepare"; rm -rf "$work"' EXIT
"$goldhive" plan --format reg "$wim@2" >"$work/plan.reg" || true
for hive in SOFTWARE SYSTEM; do
  awk -v hive="\\\\$hive(\\\\|])" '/^\[/ {ours = $0 ~ hive} NR == 1 || ours' "$work/plan.reg" >"$work/$hive.reg"
done
details() { # of the hives of image 2: what a patch must keep
  wimlib-imagex dir --detailed "$wim" 2 --path="/$config/SOFTWARE" |
    grep -E '^(Short Name|Attributes|Security Descriptor|Creation Time|Last Write Time)' | sha256sum
}
patch="$goldhive patch --timestamp $stamp $wim@2"
before=$(details)
$patch >/dev/null 2>"$work/log" || [ $? = 1 ] || { cat "$work/log" >&2; exit 1; }
grew=$(($(stat -c %s "$wim") - size))
[ "$(details)" = "$before" ] && ours=kept || ours=lost
wimlib-imagex dir "$wim" 2 >/dev/null
sh "$work/prepare"
merge() {
  : >"$work/update"
  extract "$wim" 2 SOFTWARE SYSTEM
  for hive in SOFTWARE SYSTEM; do
    printf "hivexregedit --merge --prefix 'HKEY_LOCAL_MACHINE\\%s' '%s' '%s'\n" "$hive" "$work/$hive" "$work/$hive.reg"
    echo "add '$work/$hive' '/$config/$hive'" >>"$work/update"
  done
  echo "wimlib-imagex update '$wim' 2 <'$work/update' >/dev/null 2>&1"
  echo "sync '$wim'"
}
add "goldhive patch" "$patch"
add "goldhive patch --no-cross-check" "$patch --no-cross-check"
theirs=-
if have hivexregedit; then
  usual=$(merge | script merge)
  $usual || true
  [ "$(details)" = "$before" ] && theirs=kept || theirs=lost
  sh "$work/prepare"
  add "wimextract + hivexregedit + wimupdate" "$usual"
fi
echo
echo "### patch of both hives of one image, $(grep -c '^"' "$work/plan.reg") values; goldhive: $grew bytes more," \
  "ACL, times, attributes $ours; wimupdate: $theirs"
echo
measure --prepare "sh $work/prepare" --runs 3
sh "$work/prepare"

# --- ISO
if [ -e "$iso" ] && have 7z; then
  extracted=$keep/extracted/install.wim
  sevenzip="7z e -y -o'$keep/extracted' '$iso' sources/install.wim >/dev/null"
  for cache in warm cold; do
    arguments=(--warmup 1)
    [ $cache = warm ] || arguments=(--prepare "dd if=$iso iflag=nocache count=0 status=none")
    echo
    echo "### scan of all three images in an ISO of $(stat -c %s "$iso") bytes, $cache; goldhive: $(reads "$iso")"
    echo
    add "goldhive scan of the ISO" "$goldhive scan $iso"
    add "7z e of install.wim then goldhive scan" \
      "$( (echo "$sevenzip"; echo "$goldhive scan '$extracted' >/dev/null") | script iso)"
    add "7z e of install.wim then wimextract + hivexget of the same keys" \
      "$( (echo "$sevenzip"; for image in 1 2 3; do extract "$extracted" $image SOFTWARE SYSTEM; get; done) | script isoall)"
    measure "${arguments[@]}" --runs 3
    rm -rf "$keep/extracted"
  done
fi
