"""Cloud discovery: what an Azure client asks before anything else."""
