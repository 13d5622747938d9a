"""How good are found lines and read texts?"""
