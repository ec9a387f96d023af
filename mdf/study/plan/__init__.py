"""What a study will take, before anything is trained: parameters, arithmetic, memory, time."""
