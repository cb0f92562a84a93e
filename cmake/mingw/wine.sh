#!/bin/sh
# wine.sh WINE PROGRAM [ARGUMENT...]: runs a Windows program with the configuration in WINEPREFIX.
#
# Two things by which wine fails to start once in thousands of times are kept from it:
# - Its server, as Debian starts it (-p0), ends with its last client, and a program that starts in
#   that very moment dies ("wine client error:0: recvmsg: Connection reset by peer"). Here it is
#   started first, to stay for a minute, and with it the services, which would hold the output of the
#   program that they come with.
# - The kernel gives wine's heap a random place that may be the one where Windows has its shared
#   data, 0x7ffe0000 ("failed to map the shared user data", which WINEDEBUG=-all hides): no random
#   places, where the system lets us choose.
fixed_places=
setarch -R true 2>/dev/null && fixed_places="setarch -R"
mkdir -p "$WINEPREFIX"
# -o: the server does not keep the lock. It fails to start where it runs already.
# shellcheck disable=SC2086  # none or two words
flock -o "$WINEPREFIX/start.lock" sh -c 'wineserver -p60 && "$@"' sh \
  $fixed_places "$1" cmd /c ver </dev/null >/dev/null 2>&1
# shellcheck disable=SC2086
exec $fixed_places "$@"
