"""Small synthetic sets, one for each kind of page that people photograph: their fonts, texts and layouts are not in training."""
