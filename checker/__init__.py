"""What is behind test.py: finds what is wrong in a solution of the course project.

What the checker knows:

    formulas    the right steps, written with exchangeable pieces
    mistakes    the catalogue: each mistake is one wrong piece; docs/mistakes.md has the advice
    probes      inputs on which mistakes show
    stages      the calls of a check, and their right results

A check, in its order:

    solution    somebody's modules in a folder, a file, a notebook or an archive, and the copy of them that is run
                (notebook: the functions in its cells)
    isolated    our side of the process that runs their code. The other side is child, with exchanges, covariance
                and failures; messages go between them
    evidence    what they answered (compare: an answer beside the right result)
    judge       the status of each stage (complaints: exceptions)
    explain     experiments that confirm one cause each (variants: mistakes of the catalogue; loops: runs)
    check       one solution, or many
    distinct    the distinct mistakes behind the stages that are wrong
    report      for people and for programs (overview: as a page; show: one stage as Python)
"""
