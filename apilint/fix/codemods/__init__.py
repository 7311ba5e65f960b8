"""One codemod a rule, in a file called like the rule's code."""
