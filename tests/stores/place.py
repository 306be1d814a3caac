"""A bucket of a store that a test has for itself, and a folder with the same files."""

import json
import os
import random
import subprocess

import azure
from front import HOST

SECRET = "wJalrXUtnFEMI-canary"
SECRETS = (SECRET, "AKIACANARY", "proxy-canary", azure.KEY)
JOB = """name = "events"
version = 1
[source]
path = {paths}
format = "csv"
time = "time"
keys = ["action"]
[reports.windows]
every = "10m"
[output]
path = {output}
"""


def rows(n, seed, hour=0):
    chance = random.Random(seed)
    lines = [
        f"2024-01-{1 + at % 28:02d}T{hour:02d}:{chance.randrange(60):02d}:00Z,{chance.choice(['Open', 'Close', 'Böse, sehr'])!r}"
        for at in range(n)
    ]
    return ("time,action\n" + "\n".join(lines).replace("'", '"') + "\n").encode()


class Place:
    """A bucket behind a front, and a folder with the same files."""

    def __init__(self, windrow, front, kind, bucket, folder):
        self.windrow, self.front, self.kind, self.bucket, self.folder = windrow, front, kind, bucket, folder
        self.s3, self.url = kind.client, f"{kind.scheme}://{bucket}"
        # Variables to use instead of those of the store.
        self.variables = None
        # Whether all is tried that would otherwise be tried by a sample.
        self.is_long = False

    def put(self, key, body):
        self.s3.put_object(Bucket=self.bucket, Key=key, Body=body, ACL="public-read")
        path = self.folder / "in" / key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(body)

    def environment(self, **more):
        clean = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "GOOGLE_", "AZURE_"))}
        variables = self.kind.environment(self.front.url) if self.variables is None else self.variables
        return clean | {"HOME": str(self.folder)} | variables | more

    def run(self, *arguments, code=0, **more):
        done = subprocess.run(
            [self.windrow, *arguments],
            cwd=self.folder, env=self.environment(**more), capture_output=True, text=True, timeout=300, check=False,
        )
        said = done.stdout + done.stderr
        assert done.returncode == code, f"{arguments}: {done.returncode}, not {code}\n{said}"
        shown = [secret for secret in SECRETS if secret in said]
        assert not shown, f"a secret is shown: {said}"
        return done

    def digest(self, *paths, **more):
        done = self.run("digest", *paths, "--every", "10m", "--key", "action", "--csv", **more)
        assert len(done.stdout.splitlines()) > 1, done.stdout + done.stderr
        return done.stdout

    def job(self, *paths, output="out"):
        (self.folder / "job.toml").write_text(JOB.format(paths=json.dumps(paths), output=json.dumps(output)))

    def kept(self):
        return self.run("digest", "job.toml", "--csv").stdout

    def summary(self, *arguments, code=0):
        self.run("run", "job.toml", "--summary-json", "s.json", *arguments, code=code)
        return json.loads((self.folder / "s.json").read_text())


class Kind:
    """A kind of store: how windrow is told where it is, and a client that puts files there."""

    def __init__(self, name, scheme, client, port, environment, tests):
        self.name, self.scheme, self.client, self.port, self.environment, self.tests = name, scheme, client, port, environment, tests


def s3(url):
    return {
        "AWS_ENDPOINT_URL": url, "AWS_ACCESS_KEY_ID": "AKIACANARY", "AWS_SECRET_ACCESS_KEY": SECRET, "AWS_REGION": "us-east-1",
    }


def google(url):
    key = {"gcs_base_url": url, "disable_oauth": True, "client_email": "", "private_key": "", "private_key_id": ""}
    return {"GOOGLE_SERVICE_ACCOUNT_KEY": json.dumps(key)}


def reached(place, url):
    """The settings of a job for the store at `url`, and the variables that they name."""
    return {
        "s3": (
            f'[storage.s3]\nendpoint = "{url}"\nregion = "us-east-1"\naccess_key_id = "env:LAKE_ID"\nsecret_access_key = "env:LAKE_SECRET"\n',
            {"LAKE_ID": "AKIACANARY", "LAKE_SECRET": SECRET},
        ),
        "gs": (
            f'[storage.gs]\nendpoint = "{url}"\nservice_account_key = "env:LAKE_KEY"\n', {"LAKE_KEY": google(f"http://{HOST}:9")["GOOGLE_SERVICE_ACCOUNT_KEY"]},
        ),
        "az": (
            f'[storage.az]\nendpoint = "{url}/{azure.ACCOUNT}"\naccount = "{azure.ACCOUNT}"\naccount_key = "env:LAKE_KEY"\n',
            {"LAKE_KEY": azure.KEY},
        ),
    }[place.kind.scheme]
