"""Problems made from code: described by a model, written again, and kept where both agree."""
