"""Networks on graphs: each node learns from its neighbours."""
