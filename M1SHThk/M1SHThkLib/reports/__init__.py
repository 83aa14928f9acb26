"""What a person looks at outside Slicer: figures and pages."""
