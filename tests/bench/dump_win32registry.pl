# A whole hive as Parse::Win32Registry reads it, in the form that oracles.sh compares: one key or
# value a line, no times.
use strict;
use warnings;
use Parse::Win32Registry qw(:REG_);

binmode STDOUT, ':utf8';
my @todo = ([Parse::Win32Registry->new($ARGV[0])->get_root_key, '']);
while (my $next = pop @todo) {
  my ($key, $path) = @$next;
  print "K\t$path\n";
  for my $value ($key->get_list_of_values) {
    my $data =
      $value->get_type == REG_DWORD && defined $value->get_data
      ? sprintf '%08x', $value->get_data
      : $value->get_type . ' ' . unpack 'H*', $value->get_raw_data // '';
    print "V\t$path/", $value->get_name, "\t$data\n";
  }
  push @todo, map { [$_, $path . '/' . $_->get_name] } reverse $key->get_list_of_subkeys;
}
