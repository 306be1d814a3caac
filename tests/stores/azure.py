"""Azure's blobs by Azurite, with as much of a client as the tests need, in the words of boto3."""

import base64
import email.utils
import hashlib
import hmac
import http.client
import io
import os
import pathlib
import re
import shutil
import subprocess
import urllib.parse
import xml.etree.ElementTree

ACCOUNT = "devstoreaccount1"
# The one that everyone knows: Azurite's documents name it.
KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
VERSION = "2021-08-06"
AZURITE = "azurite@3.37.0"


def installed(folder):
    """The program of Azurite, below `folder`; `None` without npm or without a registry that has it."""
    program = folder / "node_modules" / ".bin" / "azurite-blob"
    if not program.exists() and shutil.which("npm"):
        folder.mkdir(parents=True, exist_ok=True)
        install = ["npm", "install", AZURITE, "--prefix", folder, "--no-audit", "--no-fund", "--loglevel=error"]
        subprocess.run(install, check=False, capture_output=True)
    return program if program.exists() and shutil.which("node") else None


class Azurite:
    """A server that keeps blobs in memory."""

    def __init__(self, program):
        command = [program, "--blobHost", "127.0.0.1", "--blobPort", "0", "--inMemoryPersistence", "--skipApiVersionCheck",
                   "--disableTelemetry", "--silent"]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        for line in self.process.stdout:
            if found := re.search(r"listens on http://[^:]*:(\d+)", line):
                self.port = int(found[1])
                return
        raise AssertionError("Azurite did not start")

    def stop(self):
        self.process.terminate()
        self.process.wait()
        self.process.stdout.close()

    def create_bucket(self, Bucket):
        self._asked("PUT", f"/{Bucket}", {"restype": "container"})

    def put_object(self, Bucket, Key, Body, **_):
        body = Body if isinstance(Body, bytes) else Body.encode()
        self._asked("PUT", f"/{Bucket}/{Key}", body=body, more={"x-ms-blob-type": "BlockBlob"})

    def get_object(self, Bucket, Key):
        return {"Body": io.BytesIO(self._asked("GET", f"/{Bucket}/{Key}"))}

    def delete_object(self, Bucket, Key):
        self._asked("DELETE", f"/{Bucket}/{Key}")

    def list_objects_v2(self, Bucket, Prefix=""):
        listed = self._asked("GET", f"/{Bucket}", {"comp": "list", "prefix": Prefix, "restype": "container"})
        names = [blob.findtext("Name") for blob in xml.etree.ElementTree.fromstring(listed).iter("Blob")]
        return {"Contents": [{"Key": name} for name in names]} if names else {}

    def list_multipart_uploads(self, Bucket):
        # Blocks that were not committed are no blobs, and go after a week.
        return {}

    def _asked(self, method, path, query=(), body=b"", more=()):
        headers = {"x-ms-date": email.utils.formatdate(usegmt=True), "x-ms-version": VERSION, **dict(more)}
        path = urllib.parse.quote(path)
        signed = "".join(f"{name}:{value}\n" for name, value in sorted(headers.items()))
        resource = f"/{ACCOUNT}/{ACCOUNT}{path}" + "".join(f"\n{name}:{value}" for name, value in sorted(dict(query).items()))
        text = "\n".join([method, "", "", str(len(body) or ""), *[""] * 8]) + f"\n{signed}{resource}"
        signature = hmac.new(base64.b64decode(KEY), text.encode(), hashlib.sha256).digest()
        headers["Authorization"] = f"SharedKey {ACCOUNT}:{base64.b64encode(signature).decode()}"
        connection = http.client.HTTPConnection("127.0.0.1", self.port)
        asked = urllib.parse.urlencode(dict(query))
        connection.request(method, f"/{ACCOUNT}{path}" + (f"?{asked}" if asked else ""), body=body or None, headers=headers)
        answer = connection.getresponse()
        got = answer.read()
        connection.close()
        assert answer.status < 300, (method, path, answer.status, got[:500])
        return got


def environment(url):
    """What windrow needs to ask the server at `url`."""
    return {
        "AZURE_STORAGE_ACCOUNT_NAME": ACCOUNT, "AZURE_STORAGE_ACCOUNT_KEY": KEY,
        "AZURE_STORAGE_USE_EMULATOR": "true", "AZURITE_BLOB_STORAGE_URL": url,
    }


def folder():
    """Where Azurite is kept."""
    return pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache") / "windrow" / "azurite"
