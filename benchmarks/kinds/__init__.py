"""Small synthetic sets, one for each kind of page that people hold before a phone: fonts, texts and layouts that training never sees."""
