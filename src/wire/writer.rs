//! Writing is the inverse of reading: escapes, pads the ISA, counts, and puts control numbers where they belong.
