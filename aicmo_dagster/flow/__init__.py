"""Where the stages meet the store: each module streams one campaign through one stage."""
