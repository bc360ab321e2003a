"""`vidbench suites import`: VBench's prompt list becomes a suite that runs."""

import json
import pathlib

from conftest import Vidbench

LIST = [
    {"prompt_en": "a blue bowl", "dimension": ["color"], "auxiliary_info": {"color": {"color": "blue"}}},
    {"prompt_en": "a bowl and a spoon", "dimension": ["multiple_objects"]},
    {"prompt_en": "steam rises", "dimension": ["overall_consistency", "aesthetic_quality"]},
]


def write(path: pathlib.Path, content: object) -> str:
    path.write_text(json.dumps(content))
    return str(path)


def test_the_imported_suite_is_shown_and_runs(vidbench: Vidbench, tmp_path: pathlib.Path) -> None:
    suite = str(tmp_path / "suite.yaml")
    arguments = ("suites", "import", write(tmp_path / "list.json", LIST), "-o", suite)
    result = vidbench.run(*arguments, "--seeds", "3,4", "--metrics", "test/mean", "--licence", "Apache-2.0")
    assert "3 prompts in 4 dimensions from 3 entries" in result.stderr and not result.stdout
    shown = vidbench.json("suites", "show", suite)
    assert [prompt["dimensions"] for prompt in shown["prompts"]] == [entry["dimension"] for entry in LIST]
    assert shown["prompts"][0]["auxiliary"] == LIST[0]["auxiliary_info"]
    assert shown["seeds"] == [3, 4] and shown["public"] and shown["licence"] == "Apache-2.0"
    assert [prompt["category"] for prompt in shown["prompts"]] == ["color", "multiple_objects", "overall_consistency"]
    vidbench.story_model("story")
    (entry,) = vidbench.json("run", suite, "--model", "story", *vidbench.evaluator)["entries"]
    assert entry["samples"] == {"planned": 6, "done": 6, "failed": 0}
    assert "is there already" in vidbench.run(*arguments, code=2).stderr
    vidbench.run(*arguments, "--force")
    assert "prompts:" in vidbench.run(*arguments[:3]).stdout


def test_errors_name_file_and_entry(vidbench: Vidbench, tmp_path: pathlib.Path) -> None:
    path = write(tmp_path / "list.json", [LIST[0], {"prompt_en": "x", "dimension": "color"}])
    output = tmp_path / "suite.yaml"
    result = vidbench.run("suites", "import", path, "-o", str(output), code=2)
    assert f"error: {path}: entry 1: 'dimension' must be a list" in result.stderr and not output.exists()
    (tmp_path / "list.json").write_text("{")
    assert "not valid JSON" in vidbench.run("suites", "import", path, code=2).stderr
