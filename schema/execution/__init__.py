"""How operations are executed: compiled once to a plan, then run level by level over whole columns of values.

graphql-core completes one field of one object at a time, with five calls each. A plan completes one field of all
objects of its level at once, so a hundred readings cost as many calls as one. What a plan does not cover
(introspection) and every refusal of a variable is left to graphql-core, so that its words stay the same.
"""
