"""Tournée: the postman's round for file-drop integrations."""
