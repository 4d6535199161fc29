"""Clones, commits and pushes, or fetches, with a client that is not git: STEP CLIENT URL TOKEN DIRECTORY."""

import sys
from pathlib import Path

AUTHOR = ("A U Thor", "author@example.com")


def push_dulwich(url, token, directory):
    """With dulwich, in pure Python."""
    from dulwich import porcelain

    sign_in = {"username": "git", "password": token}
    repository = porcelain.clone(url, directory, **sign_in)
    (Path(directory) / "dulwich").write_text("by dulwich\n")
    porcelain.add(repository, [str(Path(directory) / "dulwich")])
    who = b"%s <%s>" % tuple(part.encode() for part in AUTHOR)
    porcelain.commit(repository, b"by dulwich", author=who, committer=who)
    porcelain.push(repository, url, b"refs/heads/main:refs/heads/main", **sign_in)
    print(repository.head().decode())


def fetch_dulwich(url, token, directory):
    """With dulwich, into the clone."""
    from dulwich import porcelain

    fetched = porcelain.fetch(directory, url, username="git", password=token)
    print(fetched.refs[b"refs/heads/main"].decode())


def push_pygit2(url, token, directory):
    """With libgit2."""
    import pygit2 as git

    callbacks = git.RemoteCallbacks(credentials=git.UserPass("git", token))
    repository = git.clone_repository(url, directory, callbacks=callbacks)
    (Path(directory) / "pygit2").write_text("by pygit2\n")
    repository.index.add("pygit2")
    tree = repository.index.write_tree()
    who = git.Signature(*AUTHOR)
    head = repository.head.target
    commit = repository.create_commit("HEAD", who, who, "by pygit2", tree, [head])
    repository.remotes["origin"].push(["refs/heads/main"], callbacks=callbacks)
    print(commit)


def fetch_pygit2(_url, token, directory):
    """With libgit2, into the clone."""
    import pygit2 as git

    repository = git.Repository(directory)
    callbacks = git.RemoteCallbacks(credentials=git.UserPass("git", token))
    repository.remotes["origin"].fetch(callbacks=callbacks)
    print(repository.references["refs/remotes/origin/main"].target)


if __name__ == "__main__":
    step, client, *arguments = sys.argv[1:]
    globals()[f"{step}_{client}"](*arguments)
