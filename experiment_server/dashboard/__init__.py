"""The experimenter's dashboard: login, live numbers, pause and close, exports."""
