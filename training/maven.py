"""Fetches source jars with Maven. Starting Maven takes seconds of processor time, so all artifacts of a list are
requested at once, each as a module of a generated project: a missing one fails without affecting the others.
"""
import pathlib
import re
import subprocess
import xml.etree.ElementTree

REPOSITORY = pathlib.Path.home() / ".m2" / "repository"
LEVELS = 5       # how many levels of parents are searched for a licence
MODULE = """<project><modelVersion>4.0.0</modelVersion><groupId>list</groupId><artifactId>m{n}</artifactId><version>1</version>
<packaging>pom</packaging><build><plugins><plugin><artifactId>maven-dependency-plugin</artifactId><executions><execution>
<id>get</id><phase>validate</phase><goals><goal>copy</goal></goals><configuration><outputDirectory>out</outputDirectory>
<artifactItems>{items}</artifactItems></configuration></execution></executions></plugin></plugins></build></project>"""
PROJECT = """<project><modelVersion>4.0.0</modelVersion><groupId>list</groupId><artifactId>all</artifactId><version>1</version>
<packaging>pom</packaging><modules>{modules}</modules></project>"""
ITEM = "<artifactItem><groupId>{0}</groupId><artifactId>{1}</artifactId><version>{2}</version><type>{3}</type><classifier>{4}</classifier></artifactItem>"


def path_of(group, name, version, ending):
    return REPOSITORY / group.replace(".", "/") / name / version / f"{name}-{version}{ending}"


def ask(folder, groups):
    """Lets Maven copy lists of (group, name, version, type, classifier) into its repository. Failures are ignored."""
    for n, items in enumerate(groups):
        (folder / f"m{n}").mkdir(parents=True, exist_ok=True)
        (folder / f"m{n}" / "pom.xml").write_text(MODULE.format(n=n, items="".join(ITEM.format(*item) for item in items)))
    (folder / "pom.xml").write_text(PROJECT.format(modules="".join(f"<module>m{n}</module>" for n in range(len(groups)))))
    subprocess.run(["mvn", "-q", "-B", "--fail-at-end", "validate"], cwd=folder, capture_output=True, timeout=3600)


def description(coordinates):
    """(licence, the parent's coordinates or None) from a description in the repository."""
    root = xml.etree.ElementTree.parse(path_of(*coordinates, ".pom")).getroot()
    get = lambda node, path: (node.findtext("/".join("{*}" + p for p in path.split("/"))) or "").strip()
    parent = root.find("{*}parent")
    return get(root, "licenses/license/name"), None if parent is None else tuple(get(parent, p) for p in ("groupId", "artifactId", "version"))


def without_licence(coordinates):
    """The next description that must be fetched to find an artifact's licence; None when it is known or nowhere."""
    for _ in range(LEVELS):
        if not path_of(*coordinates, ".pom").exists():
            return coordinates
        licence, parent = description(coordinates)
        if licence or parent is None:
            return None
        coordinates = parent
    return None


def prepare(names_and_versions, folder):
    """Fetches sources, descriptions and their parents of all ("group:artifact", version) at once."""
    artifacts = [(*name.split(":"), version) for name, version in names_and_versions]
    missing = [a for a in artifacts if not path_of(*a, "-sources.jar").exists()]
    if missing:
        ask(folder / "sources", [[(*a, "jar", "sources"), (*a, "pom", "")] for a in missing])
    for level in range(LEVELS):
        parents = {p for a in artifacts if path_of(*a, ".pom").exists() and (p := without_licence(a))}
        if not parents:
            break
        ask(folder / f"parents-{level}", [[(*p, "pom", "")] for p in sorted(parents)])


def source_jar(name, version):
    """(licence, path of the source jar) from what `prepare` has fetched. Raises RuntimeError when that failed."""
    coordinates = (*name.split(":"), version)
    jar = path_of(*coordinates, "-sources.jar")
    if not jar.exists() or not path_of(*coordinates, ".pom").exists():
        raise RuntimeError(f"Maven has no sources of {name} {version}")
    licence = ""
    for _ in range(LEVELS):
        licence, parent = description(coordinates)
        if licence or parent is None or not path_of(*parent, ".pom").exists():
            break
        coordinates = parent
    return re.sub(r"\s+", " ", licence), jar
