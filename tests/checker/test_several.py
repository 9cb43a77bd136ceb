"""Several solutions: in their order, each with its own result or error."""

from checker import several
from tests.checker.in_process import InProcess, write
from tests.checker.solutions import BROADCAST, LOOP


def test_results_and_errors_keep_the_order(plan, tmp_path, monkeypatch):
    monkeypatch.setattr(several, "Isolated", InProcess)
    write(tmp_path / "right", {"em": BROADCAST})
    write(tmp_path / "wrong", {"em": LOOP.replace("/ n\n", "/ n / 2\n")})
    (tmp_path / "notes.txt").write_text("")
    paths = [tmp_path / name for name in ("absent", "wrong", "notes.txt", "right")]
    said, plan = [], plan._replace(stages=plan.stages[:9])
    found = list(several.check_all(paths, lambda solution: plan, 1, lambda path, stage, _: said.append((path, stage))))
    assert [path for path, _, _ in found] == paths
    assert "does not exist" in found[0][2] and "is not an em.py" in found[2][2] and found[0][1] is found[2][1] is None
    assert any(one.wrong for one in found[1][1]) and not any(one.wrong for one in found[3][1])
    names = [stage.name for stage in plan.stages]
    assert said == [(path, name) for path in (paths[1], paths[3]) for name in names]
