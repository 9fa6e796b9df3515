#!/bin/bash
# timed.sh HEADING COMMAND...: run a command below a heading and say how long it took.
set -u
heading=$1
shift
printf '\n== %s\n' "$heading"
began=$EPOCHREALTIME
"$@"
code=$?
took=$(( (${EPOCHREALTIME/[.,]/} - ${began/[.,]/}) / 100000 ))
if [ "$code" -eq 0 ]; then verdict=ok; else verdict="FAILED ($code)"; fi
printf '== %s: %s, %d.%d s\n' "$heading" "$verdict" $((took / 10)) $((took % 10))
exit "$code"
