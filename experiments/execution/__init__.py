"""Running the chunks of an experiment: in this process, in several, on several machines.

``job`` says what a chunk's run is, wherever it happens. An executor takes chunks one after the
other and has each run somewhere; a chunk is done when its shard is on the disk. ``here``,
``processes`` and ``on_dask`` are executors; a batch system runs whole commands, each with a share
of the chunks (``slurm``). ``course`` counts what is done and shows it.
"""
