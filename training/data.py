"""Source text for training: fetches named package versions, cleans them, and keeps whole packages apart for evaluation.

    python data.py fetch     # downloads the packages of packages.json that are not there yet
    python data.py clean     # cleans those that are there, and writes .data/train.jsonl and .data/heldout.jsonl
    python data.py list      # prints the packages that gave text, by licence, for the model card

All three can be called again while training runs: finished work is kept, and the next epoch uses the new files.
Every line of the .jsonl files is {"pkg", "path", "lang", "text"}, with `lang` as in languages.py.
"""
import argparse
import collections
import concurrent.futures
import json
import multiprocessing
import os
import pathlib
import random
import re
import tempfile

import corpus
import duplicates
import languages
import licences
import maven
import registries
from cleaning import read_archive

HERE = pathlib.Path(__file__).parent
DATA = pathlib.Path(os.environ.get("STERNA_TRAINING_DATA", HERE / ".data"))
PACKAGES = HERE / "packages.json"
DECLARATIONS_SHARE = 0.04     # of a language's bytes: declarations are repetitive and rarely written by hand


def read_lists():
    return json.loads(PACKAGES.read_text())


def write_lists(lists):
    PACKAGES.write_text("{\n" + ",\n".join(
        f' "{split}": [\n' + ",\n".join("  " + json.dumps(e) for e in lists[split]) + "\n ]" for split in lists) + "\n}\n")


def key_of(entry):
    return re.sub(r"[@/:]", "_", entry["name"])


def marker_of(entry, split):
    """The file that records the outcome of a download: {"version", "licence", "archive" relative to the file's folder}."""
    return DATA / "archives" / split / entry["registry"] / (key_of(entry) + ".json")


# ---------------------------------------------------------------- fetch

def fetch_one(entry, split):
    """Downloads one package unless it is there. Returns its complete entry, or None when it may not be used, or could
    not be downloaded now or before."""
    marker = marker_of(entry, split)
    if not marker.exists():
        folder = marker.parent / key_of(entry)
        folder.mkdir(parents=True, exist_ok=True)
        try:
            version, licence, archive = registries.FETCH[entry["registry"]](entry, folder)
        except Exception as error:
            print("SKIPPED", entry["registry"], entry["name"], type(error).__name__, str(error)[:200], flush=True)
            return entry if "licence" in entry else None
        marker.write_text(json.dumps({"version": version, "licence": licence, "archive": str(archive.relative_to(marker.parent))}))
    info = json.loads(marker.read_text())
    if not licences.is_permissive(info["licence"]):
        print("REFUSED", entry["registry"], entry["name"], repr(info["licence"]), flush=True)
        return None
    return {"registry": entry["registry"], "name": entry["name"], "version": info["version"], "licence": info["licence"]}


def fetch(workers):
    """Downloads every package, a few at a time. Adds a version or licence that packages.json lacks, and removes
    packages that may not be used from the list."""
    lists = read_lists()
    wanted = [(e["name"], e["version"]) for split in lists for e in lists[split]
              if e["registry"] == "maven" and not marker_of(e, split).exists()]
    if wanted:
        with tempfile.TemporaryDirectory() as folder:
            maven.prepare(wanted, pathlib.Path(folder))
    for split in lists:
        with concurrent.futures.ThreadPoolExecutor(workers) as pool:
            lists[split] = [e for e in pool.map(lambda e: fetch_one(e, split), lists[split]) if e]
    write_lists(lists)


# ---------------------------------------------------------------- clean

def cleaned(entry, split):
    """The file with a package's clean text, made when it is missing; None when the package was not downloaded."""
    marker = marker_of(entry, split)
    out = DATA / "clean" / split / entry["registry"] / (key_of(entry) + ".jsonl")
    if not out.exists():
        if not marker.exists():
            return None
        out.parent.mkdir(parents=True, exist_ok=True)
        files = read_archive(entry["name"], marker.parent / json.loads(marker.read_text())["archive"])
        temporary = out.with_suffix(".tmp")
        temporary.write_text("".join(json.dumps(f) + "\n" for f in files))
        os.replace(temporary, out)
    return out


def clean_split(split, processes):
    """Yields the clean files of all packages of a split, in the order of the list."""
    entries = read_lists()[split]
    with multiprocessing.Pool(processes) as pool:
        for path in pool.starmap(cleaned, [(e, split) for e in entries], chunksize=4):
            if path:
                with open(path) as lines:
                    yield from map(json.loads, lines)


def without_duplicates(split, processes):
    """Yields the files of a split that are not copies (apart from white space) or near-copies of an earlier one."""
    known = duplicates.Known()
    for f in clean_split(split, processes):
        if known.add(f["text"]):
            yield f
    print(f"{split}: {known.gone['exact']} exact and {known.gone['near']} near duplicates, {len(known.lines_of)} files stay")


def write_corpus(split, files):
    """Writes DATA/split.jsonl and its index, and prints how much text each language has."""
    used = collections.Counter()
    with corpus.Writer(DATA / f"{split}.jsonl") as out:
        for f in files:
            used[f["lang"]] += len(f["text"])
            out.add({k: f[k] for k in ("pkg", "path", "lang", "text")})
    print(split, f"{sum(used.values()) / 1e6:.1f} MB:", ", ".join(f"{k} {v / 1e6:.1f}" for k, v in used.most_common()))


def clean(processes):
    known, sources, declarations = set(), collections.Counter(), []

    def training_files():
        for f in without_duplicates("train", processes):
            known.update(duplicates.long_lines(f["text"]))
            if f["dts"]:
                declarations.append(f)
                continue
            sources[f["lang"]] += len(f["text"])
            yield f
        random.Random(1).shuffle(declarations)
        left = {lang: DECLARATIONS_SHARE * size for lang, size in sources.items()}
        for f in declarations:
            left[f["lang"]] = left.get(f["lang"], 0) - len(f["text"])
            if left[f["lang"]] >= 0:
                yield f

    write_corpus("train", training_files())
    write_corpus("heldout", (f for f in without_duplicates("heldout", processes) if not f["dts"] and duplicates.is_new(f["text"], known)))


# ---------------------------------------------------------------- list

# The same licence, as different packages write its name.
SPELLINGS = {"MIT License": "MIT", "The MIT License": "MIT", "Expat": "MIT", "Apache Software License": "Apache-2.0", "Apache License 2.0": "Apache-2.0",
             "Apache 2.0": "Apache-2.0", "Apache 2.0 License": "Apache-2.0", "Apache License, Version 2.0": "Apache-2.0",
             "The Apache License, Version 2.0": "Apache-2.0", "The Apache Software License, Version 2.0": "Apache-2.0", "Apache 2": "Apache-2.0",
             "BSD License": "BSD", "BSD-3-clause": "BSD-3-Clause", "BSD-2-clause": "BSD-2-Clause",
             "ISC License (ISCL)": "ISC", "(Apache-2.0 OR MIT)": "Apache-2.0 OR MIT", "MIT OR Apache-2.0": "Apache-2.0 OR MIT",
             "MIT/Apache-2.0": "Apache-2.0 OR MIT", "Apache-2.0/MIT": "Apache-2.0 OR MIT", "zlib": "Zlib",
             "(Apache-2.0 AND MIT)": "Apache-2.0 AND MIT", "Python Software Foundation License": "PSF-2.0",
             "LicenseRef-Repoze-BSD-derived": "Repoze (BSD-derived)"}


def list_packages():
    """Prints a table of licences and packages for either split."""
    lists = read_lists()
    for split in lists:
        used = {record["pkg"] for record in corpus.Corpus(DATA / f"{split}.jsonl").records}
        groups = collections.defaultdict(list)
        for entry in lists[split]:
            if entry["name"] in used:
                groups[SPELLINGS.get(entry["licence"], entry["licence"])].append(f"{entry['name']} {entry['version']}")
        print(f"\n{split}\n\n| licence | packages | names |\n| --- | --- | --- |")
        for licence, names in sorted(groups.items(), key=lambda group: -len(group[1])):
            print(f"| {licence} | {len(names)} | {', '.join(sorted(names, key=str.lower))} |")


def main():
    a = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    a.add_argument("command", choices=["fetch", "clean", "list"])
    a.add_argument("--workers", type=int, default=8, help="downloads at a time")
    a.add_argument("--processes", type=int, default=2, help="for cleaning")
    args = a.parse_args()
    DATA.mkdir(exist_ok=True)
    {"fetch": lambda: fetch(args.workers), "clean": lambda: clean(args.processes), "list": list_packages}[args.command]()


if __name__ == "__main__":
    main()
