#!/bin/sh
# The main job on three small shops. Findings are the point here, so exit status 1 is a success; anything above is not.
set -u
cd "$(dirname "$0")/shop" || exit 2
apilint=${APILINT:-apilint}

show() {
    printf '\n\033[1m$ apilint %s\033[0m\n' "$*"
    "$apilint" "$@"
    status=$?
    [ "$status" -le 1 ] || exit "$status"
}

for shop in fastapi_shop flask_shop django_shop; do
    show routes "$shop"
done
show routes --why '/products/{product_id}/price'
show check
