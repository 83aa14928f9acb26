"""What a digital exam is made of: tissues and their signal, folds, subjects, k-space, and the truth."""
