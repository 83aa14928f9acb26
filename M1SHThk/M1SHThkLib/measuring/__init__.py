"""The method, step by step: numpy and scipy alone, no file, no scene, no picture."""
