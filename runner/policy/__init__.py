"""The IAM policy language, pure: documents, principals, conversion, session policies, action names."""
