"""The collector: the contract and the append of the loader behind HTTP.

A request is read and taken apart (`native`, `segment`, `posthog`), judged by the contract, and
answered after the commit that holds its events. Many requests share one commit (`committing`).
"""
