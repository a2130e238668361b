#!/bin/bash
# One camcore command on several machines of a SLURM cluster. Run folder, data set and this repository must be on a
# shared file system. After a time limit, run the same explain again, or resume a training with --resume.
#
#   sbatch camcore/system/cluster/slurm.sh train --dataset image-folder --root DIR --backbone resnet50 --run checkpoints/NAME
#   sbatch camcore/system/cluster/slurm.sh train --run checkpoints/NAME --resume
#   sbatch camcore/system/cluster/slurm.sh explain checkpoints/NAME
#SBATCH --job-name=camcore
#SBATCH --nodes=2
#SBATCH --ntasks-per-node=1
#SBATCH --gpus-per-node=4
#SBATCH --cpus-per-task=32
#SBATCH --time=12:00:00
#SBATCH --signal=TERM@120
set -euo pipefail

first="$(scontrol show hostnames "$SLURM_JOB_NODELIST" | head -n 1)"
export OMP_NUM_THREADS=$((SLURM_CPUS_PER_TASK / 4)) # of each of the four ranks; torchrun would set 1
srun --cpus-per-task "$SLURM_CPUS_PER_TASK" torchrun \
    --nnodes "$SLURM_NNODES" --nproc-per-node gpu \
    --rdzv-backend c10d --rdzv-endpoint "$first:29500" --rdzv-id "$SLURM_JOB_ID" \
    -m camcore -- "$@"
