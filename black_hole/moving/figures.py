"""Films as figures and as animations: the truth, each frame alone, and what was made of all frames together."""

import io

import numpy as np
from matplotlib import colormaps
from matplotlib.figure import Figure
from PIL import Image, ImageDraw

from console import GIF, check_replaceable, write_file

from ..figures import COLOURS

SHOWN = {"truth": "truth", "alone": "each frame alone", "warp and patches": "motion learned"}  # in the animation
LARGER = 2  # pixels of the animation for one of a frame
PER_FRAME = 140  # ms
COLUMNS = 6  # frames of a figure


def draw_film(name, films):
    """Return the Figure of {method: film (frames, n, n)}: a row for each method, some frames as columns."""
    frames = np.linspace(0, len(films["truth"]) - 1, COLUMNS).round().astype(int)
    figure = Figure(figsize=(1.5 * COLUMNS + 0.5, 1.5 * len(films) + 0.5), layout="constrained")
    axes = figure.subplots(len(films), COLUMNS, squeeze=False)
    for row, (method, film) in zip(axes, films.items(), strict=True):
        for axis, t in zip(row, frames, strict=True):
            axis.imshow(film[t], cmap=COLOURS, vmin=0, vmax=films["truth"].max())
            axis.set(xticks=[], yticks=[])
            if method == "truth":
                axis.set_title(f"frame {t + 1}", fontsize=11)
        row[0].set_ylabel(method, fontsize=11)
    figure.suptitle(f"{name}; north is up, east is left", fontsize=12)
    return figure


def write_film(path, shown):
    """Write {source: {method: film (frames, n, n)}} as GIF, a row for each source, over a GIF or nothing."""
    frames = [picture(shown, t) for t in range(max(len(films["truth"]) for films in shown.values()))]
    content = io.BytesIO()
    frames[0].save(content, "GIF", save_all=True, append_images=frames[1:], duration=PER_FRAME, loop=0, optimize=True)
    write_file(check_replaceable(path, GIF), content.getvalue())


def picture(shown, t):
    """Return frame t of the animation, an Image: the methods side by side, the sources one below another."""
    rows = []
    for films in shown.values():
        grey = np.hstack([films[method][t] for method in SHOWN]) / films["truth"].max()
        rows.append(grey.repeat(LARGER, 0).repeat(LARGER, 1))
    image = Image.fromarray((255 * colormaps[COLOURS](np.clip(np.vstack(rows), 0, 1))[:, :, :3]).astype(np.uint8))
    draw, across = ImageDraw.Draw(image), image.width // len(SHOWN)
    for k, words in enumerate(SHOWN.values()):
        draw.text((k * across + 4, 2), words, fill="white")
    return image
