"""The trained judge of names in running text: which words of a sentence are part of a person's name. See benchmarks/train_names.py."""
