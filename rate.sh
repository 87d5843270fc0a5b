#!/bin/bash
cd $1 && shift && source /work/tmp/env.sh && cd /tmp/speed && exec python rate.py "$@"
