"""`studiolo up`: checks, preparation, and the supervision of the control plane and the gateway.

It sits beside `main` at the top layer and reaches the control plane only over its sockets.
"""
