"""What stands behind test.py: finds what is wrong in a solution of the course project.

What is known:

    formulas    the right steps, written with exchangeable pieces
    mistakes    the catalogue: which piece, wrong in which way, is which mistake; page makes docs/mistakes.md of it
    probes      inputs made so that mistakes show and differ
    stages      what is called with what, and what should come back

A check, in the order of what happens:

    solution    somebody's modules in a folder, a file or an archive, and the copy of them that is run (folders)
    isolated    our side of the process that runs their code; child, exchanges and failures are the other side,
                messages what goes between them, keeper what ends it all
    run         what came back
    judge       what is wrong with it (compare: an answer beside what was expected; complaints: exceptions)
    explain     experiments that confirm or refute one cause each (variants: mistakes of the catalogue; loops: runs)
    check       one solution; several: many of them
    report      for people, for tables and for machines
"""
