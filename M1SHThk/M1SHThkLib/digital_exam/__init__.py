"""Exams with a known truth: tissues and their signal, folds, subjects, k-space, and whole virtual studies."""
