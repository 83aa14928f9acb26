"""Many exams: one after the other, in processes, on a cluster; resumed where a run was cut short."""
