"""The AT Protocol's own log-in (its profile of OAuth), as knowledge: atproto.com/specs/oauth.

Every account names its server, every server its log-in, and none of them is known before: names
lead to a DID, the DID to a server (`homes`), the server to its log-in (`log_ins`). We are
registered nowhere: a document that we serve ourselves says who we are (`client`). Whatever is asked
in somebody's name is signed with a key that belongs to that consent alone (`proofs`); `talks` are
the questions about tokens. Nothing here decides what an answer means for a link.
"""
