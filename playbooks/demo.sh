#!/bin/sh
# The main job against the embedded sandbox, without questions: three ways that AWS refuses, then the one that works.
# `make demo` runs this; by hand: `sh playbooks/demo.sh` with runner and the AWS CLI on PATH.
set -eu
cd "$(dirname "$0")/.."

if [ "${1:-}" != inside ]; then
  # An audit log, a memory of codes and a cache for the AWS CLI of its own: nothing of the operator is read or written.
  DEMO=$(mktemp -d)
  export DEMO RUNNER_LEDGER="$DEMO/ledger" XDG_STATE_HOME="$DEMO/state"
  trap 'rm -rf "$DEMO"' EXIT
  trap 'exit 130' INT TERM
  runner sandbox run -- sh "$0" inside
  exit
fi

BUCKET=acme-orders-exports
ACCOUNT=222222222222
ROLE=arn:aws:iam::$ACCOUNT:role/Teardown
DEVICE=arn:aws:iam::111111111111:mfa/alice
KEYS='Credentials.[AccessKeyId,SecretAccessKey,SessionToken]'

say() { printf '\n== %s\n' "$1"; }

# Run a command that AWS has to refuse with AccessDenied; anything else ends the demo.
refused() {
  if answer=$("$@" 2>&1); then
    echo 'this should have been refused' >&2
    exit 1
  fi
  echo "$answer" | grep AccessDenied || { echo "refused for another reason: $answer" >&2; exit 1; }
}

# Delete the bucket with the three values that AssumeRole printed.
delete_with() {
  env -u AWS_PROFILE AWS_ACCESS_KEY_ID="$1" AWS_SECRET_ACCESS_KEY="$2" AWS_SESSION_TOKEN="$3" \
    aws s3api delete-bucket --bucket $BUCKET
}

# The AWS CLI asks for the code at the terminal; without one it reads stdin. It keeps role credentials under HOME.
delete_with_profile() {
  runner sandbox mfa-code |
    HOME="$DEMO" PYTHONWARNINGS=ignore python3 -c 'import os, sys; os.setsid(); os.execvp(sys.argv[1], sys.argv[1:])' \
      aws --profile "$1" s3api delete-bucket --bucket $BUCKET
}

say '1. AssumeRole with long-term keys: the session never saw MFA'
SESSION=$(aws sts assume-role --role-arn $ROLE --role-session-name demo-1 --query "$KEYS" --output text)
# shellcheck disable=SC2086  # three values without spaces
refused delete_with $SESSION

say '2. AssumeRole with an MFA code: the code opens the role, but the session does not carry it'
SESSION=$(aws sts assume-role --role-arn $ROLE --role-session-name demo-2 --serial-number $DEVICE \
  --token-code "$(runner sandbox mfa-code)" --query "$KEYS" --output text)
# shellcheck disable=SC2086  # same
refused delete_with $SESSION

say '3. An AWS CLI profile with role_arn and mfa_serial: the same thing inside'
refused delete_with_profile teardown

say '4. runner: GetSessionToken with the code, then AssumeRole, then the call'
echo 'It proves MFA, simulates the policies, shows the plan, wants its phrase, acts, and looks until it is gone.'
echo
echo '$ runner plan playbooks/teardown.yaml --output json   (for the phrase)'
PLAN=$(runner plan playbooks/teardown.yaml --output json 2>"$DEMO/plan.log") || { cat "$DEMO/plan.log" >&2; exit 1; }
PHRASE=$(printf '%s' "$PLAN" | python3 -c 'import json, sys; print(json.load(sys.stdin)["confirm"])')
echo "\$ runner apply playbooks/teardown.yaml --confirm \"$PHRASE\""
echo
runner apply playbooks/teardown.yaml --confirm "$PHRASE"

say '5. What the auditor sees'
runner audit show
runner audit verify

say '6. What AWS says, asked as an administrator of that account'
if answer=$(aws --profile admin-prod s3api head-bucket --bucket $BUCKET 2>&1); then
  echo 'the bucket is still there' >&2
  exit 1
fi
echo "$answer" | grep 'Not Found'
