"""Organisations: Member States, agencies and bodies, each a Mesa agent of its lane."""
