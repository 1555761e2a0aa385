# Read by the tests of the program, which are called as NAME PROGRAM SOURCE WORK: an empty folder to work in, with a small network
# (4 numbers in, 3 classes out), data for it, and a trained model.
set -uo pipefail
cornu=$1 source=$2 work=$3
rm -rf "$work" && mkdir -p "$work" && cd "$work" || exit 1
failures=0

fail() {
  echo "FAILED: $*"
  [ ! -s err ] || sed 's/^/  stderr: /' err
  failures=$((failures + 1))
}
# run ARGUMENTS...: leaves $status and the files out and err
run() {
  "$cornu" "$@" >out 2>err </dev/null
  status=$?
}
succeed() {
  run "$@"
  [ $status = 0 ] || fail "exit status $status of: cornu $*"
}
# has FILE TEXT: the file has this text
has() { grep -qF -- "$2" "$1" 2>/dev/null || fail "no '$2' in $1"; }
no_temporary() { [ -z "$(find . -name '*.tmp')" ] || fail "a temporary was left: $(find . -name '*.tmp')"; }
finish() {
  [ $failures = 0 ] && echo "all as expected"
  exit $((failures > 0))
}

sed 's/784/4/g; s/"units":128/"units":8/; s/"units":10/"units":3/' "$source/examples/seed.json" >net.json
awk 'BEGIN { for (i = 0; i < 60; ++i) print i % 3 "," i * 7 % 5 "," i / 60 "," i % 3 * 2 }' >x.csv
awk 'BEGIN { for (i = 0; i < 60; ++i) print i % 3 }' >labels.csv
awk 'BEGIN { for (i = 0; i < 60; ++i) print (i % 3 == 0) "," (i % 3 == 1) "," (i % 3 == 2) }' >y.csv
train=(train net.json --x x.csv --y y.csv --loss categorical_crossentropy --optimizer adam --metrics accuracy --seed 1)
"$cornu" "${train[@]}" --output kept.keras >out 2>err || fail "the first training"
