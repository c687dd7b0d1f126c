"""What `aicmo bench` measures. Figures are ratios against a reference of the same run, beside the seconds."""
