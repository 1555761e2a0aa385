# Read by the `run` of an archive (tools/gpu_pack), which has set $here: its programs and libraries come first, results go to $OUT, and
# one check or measurement is one line here and one object in $OUT/$report.
set -uo pipefail
out=$(realpath -m "${OUT:-.}")
mkdir -p "$out/logs"
export LD_LIBRARY_PATH=$here/lib${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH} CORNU_DATA_DIR=$here/share/cornu
export CORNU_CACHE_DIR=${CORNU_CACHE_DIR:-$out/cache} KERAS_HOME=$out/no_data https_proxy=http://127.0.0.1:9  # the bundled sample of MNIST
entries=() failures=0

here_glibc=$(getconf GNU_LIBC_VERSION | cut -d' ' -f2) need_glibc=$(<"$here/data/glibc")
if [ "$(printf '%s\n' "$here_glibc" "$need_glibc" | sort -V | head -1)" != "$need_glibc" ]; then
  echo "this machine's C library is glibc $here_glibc; the programs here need $need_glibc or newer" >&2
  exit 1
fi

json() { # TEXT: as a string of JSON
  local text=${1//\\/\\\\}
  text=${text//\"/\\\"} text=${text//$'\t'/ } text=${text//$'\r'/}
  printf '"%s"' "${text//$'\n'/ }"
}
# entry NAME RESULT SECONDS DETAIL COMMAND [MEMBERS]: RESULT is passed, failed, skipped or measured; MEMBERS are further ones, as JSON
entry() {
  local text
  printf '%-8s %-16s %7.1f s  %s\n' "$2" "$1" "$3" "$4"
  text=$(printf '{"name": %s, "result": "%s", "seconds": %.1f, "detail": %s, "command": %s%s}' "$(json "$1")" "$2" "$3" "$(json "$4")" \
    "$(json "$5")" "${6:+, $6}")
  entries+=("$text")
  [ "$2" != failed ] || failures=$((failures + 1))
  write_report
}
# Whole at any time: what was done so far, and the machine as the doctor sees it.
write_report() {
  {
    printf '{"date": "%s", "command": %s, "glibc": "%s",\n"doctor": %s,\n"devices": %s,\n"results": [\n' "$(date -u +%FT%TZ)" \
      "$(json "$invocation")" "$here_glibc" "$(cat "$out/logs/doctor.json" 2>/dev/null || echo null)" \
      "$(cat "$out/logs/devices.json" 2>/dev/null || echo null)"
    printf '%s' "${entries[0]}"
    printf ',\n%s' "${entries[@]:1}"
    printf '\n]}\n'
  } >"$out/$report.new" && mv "$out/$report.new" "$out/$report"
}
# What hangs ends.
cornu() { timeout --kill-after=10 300 "$here/bin/cornu" "$@"; }
cornu_tests() { timeout --kill-after=10 300 "$here/bin/cornu_tests" "$@"; }
# wanted NAME: this one was asked for, or none was
wanted() { [ ${#chosen[@]} = 0 ] || [[ " ${chosen[*]} " == *" $1 "* ]]; }
seconds_since() { awk -v a="$1" -v b="$(date +%s.%N)" 'BEGIN { printf "%.1f", b - a }'; }
# The two files that every report has; what the doctor says is its exit status.
describe_machine() {
  cornu devices --json >"$out/logs/devices.json" 2>"$out/logs/devices.err"
  cornu doctor --json >"$out/logs/doctor.json" 2>"$out/logs/doctor.err"
}
cause() { sed -n 's/^  "root_cause": "\(.*\)",$/\1/p' "$out/logs/doctor.json"; }
# near FILE FILE TOLERANCE: two histories have the same numbers, up to so much of the largest
near() {
  paste <(tr -c '0-9.e-' '\n' <"$1" | grep '[0-9]') <(tr -c '0-9.e-' '\n' <"$2" | grep '[0-9]') | awk -v tolerance="$3" '
    function size(x) { return x < 0 ? -x : x }
    NF != 2 { uneven = 1 }
    { if (size($1 - $2) > worst) worst = size($1 - $2); if (size($1) > most) most = size($1) }
    END { printf "largest difference %.2g of %.3g, allowed %g of it\n", worst, most, tolerance; exit uneven || !(worst <= tolerance * most) }'
}
finish() {
  printf '%d of %d failed; %s\n' "$failures" ${#entries[@]} "$out/$report"
  exit $((failures > 0))
}
