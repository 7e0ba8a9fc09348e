"""What people type into forms, taken whole.

A field that the framework refuses is answered by a bare page, and what was typed is lost. So each
field takes more than anybody types, and the form itself says what is wrong, beside the field.
"""

from typing import Annotated

from fastapi import Form

Typed = Annotated[str, Form(max_length=20_000)]
