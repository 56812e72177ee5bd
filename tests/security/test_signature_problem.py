"""Problems are values."""

from __future__ import annotations

import copy
import pickle

from dicomkit.security.signature_problem import Problem


def test_value() -> None:
    problem = Problem("certificate-expired", "the certificate has expired")
    assert str(problem) == "the certificate has expired"
    assert repr(problem) == "Problem('certificate-expired', 'the certificate has expired')"
    assert problem == Problem("certificate-expired", "the certificate has expired")
    assert problem != Problem("certificate-expired", "another text")
    assert problem != Problem("another", "the certificate has expired")
    assert problem != "the certificate has expired"
    assert len({problem, Problem(problem.code, problem.text)}) == 1


def test_copies() -> None:
    problem = Problem("a", "b")
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        assert pickle.loads(pickle.dumps(problem, protocol)) == problem
    assert copy.deepcopy(problem) == problem
