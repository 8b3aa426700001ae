# Shared by the scripts: where things are. Sourced, not run.
# shellcheck shell=bash

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/ownline
tools=$cache/tools

# Cargo's target folder, wherever the environment or a configuration file puts it.
target_dir() {
    cargo metadata --manifest-path "$root/Cargo.toml" --no-deps --format-version 1 |
        node -e 'let s="";process.stdin.on("data",d=>s+=d).on("end",()=>console.log(JSON.parse(s).target_directory))'
}
