"""The profile for a longer search for disagreements: HYPOTHESIS_PROFILE=thorough."""

import os

import hypothesis

hypothesis.settings.register_profile("thorough", deadline=None, print_blob=True)
if profile := os.environ.get("HYPOTHESIS_PROFILE"):
    hypothesis.settings.load_profile(profile)
