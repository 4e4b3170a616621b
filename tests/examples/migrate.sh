#!/bin/sh
set -e
psql -c "select 1"
