#!/usr/bin/env perl
# The disk of a differencing VHD as a raw file: a reader for disk_oracles.sh that shares no code with
# the program. qemu ignores the parent. The parent is a dynamic VHD.
#
#   child_vhd.pl CHILD PARENT OUT
use strict;
use warnings;

sub get {
  my ($file, $at, $length) = @_;
  seek $file, $at, 0 or die;
  read($file, my $bytes, $length) == $length or die "short read at $at";
  return $bytes;
}

# A function from the number of a sector to its 512 bytes, or undef where the file has none.
sub reader {
  my ($path) = @_;
  open my $file, '<:raw', $path or die "$path: $!";
  my $header = unpack 'x16 Q>', get($file, 0, 512);
  my ($table, $entries, $block) = unpack 'x16 Q> x4 N N', get($file, $header, 1024);
  my @places = unpack 'N*', get($file, $table, 4 * $entries);
  my $sectors = $block / 512;
  my $bitmap = int(($sectors / 8 + 511) / 512) * 512;
  my %bits;
  return sub {
    my ($sector) = @_;
    my $number = int($sector / $sectors);
    my $place = $places[$number];
    return undef if $place == 0xffffffff;
    $bits{$number} //= get($file, $place * 512, $bitmap);
    my $inside = $sector % $sectors;
    return undef unless ord(substr $bits{$number}, $inside / 8, 1) & (0x80 >> $inside % 8);
    return get($file, $place * 512 + $bitmap + $inside * 512, 512);
  };
}

my ($child, $parent, $out) = @ARGV;
open my $file, '<:raw', $child or die "$child: $!";
my $size = unpack 'x48 Q>', get($file, 0, 512);
my @readers = (reader($child), reader($parent));
open my $disk, '>:raw', $out or die "$out: $!";
for my $sector (0 .. $size / 512 - 1) {
  my $bytes;
  for my $reader (@readers) { last if defined($bytes = $reader->($sector)) }
  next if !defined $bytes || $bytes eq "\0" x 512;
  seek $disk, $sector * 512, 0;
  print $disk $bytes;
}
truncate $disk, $size or die;
close $disk or die;
