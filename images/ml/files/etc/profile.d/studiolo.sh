# What the applications find, a shell over SSH finds as well.
export VIRTUAL_ENV=/opt/studiolo/ml
export PATH="$VIRTUAL_ENV/bin:$HOME/.local/bin:$PATH"
export XDG_RUNTIME_DIR="/run/user/$(id -u)"
