"""CloudFormation, in place of moto's: stacks that take their time, nest, fail and roll back as AWS's do.

A request makes an operation (creation, update, deletion); an operation walks the template's graph, and each of its
steps is an entry on the agenda. Resources are made of moto's models where moto has them, of plain stand-ins where not.
"""
