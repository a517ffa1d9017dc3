#!/usr/bin/env python3
"""Fails where a dependency that is linked in has no licence that lets us give the program away."""
import json, subprocess, sys

ALLOWED = {
    "MIT", "Apache-2.0", "Apache-2.0 WITH LLVM-exception", "BSD-2-Clause", "BSD-3-Clause", "ISC", "Zlib", "0BSD",
    "Unicode-3.0", "Unicode-DFS-2016", "CC0-1.0", "MIT-0", "BSL-1.0", "Unlicense", "MPL-2.0", "CDLA-Permissive-2.0",
    "bzip2-1.0.6", "NCSA", "OFL-1.1", "CC-BY-4.0",
}


def fits(expression):
    """SPDX: one branch of an OR is enough, every part of an AND is needed."""
    expression = expression.strip()
    while expression.startswith("(") and expression.endswith(")") and closes_at_end(expression):
        expression = expression[1:-1].strip()
    for operator in (" OR ", "/", " AND "):
        parts, depth, start, i = [], 0, 0, 0
        while i < len(expression):
            depth += {"(": 1, ")": -1}.get(expression[i], 0)
            if depth == 0 and expression.startswith(operator, i):
                parts.append(expression[start:i])
                i += len(operator)
                start = i
                continue
            i += 1
        if parts:
            parts.append(expression[start:])
            return (all if operator == " AND " else any)(fits(part) for part in parts)
    return expression in ALLOWED


def closes_at_end(expression):
    depth = 0
    for i, character in enumerate(expression):
        depth += {"(": 1, ")": -1}.get(character, 0)
        if depth == 0 and i < len(expression) - 1:
            return False
    return True


metadata = json.loads(subprocess.check_output(["cargo", "metadata", "--format-version", "1", "--locked"]))
bad = [f"{p['name']} {p['version']}: {p['license'] or 'no licence named'}" for p in metadata["packages"]
       if p["source"] and not fits(p["license"] or "")]
print(f"{len(metadata['packages'])} packages, {len(bad)} with a licence that does not fit")
print("\n".join(bad))
sys.exit(bool(bad))
