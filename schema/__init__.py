"""The GraphQL surface: knows words, not rules."""
