#!/usr/bin/env bash
# One array task a submission. Before, in the course folder on the shared disk:
#   python -m tcpcourse.exercises.grading students ps1-opening > students.txt
#   sbatch --array=1-"$(wc -l < students.txt)"%50 slurm.sh
# After: `python -m tcpcourse.exercises.grading autograde ps1-opening` writes the gradebook.
#SBATCH --job-name=grade-ps1-opening
#SBATCH --cpus-per-task=1
#SBATCH --mem=3G
#SBATCH --time=00:05:00
#SBATCH --output=logs/%A_%a.txt
set -euo pipefail

student=$(sed -n "${SLURM_ARRAY_TASK_ID}p" students.txt)
exec python -m tcpcourse.exercises.grading one ps1-opening "$student"
