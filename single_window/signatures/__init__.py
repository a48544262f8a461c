"""Signatures of messages (XMLDSig, 数字签名): verified, made, and what is asked of whom.

The hard parts come from libraries: canonical form from lxml, hashes, RSA and X.509 from
cryptography, SM2 from gmalg. What is ours is the fixed profile of the national messages that
ties them together; whatever is not in the profile is refused.
"""
