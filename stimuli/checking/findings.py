"""What a check comes to: what is wrong with a set, and what was measured."""

from dataclasses import dataclass

from stimuli.checking.audit import Audit


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """Something wrong with a set.

    Attributes
    ----------
    where : str
        The clip and variant, the file, or the set.
    message : str
        What is wrong.
    """

    where: str
    message: str

    def __str__(self) -> str:
        return f"{self.where}: {self.message}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Checked:
    """What `check` found.

    Attributes
    ----------
    findings : tuple of Finding
        Empty if the set is in order.
    audit : Audit or None
        None if files are missing or damaged, so that it could not be made.
    n_files : int
        Files that were verified.
    """

    findings: tuple[Finding, ...]
    audit: Audit | None
    n_files: int

    def summary(self) -> str:
        """Say in a few lines what was verified and what the audit measured."""
        verdict = f"{len(self.findings)} things are wrong" if self.findings else "all in order"
        lines = [f"{self.n_files} files verified: {verdict}"]
        if self.audit is not None:
            found = self.audit
            lines.append(f"leak audit over {found.n_clips} clips, {found.n_pairs} pairs:")
            lines += [_line(name, f.accuracy, f.n_unequal, f.p) for name, f in found.outside.items()]
            lines.append("in the decoded sound, which has to differ (reported, never failed):")
            lines += [_line(name, f.accuracy, f.n_unequal, f.p) for name, f in found.inside.items()]
        return "\n".join(lines)


def _line(name: str, accuracy: float, n_unequal: int, p: float) -> str:
    equal = f"unequal in {n_unequal} clips" if n_unequal else "equal in every clip"
    return f"  {name:34s} {equal:24s} finds the real one in {accuracy:6.1%} of pairs, p = {p:.2g}"
