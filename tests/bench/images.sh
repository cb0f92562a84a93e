# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154  # fixtures, work, made, MiB: of the scripts that read it, and for them
# Read by other scripts after hives.sh and disks.sh: the tree of a recipe in every format. $made/tree.RECIPE
# must be there; the others become $made/KIND.RECIPE.
archive_kinds=(tar tar.gz tar.bz2 tar.xz tar.zst stored.zip deflated.zip 7z cpio)
disk_kinds=(bare.raw raw fixed.vhd vhd vhdx qcow2 vmdk vdi vhd.zip)
wim_kinds=(plain.wim xpress.wim lzx.wim solid.esd pipable.wim swm install.iso)
packers=(tar bsdtar gzip bzip2 xz zstd cpio)
imagers=(wimlib-imagex genisoimage)

pack() { # RECIPE: the archives
  local here=$made/tree.$1
  (
    cd "$here"
    tar -cf "$made/tar.$1" .
    tar -czf "$made/tar.gz.$1" .
    tar -cjf "$made/tar.bz2.$1" .
    tar -cJf "$made/tar.xz.$1" .
    tar --zstd -cf "$made/tar.zst.$1" .
    bsdtar --format=zip --options zip:compression=store -cf "$made/stored.zip.$1" .
    bsdtar --format=zip -cf "$made/deflated.zip.$1" .
    bsdtar --format=7zip -cf "$made/7z.$1" .
    find . | cpio -o -H newc --quiet >"$made/cpio.$1"
  )
}
disks() { # RECIPE
  local raw=$made/raw.$1
  ntfs_volume "$made/bare.raw.$1" 16M "$made/tree.$1"
  disk_of "$made/bare.raw.$1" "$raw" "$MiB"
  container "$raw" "$made/fixed.vhd.$1" vpc subformat=fixed,force_size=on
  container "$raw" "$made/vhd.$1" vpc subformat=dynamic,force_size=on
  container "$raw" "$made/vhdx.$1" vhdx
  container "$raw" "$made/qcow2.$1" qcow2
  container "$raw" "$made/vmdk.$1" vmdk
  container "$raw" "$made/vdi.$1" vdi
  cp "$made/vhd.$1" "$work/disk.vhd"
  bsdtar --format=zip -C "$work" -cf "$made/vhd.zip.$1" disk.vhd
}
wims() { # RECIPE
  local tree=$made/tree.$1 media=$work/media
  wimlib-imagex capture "$tree" "$made/plain.wim.$1" Plain --compress=none
  wimlib-imagex capture "$tree" "$made/xpress.wim.$1" Xpress --compress=XPRESS
  wimlib-imagex capture "$tree" "$made/lzx.wim.$1" Lzx --compress=LZX --check
  wimlib-imagex capture "$tree" "$made/solid.esd.$1" Solid --solid
  wimlib-imagex capture "$tree" "$made/pipable.wim.$1" Pipable --compress=XPRESS --pipable
  mkdir -p "$made/swm.$1" "$media/sources"
  wimlib-imagex split "$made/xpress.wim.$1" "$made/swm.$1/install.swm" 0.01
  cp "$made/lzx.wim.$1" "$media/sources/install.wim"
  genisoimage -quiet -udf -allow-limited-size -iso-level 3 -o "$made/install.iso.$1" "$media"
}
