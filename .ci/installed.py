"""Uses the recommender as somebody would who has only installed it: in an empty folder, by its command and in Python.

Run by the Python that has it: `python .ci/installed.py`, from outside of the checkout.
"""

import importlib.metadata
import os
import subprocess
import sys
import sysconfig
from pathlib import Path

FILES = importlib.metadata.files("ratings-recommender")
ROWS = [(f"user{u}", f"item{i}", 1 + (3 * u + i * i) % 5) for u in range(20) for i in range(15) if (u + i) % 4]
COMMANDS = """
    --version
    evaluate mine.csv --only constant effects als em neural blend --page table.html --json table.json --figures pictures
    evaluate sample --only constant
    fit mine.csv --model em --out mine.npz
    page mine.npz --out taste.html
    suggest mine.npz --user user7 --top 3
    suggest mine.npz --ratings item1=5 item2=1 --json suggested.json
    suggest mine.npz --all --for top --out lists.csv
    fit mine.csv --implicit --out chosen.npz
    suggest chosen.npz --ratings item1 item2
    predict mine.npz mine.csv --out predicted.csv
    convert mine.csv ratings.store
    em ratings.store --k 2 --hide 0.2 --out run.npz
    als ratings.store --rank 2 --sweeps 2
"""


def main():
    ours = [file for file in FILES if not file.parts[0].endswith(".dist-info") and ".." not in file.parts]
    top, kinds = {file.parts[0] for file in ours}, {file.suffix for file in ours}
    assert top == {"recommender"}, f"expected one name at the top of site-packages, got {top}"
    assert kinds <= {".py", ".pyc", ".html", ".css", ".js"}, f"expected no data in the package, got {kinds}"
    assert not list(Path().iterdir()), "expected to be run in an empty folder"
    Path("mine.csv").write_text("user,item,rating\n" + "".join(f"{u},{i},{x}\n" for u, i, x in ROWS))
    command = str(Path(sysconfig.get_path("scripts"), "recommender"))
    for words in filter(None, map(str.split, COMMANDS.splitlines())):
        print("recommender", *words, flush=True)
        subprocess.run([command, *words], check=True, stdout=subprocess.DEVNULL)
    named = subprocess.run([command, "--help"], check=True, capture_output=True, text=True).stdout
    assert named.startswith("usage: recommender COMMAND"), named
    notebook()


def notebook():
    import recommender

    assert "numpy" not in sys.modules and not Path(recommender.__file__).is_relative_to(os.getcwd())
    ratings = recommender.read("mine.csv")
    model = recommender.fit(ratings)
    print(recommender.evaluate(ratings, ["constant", "effects"]), model.recommend("user7", n=3), model.similar("item1"))
    assert not {"common", "em", "data", "console", "pages", "arithmetic"} & set(sys.modules)
    print(recommender.load("mine.npz"), model.predict("user7", ["item1", "item2"]), recommender.load("run.npz"))


if __name__ == "__main__":
    main()
