"""Fetches named packages with the registries' ordinary clients: npm, pip, go, cargo, mvn and apt-get.

Each `fetch_*` takes an entry of packages.json, {"registry", "name", "version"?, "licence"?}, and an empty folder. It
returns (version, licence from the package's own metadata or licence file, path of the archive in that folder).
Without a version it takes the newest. It raises an exception that names what failed when the client ends with an
error.
"""
import json
import pathlib
import re
import shutil
import subprocess
import sys
import tarfile
import zipfile

import licences
import maven


def client(command, folder):
    """The output of a registry's client. Raises RuntimeError with the end of the client's error output."""
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=600)
    if done.returncode != 0:
        raise RuntimeError(f"{command[0]} failed: {(done.stderr or done.stdout).strip()[-200:]}")
    return done.stdout


def fetch_npm(entry, folder):
    spec = entry["name"] + ("@" + entry["version"] if entry.get("version") else "")
    info = json.loads(client(["npm", "pack", spec, "--json", "--silent"], folder))[0]
    archive = folder / info["filename"]
    with tarfile.open(archive) as tar:
        top = tar.getnames()[0].split("/")[0]
        manifest = json.load(tar.extractfile(f"{top}/package.json"))
    licence = manifest.get("license") or manifest.get("licenses") or ""
    if isinstance(licence, list):
        licence = licence[0]
    if isinstance(licence, dict):
        licence = licence.get("type", "")
    return info["version"], licence, archive


def fetch_pypi(entry, folder):
    spec = entry["name"] + ("==" + entry["version"] if entry.get("version") else "")
    # Wheels have the package's code without its tests and documentation, which is what we want.
    client([sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--only-binary", ":all:",
            "--disable-pip-version-check", "-d", str(folder), spec], folder)
    archive = next(folder.glob("*.whl"))
    with zipfile.ZipFile(archive) as wheel:
        meta_name = next(n for n in wheel.namelist() if n.endswith(".dist-info/METADATA"))
        meta = wheel.read(meta_name).decode("utf-8", "replace").split("\n\n")[0]
    fields = re.findall(r"^(License-Expression|License|Version): ?(.*)$", meta, re.M)
    found = dict(reversed(fields))
    classifiers = re.findall(r"^Classifier: License :: (?:OSI Approved :: )?(.*)$", meta, re.M)
    licence = found.get("License-Expression") or (classifiers[0] if classifiers else found.get("License", ""))
    return found["Version"].strip(), licence.strip()[:60], archive


def fetch_go(entry, folder):
    spec = f"{entry['name']}@{entry.get('version') or 'latest'}"
    # A module that requires a newer Go is fetched all the same, because it is not compiled here.
    done = subprocess.run(["go", "mod", "download", "-json", spec], cwd=folder, capture_output=True, text=True, timeout=600)
    info = json.loads(done.stdout or '{"Error": "go said nothing"}')
    if not pathlib.Path(info.get("Zip", "")).is_file():
        raise RuntimeError(f"go failed: {info.get('Error', done.stderr)[-200:]}")
    archive = pathlib.Path(shutil.copy(info["Zip"], folder / "module.zip"))
    with zipfile.ZipFile(archive) as z:
        files = [n for n in z.namelist() if re.fullmatch(r"(LICEN[CS]E|COPYING|UNLICENSE)[\w.-]*", n.split("@", 1)[-1].split("/", 1)[-1], re.I)]
        licence = " AND ".join(sorted({licences.of_text(z.read(n).decode("utf-8", "replace")) for n in files} - {""}))
    return info["Version"], licence, archive


def fetch_crates(entry, folder):
    spec = entry["name"] + ("@" + entry["version"] if entry.get("version") else "")
    said = client(["cargo", "info", "--color", "never", "--registry", "crates-io", spec], folder)
    version = re.search(r"^version: (\S+)", said, re.M)[1]
    cache = pathlib.Path(client(["sh", "-c", 'echo "${CARGO_HOME:-$HOME/.cargo}"'], folder).strip()) / "registry" / "cache"
    found = next(cache.glob(f"*/{entry['name']}-{version}.crate"))
    licence = re.search(r"^license: (.+)$", said, re.M)
    return version, licence[1].strip() if licence else "", pathlib.Path(shutil.copy(found, folder / found.name))


def fetch_debian(entry, folder):
    # For this apt-get needs `deb-src` lines among its sources.
    spec = entry["name"] + ("=" + entry["version"] if entry.get("version") else "")
    client(["apt-get", "-q", "source", "--download-only", spec], folder)
    description = next(folder.glob("*.dsc")).read_text(errors="replace")
    originals = [p for p in sorted(folder.glob("*.orig*.tar.*")) if not p.name.endswith(".asc")]
    packing = next(iter(folder.glob("*.debian.tar.*")), None)
    if packing is None or not originals:
        raise RuntimeError(f"{entry['name']}: apt-get brought no source in the usual two parts")
    with tarfile.open(packing) as tar:
        terms = tar.extractfile("debian/copyright").read().decode("utf-8", "replace")
    largest = max(originals, key=lambda p: p.stat().st_size)
    return re.search(r"^Version: (\S+)", description, re.M)[1], licences.of_debian(terms), largest


def fetch_maven(entry, folder):
    """`name` is group:artifact. The version must be given, and maven.prepare must have been called."""
    licence, jar = maven.source_jar(entry["name"], entry["version"])
    return entry["version"], licence, pathlib.Path(shutil.copy(jar, folder / jar.name))


FETCH = {"npm": fetch_npm, "pypi": fetch_pypi, "go": fetch_go, "crates": fetch_crates, "maven": fetch_maven, "debian": fetch_debian}
