"""Networks in PyTorch; everything else of ctpn works without."""
