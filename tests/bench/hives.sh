# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154  # shared with the scripts that read it
# Read by the scripts beside it: SOFTWARE hives of 12, 67 and 132 MB, and what all of them need.

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
stamp=2016-02-15T00:00:00Z

# have TOOL: is it installed? If not, say so; the tables must not look complete when they are not.
have() {
  command -v "$1" >/dev/null && return 0
  echo "SKIPPED: $1 is not installed" >&2
  return 1
}

# A Windows 7 SP1 x64 SOFTWARE hive in .reg-like text; a scale of 1245 makes 67 MB.
software_text() {
  n() { printf '%06d' $(($1 * scale / 1000)); }
  local scale=$1
  cat <<TEXT
[Microsoft\\Windows NT\\CurrentVersion]
"ProductName"="Windows 7 Professional"
"EditionID"="Professional"
"CurrentVersion"="6.1"
"CurrentBuild"="7601"
"CurrentBuildNumber"="7601"
"CSDVersion"="Service Pack 1"
"InstallationType"="Client"
"BuildLabEx"="7601.17514.amd64fre.win7sp1_rtm.101119-1850"
[{,Wow6432Node\\}Microsoft\\Windows\\CurrentVersion\\Internet Settings\\WinHttp]
[Classes\\{,WOW6432Node\\}CLSID\\3f6a41c0-77d2-4f0e-9b1c-000000{000001..$(n 16000)}]
@="Apartment Component Class"
[Classes\\{,WOW6432Node\\}CLSID\\3f6a41c0-77d2-4f0e-9b1c-000000{000001..$(n 16000)}\\InprocServer32]
@=expand:"%SystemRoot%\\\\System32\\\\component.dll"
"ThreadingModel"="Apartment"
[Classes\\{,WOW6432Node\\}Interface\\9d20b6f5-10c3-47be-8a55-000000{000001..$(n 20000)}]
@="IComponentFactory"
[Classes\\{,WOW6432Node\\}Interface\\9d20b6f5-10c3-47be-8a55-000000{000001..$(n 20000)}\\ProxyStubClsid32]
@="{00020424-0000-0000-C000-000000000046}"
[Microsoft\\Windows\\CurrentVersion\\Component Based Servicing\\Packages\\Microsoft-Windows-Feature{000001..$(n 6000)}-Package~31bf3856ad364e35~amd64~~6.1.7601.17514]
"CurrentState"=dword:70
"Visibility"=dword:1
"InstallTimeHigh"=dword:1cb9de0
"InstallTimeLow"=dword:3e4c1a2b
"InstallClient"="UpdateAgentLCU"
"InstallLocation"="\\\\\\\\?\\\\C:\\\\Windows\\\\CbsTemp\\\\30182397_1283745592\\\\"
[Microsoft\\Windows\\CurrentVersion\\SideBySide\\Winners\\{amd64_microsoft-windows-winhttp,x86_microsoft-windows-winhttp,amd64_microsoft-windows-webio,wow64_microsoft-windows-webio}_31bf3856ad364e35_none_8db8c5bd3be9bd45]
@="6.1"
[Microsoft\\Windows\\CurrentVersion\\SideBySide\\Winners\\{amd64_microsoft-windows-winhttp,x86_microsoft-windows-winhttp,amd64_microsoft-windows-webio,wow64_microsoft-windows-webio}_31bf3856ad364e35_none_8db8c5bd3be9bd45\\6.1]
@="6.1.7601.17514"
"6.1.7601.17514"=hex:01
[Microsoft\\Windows\\CurrentVersion\\SideBySide\\Winners\\amd64_microsoft-windows-component_31bf3856ad364e35_none_0000000000{000001..$(n 16000)}]
@="6.1"
[Microsoft\\Windows\\CurrentVersion\\SideBySide\\Winners\\amd64_microsoft-windows-component_31bf3856ad364e35_none_0000000000{000001..$(n 16000)}\\6.1]
@="6.1.7601.17514"
"6.1.7601.17514"=hex:01
[Microsoft\\Windows\\CurrentVersion\\Installer\\UserData\\S-1-5-18\\Components\\00000000000000000000000000{000001..$(n 10000)}]
"26DDC2EC4210AC63483DF9D4FCC5B59D"="C:\\\\Program Files\\\\Common Files\\\\component.dll"
[Microsoft\\Payload\\Blob{000001..$(n 100)}]
"Blob"=bytes:59000:7
TEXT
}

# software_hive 12|67|132: prints the path of such a hive; made once, or taken from the folder
# GOLDHIVE_BENCH_HIVES (SOFTWARE-12, SOFTWARE-67, SOFTWARE-132) if that is set.
software_hive() {
  local hive=${GOLDHIVE_BENCH_HIVES:-$work}/SOFTWARE-$1
  if [ -z "${GOLDHIVE_BENCH_HIVES:-}" ] && [ ! -e "$hive" ]; then
    software_text $(($1 * 1245 / 67)) >"$work/text.reg"
    "$fixtures" hive "$work/text.reg" "$hive" >&2
  fi
  echo "$hive"
}

# Columns of hyperfine's CSV, in ms: name, median, minimum, user CPU.
milliseconds() { awk -F, 'NR > 1 {printf "%s\t%.2f\t%.2f\t%.2f\n", $1, $4*1000, $7*1000, $5*1000}' "$1"; }
