"""Long work that is kept: what was asked for, how far it is, and the files that it left.

A job is a folder with what was uploaded, and a row of a database. Rows are found again from the
folders where the database is lost, and work goes on where it was whatever stopped it. Not for
short requests, which wait for their answer.
"""
