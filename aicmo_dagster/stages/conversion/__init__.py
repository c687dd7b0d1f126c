"""The predictive model: the probability that a lead converts, learnt from recorded outcomes.

features     what of a lead it may look at
encoding     each feature as a small number: an interval of its numbers, one of its words
additive     what is kept of a trained model: a table of log-odds per feature, and reasons in words
training     how such tables are learnt
evaluation   how good the predictions are on leads that were not learnt from
drift        how far leads have moved away from those that it learnt from
leaks        which columns of a table say what is known only afterwards
"""
