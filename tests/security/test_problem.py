"""Problems are values."""

from __future__ import annotations

import copy
import pickle

from dicomkit.security.problem import SignatureProblem


def test_value() -> None:
    problem = SignatureProblem("certificate-expired", "the certificate has expired")
    assert str(problem) == "the certificate has expired"
    assert repr(problem) == "SignatureProblem('certificate-expired', 'the certificate has expired')"
    assert problem == SignatureProblem("certificate-expired", "the certificate has expired")
    assert problem != SignatureProblem("certificate-expired", "another text")
    assert problem != SignatureProblem("another", "the certificate has expired")
    assert problem != "the certificate has expired"
    assert len({problem, SignatureProblem(problem.code, problem.text)}) == 1


def test_copies() -> None:
    problem = SignatureProblem("a", "b")
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        assert pickle.loads(pickle.dumps(problem, protocol)) == problem
    assert copy.deepcopy(problem) == problem
