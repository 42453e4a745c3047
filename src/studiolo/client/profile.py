"""What the command line remembers between calls: where Studiolo is, and who is calling.

One JSON file that only its owner reads, `config.json` in the user's configuration folder.
"""

import json
import os
import tempfile
from dataclasses import asdict, dataclass, fields
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Profile:
    """A deployment and a person's defaults in it.

    :param server: origin of the API, `https://host:port`.
    :param token: a personal access token; a secret.
    :param token_id: by which the token is revoked.
    :param user: whom the token belongs to, for messages.
    :param root: PEM file of the deployment's CA, where it has its own.
    """

    server: str = ""
    token: str = ""
    token_id: str = ""
    user: str = ""
    root: str = ""
    subscription: str = ""
    group: str = "studiolo"
    workspace: str = "main"
    location: str = ""

    def __repr__(self) -> str:
        return f"Profile(server={self.server!r}, user={self.user!r})"


def load(path: Path) -> Profile:
    """Read the profile; an absent file is an empty profile.

    :raises ValueError: the file is not a profile.
    """
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return Profile()
    except ValueError:
        data = None
    if not isinstance(data, dict):
        raise ValueError(f"{path} is not a JSON object; delete it and sign in again")
    known = {field.name for field in fields(Profile)}
    return Profile(**{key: str(value) for key, value in data.items() if key in known})


def save(path: Path, profile: Profile) -> None:
    """Replace the profile in one step, readable by its owner only."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".config-")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump(asdict(profile), file, indent=2)
            file.write("\n")
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
