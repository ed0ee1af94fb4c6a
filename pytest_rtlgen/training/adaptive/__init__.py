"""Which problems a trainer samples next."""
