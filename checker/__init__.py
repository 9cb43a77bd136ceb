"""What stands behind test.py: finds what is wrong in a solution of the course project.

    solution    the folder with somebody's modules, and the copy of it that is run
    child       the process that runs their code; isolated: its side in ours
    formulas    the right steps, written with exchangeable pieces
    mistakes    the catalogue: which piece, wrong in which way, is which mistake
    probes      inputs made so that mistakes show and differ
    stages      what is called with what, and what should come back
    compare     an answer beside what was expected
    diagnosis   from wrong answers to a likely mistake
    complaints  from exceptions to one clear line
    report      for people and for machines
"""
