#!/usr/bin/env bash
# Prints the Secrets that the manifests refer to, made of a file written by `crosstalk env`:
#
#     crosstalk env && bash deploy/kubernetes/secrets.sh .env | kubectl apply -f -
#
# DATABASE_PLACE is host:port/name of PostgreSQL as the services reach it (a pooler's, where there is
# one), DATABASE_DIRECT as migrations and sign-in do, ADMIN_DATABASE the administrator's database.
set -euo pipefail
file=${1:?usage: secrets.sh FILE, where FILE is what crosstalk env wrote}
set -a
# shellcheck disable=SC1090 # written by `crosstalk env`
. "$file"
set +a
place=${DATABASE_PLACE:-postgres:5432/crosstalk}
direct=${DATABASE_DIRECT:-$place}
admin=${ADMIN_DATABASE:-postgres}

secret() {
  local name=$1
  shift
  local literals=()
  for pair in "$@"; do literals+=("--from-literal=$pair"); done
  kubectl create secret generic "$name" --namespace crosstalk --dry-run=client -o yaml "${literals[@]}"
  echo '---'
}

secret crosstalk-postgres "POSTGRES_PASSWORD=$POSTGRES_PASSWORD"
secret crosstalk-migrations \
  "ADMIN_DATABASE_URL=postgresql://postgres:$POSTGRES_PASSWORD@${direct%%/*}/$admin" \
  "OWNER_DATABASE_URL=postgresql://crosstalk_owner:$OWNER_DATABASE_PASSWORD@$direct" \
  "OWNER_DATABASE_PASSWORD=$OWNER_DATABASE_PASSWORD" \
  "BACKEND_DATABASE_PASSWORD=$BACKEND_DATABASE_PASSWORD" \
  "MCP_DATABASE_PASSWORD=$MCP_DATABASE_PASSWORD" \
  "AUTH_DATABASE_PASSWORD=$AUTH_DATABASE_PASSWORD"
secret crosstalk-backend \
  "DATABASE_URL=postgresql://crosstalk_backend:$BACKEND_DATABASE_PASSWORD@$place" \
  "CURSOR_SECRET=$CURSOR_SECRET" \
  "BACKEND_SIGNING_KEY=$BACKEND_SIGNING_KEY" \
  "OPENAI_API_KEY=${OPENAI_API_KEY:?fill in OPENAI_API_KEY in $file}"
secret crosstalk-mcp \
  "DATABASE_URL=postgresql://crosstalk_mcp:$MCP_DATABASE_PASSWORD@$place" \
  "CURSOR_SECRET=$CURSOR_SECRET"
secret crosstalk-frontend \
  "AUTH_DATABASE_URL=postgresql://crosstalk_auth:$AUTH_DATABASE_PASSWORD@$direct" \
  "BETTER_AUTH_SECRET=$BETTER_AUTH_SECRET"
